"""The people who work here."""

from __future__ import annotations

from records.messages import PersonView
from server.services.hospital import Desk
from server.store import sessions as store


def me(desk: Desk) -> PersonView:
    """The person who is signed in, as they are now."""
    return store.person_view(desk.db, desk.person.id)
