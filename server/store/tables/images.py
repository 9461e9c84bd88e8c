"""Images: what arrived (rows that only grow) and the studies and series that it adds up to (a projection).

An image's bytes lie in the image store under a key of its study's own (`encounter_keys` by the study's id).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from server.store.tables.base import APPEND_ONLY, flag, identifier, instant, metadata, number, reference, words

image_studies = Table(
    "image_studies", metadata,
    identifier(),
    Column("uid", Text, nullable=False),
    reference("patient", "patients.id", optional=True),
    reference("encounter", "encounters.id", optional=True),
    Column("state", Text, nullable=False),
    Column("differences", JSONB, nullable=False, server_default=text("'[]'")),
    # Words of a study whose key is destroyed are emptied by a trigger: a key closes no columns.
    # Whom the images name, as they do; the four words below are what is answered, and follow a person's decision.
    Column("sent", JSONB, nullable=False, server_default=text("'{}'")),
    words("patient_no"),
    words("full_name"),
    words("birth_date"),
    words("sex"),
    words("accession"),
    words("study_no"),
    words("study_date"),
    words("study_time"),
    words("description"),
    words("referring"),
    Column("modalities", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("instances", Integer, nullable=False, server_default=text("0")),
    instant("received_at", now=True),
    instant("changed_at", now=True),
    # The order whose number or Study Instance UID it bears, or to which a person tied it.
    reference("imaging_order", "imaging_orders.id", optional=True),
    UniqueConstraint("uid"),
    CheckConstraint("state IN ('matched', 'open', 'set_aside', 'destroyed')", name="state_known"),
    CheckConstraint("(state = 'matched') <= (patient IS NOT NULL)", name="matched_to_somebody"),
    Index("ix_image_studies_patient", "patient"),
    Index("ix_image_studies_patient_no", "patient_no"),
    Index("ix_image_studies_open", "received_at", postgresql_where=text("state = 'open'")),
    Index("ix_image_studies_imaging_order", "imaging_order"),
    Index("ix_image_studies_study_date", "study_date"),
    Index("ix_image_studies_accession", "accession", postgresql_where=text("accession <> ''")),
)
image_series = Table(
    "image_series", metadata,
    identifier(),
    reference("study", "image_studies.id"),
    Column("uid", Text, nullable=False),
    words("modality"),
    Column("number", Integer),
    words("description"),
    words("body_part"),
    words("laterality"),
    words("series_date"),
    words("series_time"),
    words("station"),
    # Of the performed step, and the scheduled steps that it answers (in DICOM's JSON); nothing of a series that came
    # before they were kept.
    Column("step_date", Text),
    Column("step_time", Text),
    Column("requests", JSONB),
    Column("instances", Integer, nullable=False, server_default=text("0")),
    UniqueConstraint("uid"),
    Index("ix_image_series_study", "study"),
)
image_instances = Table(
    "image_instances", metadata,
    identifier(),
    reference("study", "image_studies.id"),
    reference("series", "image_series.id"),
    Column("uid", Text, nullable=False),
    Column("sop_class", Text, nullable=False),
    Column("transfer_syntax", Text, nullable=False),
    Column("number", Integer),
    Column("height", Integer),
    Column("width", Integer),
    Column("frames", Integer, nullable=False),
    # Bits allocated of a sample; nothing of an image that came before they were kept.
    Column("bits", Integer),
    # SHA-256 of the file as it was sent; its length in bytes.
    Column("file", String(64), nullable=False),
    Column("metadata", LargeBinary),
    Column("length", BigInteger, nullable=False),
    words("sender"),
    instant("received_at", now=True),
    UniqueConstraint("uid"),
    Index("ix_image_instances_series", "series"),
    Index("ix_image_instances_study", "study"),
    info=APPEND_ONLY,
)
image_strays = Table(
    "image_strays", metadata,
    identifier(),
    # The image that was there first under the same SOP Instance UID, or in another study or series than this one says.
    reference("instance", "image_instances.id", optional=True),
    reference("study", "image_studies.id"),
    Column("uid", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("file", String(64), nullable=False),
    Column("length", BigInteger, nullable=False),
    words("sender"),
    # Whom and which series it names, under the study's key; of images that were kept before, the file says it.
    Column("told", LargeBinary),
    instant("received_at", now=True),
    UniqueConstraint("uid", "file"),
    Index("ix_image_strays_study", "study"),
    CheckConstraint("why IN ('other_content', 'other_series', 'other_patient')", name="why_known"),
    info=APPEND_ONLY,
)
image_stray_decisions = Table(
    "image_stray_decisions", metadata,
    identifier(),
    reference("study", "image_studies.id"),
    Column("decision", Text, nullable=False),
    reference("person", "people.id"),
    # The reason, and whom the images name about which it was decided: under the study's key.
    Column("sealed", LargeBinary, nullable=False),
    instant("at", now=True),
    Index("ix_image_stray_decisions_study", "study"),
    CheckConstraint("decision IN ('release', 'move', 'apart')", name="decision_known"),
    info=APPEND_ONLY,
)
image_stray_settlements = Table(
    "image_stray_settlements", metadata,
    # Which images a decision was about; the newest one counts, and what was released stays in its study.
    reference("stray", "image_strays.id", primary_key=True),
    reference("decision", "image_stray_decisions.id", primary_key=True),
    info=APPEND_ONLY,
)
image_decisions = Table(
    "image_decisions", metadata,
    identifier(),
    reference("study", "image_studies.id"),
    Column("decision", Text, nullable=False, server_default="tie"),
    reference("patient", "patients.id", optional=True),
    reference("encounter", "encounters.id", optional=True),
    reference("person", "people.id"),
    # In the clear only of decisions that were taken before reasons were sealed.
    words("reason"),
    # AES-256-GCM under the study's key.
    Column("sealed", LargeBinary),
    instant("at", now=True),
    Index("ix_image_decisions_study", "study"),
    CheckConstraint("decision IN ('tie', 'set_aside', 'reopen')", name="decision_known"),
    CheckConstraint("(decision = 'tie') = (patient IS NOT NULL)", name="tied_to_somebody"),
    info=APPEND_ONLY,
)
image_marks = Table(
    "image_marks", metadata,
    number(),
    # The same through all changes of one mark: its newest row says how it stands.
    Column("mark", Uuid, nullable=False),
    reference("study", "image_studies.id"),
    Column("series_uid", Text, nullable=False),
    Column("sop_instance_uid", Text, nullable=False),
    Column("frame", Integer, nullable=False),
    reference("person", "people.id"),
    flag("removed"),
    Column("content", LargeBinary, nullable=False),
    instant("made_at"),
    instant("received_at", now=True),
    CheckConstraint("frame >= 1", name="frames_from_one"),
    Index("ix_image_marks_study", "study", "mark", "id"),
    Index("ix_image_marks_mark", "mark", "id"),
    info=APPEND_ONLY,
)
