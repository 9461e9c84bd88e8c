"""What patients left on a device during an outage: sealed apart, sent once, gone afterwards, kept by kill -9 (R8)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from records.errors import Trouble
from tests.workstation import hospital
from tests.workstation.drafts.test_store import KEY, command, draft
from workstation.drafts import CommandState, Store
from workstation.drafts.engine import Access
from workstation.ids import new_id

FINGER = b'{"evidence":"QSBmaW5nZXIgb2Ygbm9ib2R5","template":"Rk1SIG9mIG5vYm9keQ=="}'
WRITER = """
import sys
from pathlib import Path
from uuid import UUID
from tests.workstation import hospital
from tests.workstation.drafts.test_store import KEY, command, draft
from workstation.drafts import Store

store = Store(Path(sys.argv[1]), KEY, hospital.DOCTOR)
number = 0
while True:
    number += 1
    body = b"finger %d" % number * 2000
    store.put_capture(command(id=UUID(int=number), body=body, label=str(number)), draft(entry=UUID(int=number)))
    print(number, flush=True)
"""


def test_a_capture_is_in_no_other_table_and_opens_only_as_what_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", KEY, hospital.DOCTOR)
    wanted = command(id=new_id(), body=FINGER)
    store.put_capture(wanted, draft())
    (item,) = store.commands(CommandState.WAITING)
    assert (item.command.kind, item.size) == ("capture", 0)
    assert store.body(item) == FINGER
    access = Access(tmp_path / "store.db", KEY)
    with access.reading() as db:
        for table in ("drafts", "outbox", "captures", "cache", "kept"):
            assert not any(FINGER[:20] in (value if isinstance(value, bytes) else str(value).encode())
                           for row in db.execute(text(f"SELECT * FROM {table}")) for value in row)
    with access.writing() as db:
        db.execute(text("UPDATE captures SET sealed = substr(sealed, 1, 40) || x'00' || substr(sealed, 42)"))
    access.close()
    with pytest.raises(Trouble):
        store.body(item)
    store.close()


def test_once_the_server_has_it_nothing_stays_and_a_refused_one_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", KEY, hospital.DOCTOR)
    for _ in range(2):
        store.put_capture(command(id=new_id(), body=FINGER), draft(entry=new_id()))
    first, second = store.commands(CommandState.WAITING)
    store.mark_done(first.number, b"{}")
    store.mark_refused(second.number, ())
    assert store.body(second) == FINGER
    with pytest.raises(Trouble):
        store.body(first)
    store.close()


def test_a_capture_and_its_paper_survive_a_sudden_death_together(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=Path(__file__).parents[3],
                              stdout=subprocess.PIPE, text=True)
    told = 0
    with writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            told = int(line)
            if told == 25:
                writer.kill()
                break
    store = Store(path, KEY, hospital.DOCTOR)
    items = store.commands(CommandState.WAITING)
    assert len(items) >= told == 25
    for item in items:
        assert store.body(item) == b"finger %d" % int(item.command.label) * 2000
    assert {one.entry.int for one in store.drafts()} == {int(item.command.label) for item in items}
    store.close()
