"""Widgets and nothing else."""
