"""The local store's schema, step by step."""
