"""The local store's migrations: head equals the tables, down and up gives the same, a store at head opens quickly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import migrations.local
from records.errors import Refusal
from tests.workstation import hospital
from workstation.drafts import Store
from workstation.drafts.engine import Access
from workstation.drafts.schema import HEAD, migrate, schema_of
from workstation.drafts.tables import metadata

KEY = bytes(32)


@pytest.fixture
def access(tmp_path: Path) -> Iterator[Access]:
    held = Access(tmp_path / "store.db", KEY)
    yield held
    held.close()


def schema(access: Access) -> list[str]:
    with access.reading() as db:
        rows = db.execute(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
                               "AND name <> 'alembic_version' ORDER BY name"))
        return [row[0] for row in rows]


def script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.local.__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_the_head_that_the_store_knows_is_the_newest_migration() -> None:
    assert script().get_heads() == [HEAD]


def test_head_equals_the_tables(access: Access) -> None:
    with access.writing() as db:
        migrate(db)
        assert compare_metadata(MigrationContext.configure(db), metadata) == []


def test_down_and_up_again_gives_the_same_schema(access: Access) -> None:
    from alembic import command

    with access.writing() as db:
        migrate(db)
    before = schema(access)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.local.__file__).parent))
    config.set_main_option("path_separator", "os")
    with access.writing() as db:
        config.attributes["connection"] = db
        command.downgrade(config, "base")
    assert schema(access) == []
    with access.writing() as db:
        migrate(db)
    assert schema(access) == before
    assert len(before) >= 7


def test_a_store_of_a_newer_program_is_refused_and_left_alone(access: Access, tmp_path: Path) -> None:
    with access.writing() as db:
        migrate(db)
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Refusal) as caught:
        Store(tmp_path / "store.db", KEY, hospital.DOCTOR)
    assert caught.value.reasons[0].code == "store_newer"
    with access.reading() as db:
        assert schema_of(db) == "9999"


def test_a_store_at_head_does_not_even_load_alembic(access: Access, tmp_path: Path) -> None:
    with access.writing() as db:
        migrate(db)
    program = (
        "import sys; from pathlib import Path; from uuid import UUID\n"
        "from workstation.drafts import Store\n"
        f"Store(Path({str(tmp_path / 'store.db')!r}), bytes(32), UUID(int=2)).close()\n"
        "print('alembic' in sys.modules)")
    opened = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert opened.stdout.strip() == "False"
