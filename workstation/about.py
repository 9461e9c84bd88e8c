"""Which build this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed


def version() -> str:
    """The version of the installed package; a checkout that was never installed has none."""
    try:
        return installed("benhan")
    except PackageNotFoundError:
        return "0"
