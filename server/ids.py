"""New ids on the server: UUIDv7 from its clock and chance."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from uuid import UUID

from records.ids import uuid7


def new_id() -> UUID:
    """An id that no one had before."""
    return uuid7(datetime.now(UTC), secrets.token_bytes(10))
