"""Where the data that ships with the program is found, installed or in a checkout."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def bundled(*path: str) -> Traversable:
    """A file or folder of `resources/`."""
    return files("resources").joinpath(*path)
