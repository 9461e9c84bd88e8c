"""The local store's tables; `migrations/local` builds them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
)

metadata = MetaData(naming_convention={
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
})


class AwareInstant(TypeDecorator[datetime]):
    """An aware instant as ISO text with its offset: SQLite has no instants, and an author's offset must stay."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """To text; a naive instant is refused."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive instant has no place on the time line")
        return value.isoformat() if value is not None else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """From text."""
        return datetime.fromisoformat(value) if value is not None else None


drafts = Table(
    "drafts", metadata,
    Column("entry", Uuid, primary_key=True),
    Column("encounter", Uuid, nullable=False, index=True),
    Column("form", JSON, nullable=False),
    Column("base_version", Integer, nullable=False),
    Column("correction_reason", Text, nullable=False),
    Column("restoration", JSON(none_as_null=True)),
    Column("relates_to", JSON(none_as_null=True)),
    Column("occurred_at", AwareInstant, nullable=False),
    Column("values", JSON, nullable=False),
    Column("begun_at", AwareInstant, nullable=False),
    Column("begun_here", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("server_revision", Integer, nullable=False),
    Column("mirrored_revision", Integer, nullable=False),
    Column("saved_at", AwareInstant, nullable=False),
    Column("mirrored_at", AwareInstant),
    Column("server_values", JSON(none_as_null=True)),
    Column("sent", JSON(none_as_null=True)),
    Column("theirs", JSON(none_as_null=True)),
    Column("command", Uuid),
    Column("hands", JSON, nullable=False, server_default="{}"),
)

outbox = Table(
    "outbox", metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("method", String(10), nullable=False),
    Column("path", Text, nullable=False),
    Column("content_type", String(80), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("label", Text, nullable=False),
    Column("patient_name", Text, nullable=False),
    Column("entry", Uuid),
    Column("encounter", Uuid),
    Column("version", Integer, nullable=False),
    Column("slot", String(40), nullable=False),
    Column("created_at", AwareInstant, nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_tried_at", AwareInstant),
    Column("done_at", AwareInstant),
    Column("reasons", JSON, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Index("ix_outbox_state_number", "state", "number"),
    sqlite_autoincrement=True,
)

captures = Table(
    "captures", metadata,
    Column("command", Uuid, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("kept_at", AwareInstant, nullable=False),
)

cache = Table(
    "cache", metadata,
    Column("key", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("fetched_at", AwareInstant, nullable=False),
)

kept = Table(
    "kept", metadata,
    Column("key", Text, primary_key=True),
    Column("value", JSON, nullable=False),
)

looks = Table(
    "looks", metadata,
    Column("entry", Uuid, primary_key=True),
    Column("encounter", Uuid, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("values", JSON, nullable=False),
    Column("seen_at", AwareInstant, nullable=False),
    # The server knows it.
    Column("told", Integer, nullable=False),
)

awaited = Table(
    "awaited", metadata,
    # The transaction's number at the server, made here before anything was sent.
    Column("id", Uuid, primary_key=True),
    Column("service", Text, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("chain", JSON, nullable=False),
    Column("begun_at", AwareInstant, nullable=False),
    # As the server said last; NULL while it never answered.
    Column("ends_at", AwareInstant),
    Column("ended", Integer, nullable=False),
    Column("reasons", JSON, nullable=False),
    # What stayed unsigned, as the list names it.
    Column("unsigned", JSON, nullable=False),
)

awaited_documents = Table(
    "awaited_documents", metadata,
    # Of the command that will hand the signed file in.
    Column("id", Uuid, primary_key=True),
    Column("awaited", Uuid, ForeignKey("awaited.id"), nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("command", Text, nullable=False),
    Column("closes", Uuid),
    Column("to_sign", LargeBinary, nullable=False),
    # With its mark and an empty place for the signature, and where that place is.
    Column("file", LargeBinary, nullable=False),
    Column("room_from", Integer, nullable=False),
    Column("room_to", Integer, nullable=False),
)
