"""How the server does, in one answer that a stranger may read."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from records.messages import Health
from records.render import RENDERERS
from server.services.hospital import Hospital
from server.services.questions import CLOCK_TOLERANCE
from server.store import base


def of(hospital: Hospital) -> Health:
    """Degraded when the database does not answer; then drafts and signed files wait at the workstations."""
    return told(hospital, well=_database_answers(hospital))


def told(hospital: Hospital, *, well: bool) -> Health:
    """The answer for a database that is known to answer, or not."""
    return Health(
        status="ok" if well else "degraded", version=hospital.build, time=datetime.now(UTC),
        training=hospital.settings.training, renderers=RENDERERS, facility=hospital.settings.facility,
        clock_tolerance_s=int(CLOCK_TOLERANCE.total_seconds()),
    )


def _database_answers(hospital: Hospital) -> bool:
    try:
        with base.transaction(hospital.engine) as db:
            base.now(db)
    except SQLAlchemyError:
        return False
    return True
