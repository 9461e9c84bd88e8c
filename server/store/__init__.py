"""The store: tables, keys, blobs, audit. Rows become values here, and nowhere else is SQL written."""
