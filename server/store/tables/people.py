"""People who work here, their sessions, and the hospital's wards and beds."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from server.store.tables.base import APPEND_ONLY, flag, identifier, instant, metadata, reference, words

wards = Table(
    "wards", metadata,
    identifier(),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("position", Integer, nullable=False, server_default="0"),
    UniqueConstraint("code"),
)
beds = Table(
    "beds", metadata,
    reference("ward", "wards.id", primary_key=True),
    Column("room", Text, primary_key=True),
    Column("bed", Text, primary_key=True),
    Column("position", Integer, nullable=False, server_default="0"),
)
people = Table(
    "people", metadata,
    identifier(),
    Column("username", Text, nullable=False),
    Column("full_name", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    words("national_id"),
    words("licence_no"),
    Column("licence_until", Date),
    Column("access_from", Time),
    Column("access_until", Time),
    flag("active", default=True),
    words("password_hash"),
    instant("password_set_at", optional=True),
    Column("failed_attempts", Integer, nullable=False, server_default="0"),
    instant("locked_until", optional=True),
    instant("created_at", now=True),
    UniqueConstraint("username"),
    Index("uq_people_national_id", "national_id", unique=True, postgresql_where=text("national_id <> ''")),
)
person_wards = Table(
    "person_wards", metadata,
    reference("person", "people.id", primary_key=True),
    reference("ward", "wards.id", primary_key=True),
    Index("ix_person_wards_ward", "ward"),
)
sessions = Table(
    "sessions", metadata,
    identifier(),
    Column("token_hash", LargeBinary, nullable=False),
    reference("person", "people.id"),
    words("workstation"),
    instant("opened_at", now=True),
    instant("seen_at", now=True),
    instant("expires_at"),
    instant("ended_at", optional=True),
    UniqueConstraint("token_hash"),
    Index("ix_sessions_person", "person"),
)
certificates = Table(
    "certificates", metadata,
    identifier(),
    reference("person", "people.id"),
    Column("der", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("chain", ARRAY(LargeBinary), nullable=False),
    Column("serial", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    instant("not_before"),
    instant("not_after"),
    flag("training"),
    Column("challenge", LargeBinary, nullable=False),
    Column("challenge_signature", LargeBinary, nullable=False),
    instant("enrolled_at", now=True),
    Index("ix_certificates_person", "person"),
    Index("ix_certificates_sha256", "sha256"),
    info=APPEND_ONLY,
)
certificate_events = Table(
    "certificate_events", metadata,
    identifier(),
    reference("certificate", "certificates.id"),
    Column("state", Text, nullable=False),
    reference("person", "people.id"),
    words("reason"),
    instant("at", now=True),
    Index("ix_certificate_events_certificate", "certificate", "at"),
    info=APPEND_ONLY,
)
challenges = Table(
    "challenges", metadata,
    identifier(),
    reference("person", "people.id"),
    Column("challenge", LargeBinary, nullable=False),
    instant("expires_at"),
    instant("used_at", optional=True),
)
delegations = Table(
    "delegations", metadata,
    identifier(),
    reference("giver", "people.id"),
    reference("receiver", "people.id"),
    Column("role", Text, nullable=False),
    Column("manner", Text, nullable=False),
    Column("starts", Date, nullable=False),
    Column("ends", Date, nullable=False),
    Column("forms", ARRAY(Text), nullable=False, server_default="{}"),
    Column("wards", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("paper", Text, nullable=False),
    instant("at", now=True),
    CheckConstraint("starts <= ends", name="ends_after_start"),
    CheckConstraint("giver <> receiver", name="to_another"),
    Index("ix_delegations_receiver", "receiver"),
    info=APPEND_ONLY,
)
delegation_revocations = Table(
    "delegation_revocations", metadata,
    reference("delegation", "delegations.id", primary_key=True),
    Column("revoked_on", Date, nullable=False),
    reference("person", "people.id"),
    Column("reason", Text, nullable=False),
    instant("at", now=True),
    info=APPEND_ONLY,
)
