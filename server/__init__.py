"""The thin server: storage, rules that nobody may bypass, live updates."""
