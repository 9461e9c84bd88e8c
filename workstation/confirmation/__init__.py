"""Devices on which a patient confirms, behind one small interface; no window, no server."""
