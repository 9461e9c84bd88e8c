"""Long-term evidence: time stamps, answers on revocation, the files that carry them, and the queue of what waits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.server.guards import APP, guard, only_grows

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("clock_timestamp()")
APPEND_ONLY = ("timestamps", "revocation_answers", "evidence_files")


def upgrade() -> None:
    """Go on; files that were accepted before wait for their evidence like new ones."""
    op.create_table(
        "timestamps",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("token", sa.LargeBinary, nullable=False),
        sa.Column("authority", sa.Text, nullable=False),
        sa.Column("stamped_at", INSTANT, nullable=False),
        sa.Column("person", sa.Uuid),
        sa.Column("given_at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name="fk_timestamps_person"),
        sa.PrimaryKeyConstraint("id", name="pk_timestamps"),
    )
    op.create_index("ix_timestamps_digest", "timestamps", ["digest"])
    op.create_table(
        "revocation_answers",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("issuer", sa.String(64), nullable=False),
        sa.Column("certificate", sa.Text, server_default="", nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("der", sa.LargeBinary, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("fetched_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("kind IN ('ocsp', 'crl')", name="ck_revocation_answers_kind_known"),
        sa.PrimaryKeyConstraint("id", name="pk_revocation_answers"),
    )
    op.create_index("ix_revocation_answers_issuer", "revocation_answers", ["issuer", "certificate", "since"])
    _files()
    _tasks()
    only_grows(*APPEND_ONLY)
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON evidence_tasks TO {APP}")
    op.execute("INSERT INTO evidence_tasks (file, entry, number, encounter, level) "
               "SELECT file, entry, number, encounter, 'B' FROM version_states WHERE state = 'signed'")
    guard("evidence_tasks", "forget_view", "AFTER INSERT OR UPDATE OF state, level", "ROW", "forget_entry_view")


def _files() -> None:
    op.create_table(
        "evidence_files",
        sa.Column("file", sa.String(64), nullable=False),
        sa.Column("signed", sa.String(64), nullable=False),
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("made_at", INSTANT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_evidence_files_encounter"),
        sa.ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"],
                                name="fk_evidence_files_entry"),
        sa.PrimaryKeyConstraint("file", name="pk_evidence_files"),
    )
    op.create_index("ix_evidence_files_signed", "evidence_files", ["signed"])


def _tasks() -> None:
    op.create_table(
        "evidence_tasks",
        sa.Column("file", sa.String(64), nullable=False),
        sa.Column("entry", sa.Uuid, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("encounter", sa.Uuid, nullable=False),
        sa.Column("state", sa.Text, server_default="waiting", nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, server_default="0", nullable=False),
        sa.Column("next_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("reasons", JSONB, server_default="[]", nullable=False),
        sa.Column("created_at", INSTANT, server_default=NOW, nullable=False),
        sa.Column("changed_at", INSTANT, server_default=NOW, nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'done', 'dropped', 'failed')", name="ck_evidence_tasks_state_known"),
        sa.CheckConstraint("level IN ('B', 'T', 'LT')", name="ck_evidence_tasks_level_known"),
        sa.ForeignKeyConstraint(["encounter"], ["encounters.id"], name="fk_evidence_tasks_encounter"),
        sa.ForeignKeyConstraint(["entry", "number"], ["versions.entry", "versions.number"],
                                name="fk_evidence_tasks_entry"),
        sa.PrimaryKeyConstraint("file", name="pk_evidence_tasks"),
    )
    op.create_index("ix_evidence_tasks_due", "evidence_tasks", ["next_at"],
                    postgresql_where=sa.text("state = 'waiting'"))
    op.create_index("ix_evidence_tasks_encounter", "evidence_tasks", ["encounter"])


def downgrade() -> None:
    """Go back; the signed files are as they were."""
    for table in ("evidence_tasks", *reversed(APPEND_ONLY)):
        op.drop_table(table)
