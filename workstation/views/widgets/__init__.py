"""The kit: the few widgets that every place is built from."""
