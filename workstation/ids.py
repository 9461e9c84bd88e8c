"""New ids on this workstation: UUIDv7 from the PC's clock and chance."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from uuid import UUID

from records.ids import uuid7


def new_id() -> UUID:
    """An id for an entry or a command that begins here."""
    return uuid7(datetime.now(UTC), os.urandom(10))
