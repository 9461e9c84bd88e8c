"""Migrations of the workstation's encrypted local store."""
