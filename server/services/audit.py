"""Who did what with whom, for those who may ask (R40)."""

from __future__ import annotations

from uuid import UUID

from records.messages import AuditView
from server.services import rights
from server.services.hospital import Desk
from server.services.rights import Right
from server.store import audit as store


def read(desk: Desk, patient: UUID | None, limit: int) -> tuple[AuditView, ...]:
    """The newest rows; who looks at the audit is in it too."""
    rights.demand(desk.person, Right.READ_AUDIT)
    rows = store.read(desk.db, patient, limit)
    desk.note("audit.view", patient=patient, facts={"rows": len(rows)})
    return rows
