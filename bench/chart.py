"""A chart of 1,000 entries: the server's answer beside bare SQL, the screen after it, the memory with it open."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import event

from bench.house import DOCTOR, ROOT, House, house
from bench.measure import Figure, p95, times_ms
from bench.rows import put_into, row
from server.store import base, chart
from server.store.base import plain_dsn

ENTRIES, ANSWERS, OPENINGS = 1000, 60, 3
ALLOWED_MS, SCREEN_MS, MEMORY_MB = 25.0, 300.0, 300.0
_BARE = """
    SELECT e.*, s.*, v.*, g.* FROM version_states s JOIN entries e ON e.id = s.entry
    JOIN versions v ON v.entry = s.entry AND v.number = s.number
    LEFT JOIN signatures g ON g.entry = s.entry AND g.number = s.number
    WHERE s.encounter = %s AND s.latest ORDER BY v.occurred_at DESC
"""


def run() -> list[Figure]:
    """Answer, screen, memory."""
    with house() as place:
        encounter = _chart(place)
        bare, ours = _answers(place, encounter)
        opened = [_opened(place, encounter) for _ in range(OPENINGS)]
    screen = max(one["usable_ms"] for one in opened)
    memory = max(one["rss_mb"] for one in opened)
    return [
        Figure(f"chart of {ENTRIES} entries: server's answer, p95 of {ANSWERS}", ours, bare, "ms",
               "bare SQL, one query", f"at most bare SQL + {ALLOWED_MS:.0f} ms", ours <= bare + ALLOWED_MS),
        Figure(f"chart of {ENTRIES} entries: screen usable after the answer, worst of {OPENINGS}", screen, SCREEN_MS,
               "ms", "limit", "within 300 ms", screen <= SCREEN_MS),
        Figure(f"chart of {ENTRIES} entries: workstation's memory with it open", memory, MEMORY_MB, "MB", "limit",
               "under 300 MB", memory < MEMORY_MB),
    ]


def _chart(place: House) -> UUID:
    """A stay of forty days and a thousand rows of the treatment sheet."""
    encounter = place.encounter("Lê Thị Dài")
    client, account = place.client()
    with closing(client):
        held = client.chart(encounter)
    put_into(place, encounter, [row(held, account, number, hours_ago=number * 0.95) for number in range(ENTRIES)],
             f"{encounter.int:064x}")
    place.vacuum()
    return encounter


def _answers(place: House, encounter: UUID) -> tuple[float, float]:
    """p95 of bare SQL and of GET /api/encounters/…/chart, in turn, so that both meet the same machine.

    Bare SQL is the quicker of one plain query and of the statement that makes each entry from its sources, both through
    psycopg alone. The answer itself comes from entries that are kept finished (`server.store.entry_views`).
    """
    client, _ = place.client()
    own = _own_statement(place, encounter)
    path = f"/api/encounters/{encounter}/chart"
    with closing(client), psycopg.connect(plain_dsn(place.settings.dsn), autocommit=True) as db:
        plain: list[float] = []
        bare: list[float] = []
        ours: list[float] = []
        for _ in _rounds(ANSWERS):
            gc.collect()  # sixty thousand values at once would make the collector part of the query's time
            plain += times_ms(lambda: db.execute(_BARE, (encounter,)).fetchall(), 1, warm=0)
            bare += times_ms(lambda: db.execute(*own).fetchall(), 1, warm=0)
            ours += times_ms(lambda: client.ask(path), 1, warm=0)
    return min(p95(plain[5:]), p95(bare[5:])), p95(ours[5:])


def _own_statement(place: House, encounter: UUID) -> tuple[str, Mapping[str, Any]]:
    """What the store sends to the database to make a chart's entries from their sources."""
    sent: list[tuple[str, Mapping[str, Any]]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Mapping[str, Any], *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(place.engine, "before_cursor_execute", note)
    try:
        with base.transaction(place.engine) as db:
            chart.of_encounter(db, place.keys.of(db, encounter), encounter)
    finally:
        event.remove(place.engine, "before_cursor_execute", note)
    return sent[-1]


def _rounds(count: int) -> Iterator[int]:
    yield from range(count + 5)


def _opened(place: House, encounter: UUID) -> dict[str, float]:
    """The workstation, opened anew, signed in through its window, with that chart on the screen."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "bench.chart_window", place.home.workstation_settings, str(encounter), DOCTOR,
             place.login(DOCTOR)["password"]],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=120,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "BENHAN_DATA_DIR": folder,
                 "BENHAN_SERVER_URL": place.url})
    told: dict[str, float] = json.loads(done.stdout)
    return told
