"""Alembic migrations of the server's database and of the workstation's store."""
