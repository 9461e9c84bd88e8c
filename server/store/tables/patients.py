"""Patients, their allergies, and their stays."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint

from server.store.tables.base import flag, identifier, instant, metadata, reference, words

patients = Table(
    "patients", metadata,
    identifier(),
    Column("patient_no", Text, nullable=False),
    Column("full_name", Text, nullable=False),
    Column("birth_date", Text, nullable=False),
    Column("sex", String(1), nullable=False),
    words("national_id"),
    words("insurance_no"),
    Column("insurance_percent", SmallInteger),
    words("address"),
    words("phone"),
    words("ethnicity"),
    words("occupation"),
    words("kin"),
    instant("allergies_asked_at", optional=True),
    instant("created_at", now=True),
    reference("created_by", "people.id", optional=True),
    # What a search reads: lower case, no diacritics. Collation C lets one B-tree answer prefixes in order.
    Column("search_name", Text(collation="C"), Computed("f_unaccent(full_name)", persisted=True), nullable=False),
    Column("search_given", Text(collation="C"), Computed("f_given_first(full_name)", persisted=True), nullable=False),
    UniqueConstraint("patient_no"),
    CheckConstraint("sex IN ('1', '2', '3')", name="sex_known"),
    Index("uq_patients_national_id", "national_id", unique=True, postgresql_where=text("national_id <> ''")),
    Index("uq_patients_insurance_no", "insurance_no", unique=True, postgresql_where=text("insurance_no <> ''")),
    Index("ix_patients_search_name", "search_name"),
    # With the id inside, the other words of a name are compared in the index and no row is read.
    Index("ix_patients_search_given", "search_given", postgresql_include=["id"]),
    Index("ix_patients_search_trigrams", "search_name", postgresql_using="gin",
          postgresql_ops={"search_name": "gin_trgm_ops"}),
)
allergies = Table(
    "allergies", metadata,
    identifier(),
    reference("patient", "patients.id"),
    Column("substance", Text, nullable=False),
    words("reaction"),
    Column("year", Integer),
    instant("recorded_at", now=True),
    reference("recorded_by", "people.id", optional=True),
    instant("removed_at", optional=True),
    Index("ix_allergies_patient", "patient"),
)
encounters = Table(
    "encounters", metadata,
    identifier(),
    reference("patient", "patients.id"),
    Column("record_no", Text, nullable=False),
    Column("state", Text, nullable=False, server_default="active"),
    flag("emergency"),
    instant("admitted_at"),
    instant("discharged_at", optional=True),
    words("outcome"),
    words("discharge_type"),
    words("diagnosis"),
    words("diagnosis_code"),
    reference("attending", "people.id", optional=True),
    instant("created_at", now=True),
    reference("created_by", "people.id", optional=True),
    UniqueConstraint("record_no"),
    CheckConstraint("state IN ('active', 'closed', 'archived', 'destroyed')", name="state_known"),
    CheckConstraint("discharged_at >= admitted_at", name="discharged_after_admission"),
    Index("ix_encounters_patient", "patient"),
    Index("uq_encounters_open", "patient", unique=True, postgresql_where=text("state = 'active'")),
)
ward_stays = Table(
    "ward_stays", metadata,
    identifier(),
    reference("encounter", "encounters.id"),
    reference("ward", "wards.id"),
    words("room"),
    words("bed"),
    instant("starts"),
    instant("ends", optional=True),
    CheckConstraint("ends >= starts", name="ends_after_start"),
    Index("ix_ward_stays_encounter", "encounter", "starts"),
    Index("ix_ward_stays_open", "ward", postgresql_where=text("ends IS NULL")),
    ExcludeConstraint(
        ("encounter", "="), (text("tstzrange(starts, ends)"), "&&"), name="ex_ward_stays_one_place", using="gist",
    ),
    ExcludeConstraint(
        ("ward", "="), ("room", "="), ("bed", "="), (text("tstzrange(starts, ends)"), "&&"),
        name="ex_ward_stays_one_patient", using="gist", where=text("bed <> ''"),
    ),
)
counters = Table(
    "counters", metadata,
    Column("name", Text, primary_key=True),
    Column("value", Integer, nullable=False),
)
