"""The ward: the board of beds, and who needs me first."""
