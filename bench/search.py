"""Search among a million patients by part of a name typed without diacritics, beside the bare SQL of the same rows."""

from __future__ import annotations

import random
import time
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import accumulate
from typing import Any

import psycopg
from sqlalchemy import event

from bench.house import House, house
from bench.measure import Figure, p95
from records.bundled import bundled
from records.errors import BenhAnError
from server.ids import new_id
from server.store import base, patients

PATIENTS = 1_000_000
SEARCHES = 300
LIMIT = 20
ALLOWED_MS = 15.0
_PLAIN = "SELECT * FROM patients WHERE search_name LIKE %s LIMIT %s"
"""What anybody would write by hand for the same question."""
Statement = tuple[str, Mapping[str, Any]]
Draw = Callable[[], str]


class NoIndex(BenhAnError):
    """The database would read the whole table."""


def run() -> list[Figure]:
    """p95 over HTTPS beside the p95 of bare SQL on the same words: the quicker of the store's own statements and of
    one plain query, both through psycopg alone."""
    with house() as place:
        _people(place)
        client, _ = place.client()
        asked = list(_asked(random.Random(2)))
        statements = [_statements(place, words) for words in asked]
        with closing(client), psycopg.connect(base.plain_dsn(place.settings.dsn), autocommit=True) as db:
            for one in statements:
                _demand_index(db, one)
            own = _times(lambda one: [db.execute(*statement).fetchall() for statement in one], statements)
            plain = _times(lambda words: db.execute(_PLAIN, (f"%{words}%", LIMIT)).fetchall(), asked)
            ours = _times(lambda words: client.patients(words, LIMIT), asked)
    value, bare = p95(ours), min(p95(own), p95(plain))
    return [Figure(f"search among {PATIENTS:,} patients, p95 of {SEARCHES}", value, bare, "ms", "bare SQL, by index",
                   f"at most bare SQL + {ALLOWED_MS:.0f} ms", value <= bare + ALLOWED_MS)]


def _times(work: Callable[[Any], object], items: Sequence[Any]) -> list[float]:
    """Milliseconds of each, after a first round over some of them."""
    for item in items[:20]:
        work(item)
    times = []
    for item in items:
        start = time.perf_counter()
        work(item)
        times.append((time.perf_counter() - start) * 1000)
    return times


def _statements(place: House, words: str) -> list[Statement]:
    """What the store sends to the database for these words."""
    sent: list[Statement] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Mapping[str, Any], *_: Any) -> None:
        sent.append((statement, parameters))

    event.listen(place.engine, "before_cursor_execute", note)
    try:
        with base.transaction(place.engine) as db:
            patients.search(db, words, LIMIT)
    finally:
        event.remove(place.engine, "before_cursor_execute", note)
    return sent


def _demand_index(db: psycopg.Connection[Any], statements: Sequence[Statement]) -> None:
    for statement, parameters in statements:
        plan = "\n".join(line for (line,) in db.execute(f"EXPLAIN {statement}", parameters).fetchall())
        if "Seq Scan on patients" in plan:
            raise NoIndex(plan)


def _asked(chance: random.Random) -> Iterator[str]:
    """What people type at the desk: the beginning of a name, a given name, two words out of three; no diacritics."""
    draw = _names(chance)
    for number in range(SEARCHES):
        words = _folded(draw()).split()
        match number % 4:
            case 0:
                yield " ".join(words)[:-1]
            case 1:
                yield f"{words[-2]} {words[-1]}"
            case 2:
                yield f"{words[0]} {words[-1]}"
            case _:
                yield words[-1][:3]


def _names(chance: random.Random) -> Draw:
    parts = tomllib.loads(bundled("demo", "names.toml").read_text("utf-8"))
    surname = _weighted(chance, parts["surnames"])
    sexes = [(_weighted(chance, parts[sex]["middle"]), parts[sex]["given"]) for sex in ("female", "male")]

    def draw() -> str:
        middle, given = chance.choice(sexes)
        return f"{surname()} {middle()} {chance.choice(given)}"

    return draw


def _weighted(chance: random.Random, weights: Mapping[str, int]) -> Draw:
    words, sums = list(weights), list(accumulate(weights.values()))
    return lambda: chance.choices(words, cum_weights=sums)[0]


def _folded(text: str) -> str:
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return bare.replace("đ", "d").replace("Đ", "D").lower()


def _people(place: House) -> None:
    """A million patients, made once a house: indexes are built after the rows, as one restores a database."""
    with psycopg.connect(place.admin_dsn) as db:
        there = db.execute("SELECT count(*) FROM patients").fetchone()
        if there is not None and there[0] >= PATIENTS:
            return
        indexes = db.execute(
            "SELECT indexname, indexdef FROM pg_indexes "
            "WHERE tablename = 'patients' AND indexname LIKE 'ix%'").fetchall()
        db.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for name, _ in indexes:
            db.execute(f'DROP INDEX "{name}"')
        _copy(db)
        for _, definition in indexes:
            db.execute(definition)
    place.vacuum()


def _copy(db: psycopg.Connection[Any]) -> None:
    chance = random.Random(1)
    draw = _names(chance)
    columns = "id, patient_no, full_name, birth_date, sex, address"
    with db.cursor() as cursor, cursor.copy(f"COPY patients ({columns}) FROM STDIN") as copy:
        for number in range(PATIENTS):
            copy.write_row((new_id(), f"M{number:07}", draw(), f"{chance.randint(1930, 2024)}-06-15",
                            chance.choice("12"), "Xã Vị Thủy"))
