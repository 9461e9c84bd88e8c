"""Something that a person can ask for by words: what the palette finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something that the palette can do."""

    key: str
    """The action's name in views.actions."""
    title: str
    keys: str = ""
    """Shortcut, as shown."""
    words: str = ""
    """More words to find it by."""
    group: Literal["command", "place", "entry"] = "command"
