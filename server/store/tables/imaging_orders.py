"""Imaging orders: what names each for ever (rows that only grow), and how they stand (a projection)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from server.store.tables.base import APPEND_ONLY, flag, identifier, instant, metadata, number, reference, words

imaging_orders = Table(
    # Given once: a number that is on a device or in its images never means another order.
    "imaging_orders", metadata,
    identifier(),
    reference("entry", "entries.id"),
    reference("encounter", "encounters.id"),
    reference("patient", "patients.id"),
    Column("first_version", Integer, nullable=False),
    Column("row", Integer, nullable=False),
    Column("accession", Text, nullable=False),
    Column("study_uid", Text, nullable=False),
    instant("made_at", now=True),
    UniqueConstraint("entry", "first_version", "row"),
    UniqueConstraint("accession"),
    UniqueConstraint("study_uid"),
    Index("ix_imaging_orders_encounter", "encounter"),
    info=APPEND_ONLY,
)
imaging_order_gifts = Table(
    # Which device was answered with which order, first.
    "imaging_order_gifts", metadata,
    reference("order", "imaging_orders.id", primary_key=True),
    Column("device", Text, primary_key=True),
    instant("at", now=True),
    info=APPEND_ONLY,
)
imaging_order_views = Table(
    # A projection: `server.services.imaging_orders` makes a stay's anew when `imaging_orders_stale` names it.
    "imaging_order_views", metadata,
    reference("order", "imaging_orders.id", primary_key=True),
    reference("encounter", "encounters.id"),
    # The newest version of its entry that says it, and its row there, from 0.
    Column("version", Integer, nullable=False),
    Column("row", Integer, nullable=False),
    flag("live"),
    flag("urgent"),
    Column("modality", Text, nullable=False),
    instant("scheduled"),
    # The entry that reports on it, and whether all signed it: '', 'begun', 'signed'.
    reference("result", "entries.id", optional=True),
    words("result_state"),
    # AES-256-GCM under the encounter's key: `records.imaging_orders.Asked` as JSON.
    Column("content", LargeBinary, nullable=False),
    Index("ix_imaging_order_views_encounter", "encounter"),
    Index("ix_imaging_order_views_live", "scheduled", postgresql_where=text("live AND result_state = ''")),
)
imaging_orders_stale = Table(
    # Stays of which an ordering or reporting entry was signed, corrected or cancelled; a trigger writes them.
    "imaging_orders_stale", metadata,
    number(),
    reference("encounter", "encounters.id"),
)
performed_steps = Table(
    # Each message of a device about a step (MPPS), in order; the last one says how the step stands.
    "performed_steps", metadata,
    Column("uid", Text, primary_key=True),
    Column("message", Integer, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("orders", ARRAY(Uuid), nullable=False),
    # Whose key opens the content: the stay's, or the house's when no order is known.
    Column("scope", Uuid, nullable=False),
    # AES-256-GCM: all that is known of the step after this message, as DICOM JSON.
    Column("content", LargeBinary, nullable=False),
    instant("at", now=True),
    CheckConstraint("message >= 0", name="counted_from_nought"),
    Index("ix_performed_steps_orders", "orders", postgresql_using="gin"),
    info=APPEND_ONLY,
)
