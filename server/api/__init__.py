"""Routes: parse, call one service, answer."""
