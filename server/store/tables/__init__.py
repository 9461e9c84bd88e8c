"""All tables of the server, by subject; a row becomes a value in the module of its subject and nowhere else."""

from server.store.tables.base import append_only_tables, metadata
from server.store.tables.entries import (
    cancellations,
    drafts,
    entries,
    receipts,
    settlement_decisions,
    settlements,
    signatures,
    version_states,
    versions,
)
from server.store.tables.house import (
    audit_events,
    audit_offsets,
    audit_seals,
    commands,
    encounter_keys,
    server_keys,
    settings,
)
from server.store.tables.patients import allergies, counters, encounters, patients, ward_stays
from server.store.tables.people import (
    beds,
    certificate_events,
    certificates,
    challenges,
    people,
    person_wards,
    sessions,
    wards,
)

__all__ = [
    "allergies",
    "append_only_tables",
    "audit_events",
    "audit_offsets",
    "audit_seals",
    "beds",
    "cancellations",
    "certificate_events",
    "certificates",
    "challenges",
    "commands",
    "counters",
    "drafts",
    "encounter_keys",
    "encounters",
    "entries",
    "metadata",
    "patients",
    "people",
    "person_wards",
    "receipts",
    "server_keys",
    "sessions",
    "settings",
    "settlement_decisions",
    "settlements",
    "signatures",
    "version_states",
    "versions",
    "ward_stays",
    "wards",
]
