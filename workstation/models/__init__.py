"""State and Qt item models; no widget."""
