"""Whose certificates may sign: editions of the trust list, and who approved each."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, ForeignKey, Integer, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from server.store.tables.base import APPEND_ONLY, instant, metadata, reference, words

trust_lists = Table(
    "trust_lists", metadata,
    Column("edition", Integer, primary_key=True, autoincrement=False),
    # PEM texts, each as a file of the trust folder would be.
    Column("pems", ARRAY(Text), nullable=False),
    Column("valid_from", Date, nullable=False),
    words("note"),
    reference("proposed_by", "people.id"),
    instant("proposed_at", now=True),
    CheckConstraint("edition >= 1", name="counted_from_one"),
    info=APPEND_ONLY,
)
trust_list_decisions = Table(
    "trust_list_decisions", metadata,
    Column("edition", Integer, ForeignKey("trust_lists.edition"), primary_key=True, autoincrement=False),
    Column("decision", Text, nullable=False),
    reference("person", "people.id"),
    words("reason"),
    instant("at", now=True),
    CheckConstraint("decision IN ('accept', 'reject')", name="decision_known"),
    info=APPEND_ONLY,
)
