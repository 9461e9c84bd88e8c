"""What a person was shown of an entry last: kept by the server for that person alone, on the PC through an outage."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from records.entries import Instant
from records.forms import Frozen


class Look(Frozen):
    """The text of an entry as it stood on the person's screen, whole; a later look takes its place."""

    entry: UUID
    version: int = Field(ge=1, le=10_000)
    """The version that was shown; of a draft, the one that it would become."""
    values: dict[str, Any]
    seen_at: Instant


class LooksGiven(Frozen):
    """POST /api/encounters/{encounter}/looks. Sent twice changes nothing; an older look never displaces a newer one."""

    looks: tuple[Look, ...] = Field(min_length=1, max_length=100)
