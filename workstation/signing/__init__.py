"""Tokens and signatures on the workstation."""
