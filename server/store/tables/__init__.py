"""All tables of the server, by subject; a row becomes a value in the module of its subject and nowhere else."""

from server.store.tables.amendments import relations, restorations
from server.store.tables.base import append_only_tables, metadata
from server.store.tables.confirmation_codes import confirmation_code_events, confirmation_codes
from server.store.tables.confirmations import captures, confirmations
from server.store.tables.entries import (
    cancellations,
    drafts,
    entries,
    entry_views,
    last_looks,
    receipts,
    reminders_put_away,
    settlement_decisions,
    settlements,
    signatures,
    signing_reminders,
    version_states,
    versions,
)
from server.store.tables.evidence import evidence_files, evidence_tasks, record_acts, revocation_answers, timestamps
from server.store.tables.house import (
    audit_events,
    audit_offsets,
    audit_seals,
    commands,
    encounter_keys,
    server_keys,
    settings,
)
from server.store.tables.images import (
    image_decisions,
    image_instances,
    image_series,
    image_strays,
    image_studies,
)
from server.store.tables.organisation import organisation_keys
from server.store.tables.patients import allergies, counters, encounters, patients, ward_stays
from server.store.tables.people import (
    beds,
    certificate_events,
    certificates,
    challenges,
    delegation_revocations,
    delegations,
    people,
    person_wards,
    sessions,
    wards,
)
from server.store.tables.remote_signings import remote_signings
from server.store.tables.trust import trust_list_decisions, trust_lists

__all__ = [
    "allergies",
    "append_only_tables",
    "audit_events",
    "audit_offsets",
    "audit_seals",
    "beds",
    "cancellations",
    "captures",
    "certificate_events",
    "certificates",
    "challenges",
    "commands",
    "confirmation_code_events",
    "confirmation_codes",
    "confirmations",
    "counters",
    "delegation_revocations",
    "delegations",
    "drafts",
    "encounter_keys",
    "encounters",
    "entries",
    "entry_views",
    "evidence_files",
    "evidence_tasks",
    "image_decisions",
    "image_instances",
    "image_series",
    "image_strays",
    "image_studies",
    "last_looks",
    "metadata",
    "organisation_keys",
    "patients",
    "people",
    "person_wards",
    "receipts",
    "record_acts",
    "relations",
    "reminders_put_away",
    "remote_signings",
    "restorations",
    "revocation_answers",
    "server_keys",
    "sessions",
    "settings",
    "settlement_decisions",
    "settlements",
    "signatures",
    "signing_reminders",
    "timestamps",
    "trust_list_decisions",
    "trust_lists",
    "version_states",
    "versions",
    "ward_stays",
    "wards",
]
