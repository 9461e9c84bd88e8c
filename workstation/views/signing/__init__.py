"""Signing in the window: one document, a stack, the list of what waits, and what a signature is worth."""
