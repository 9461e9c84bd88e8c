"""`benhan-server evidence`: which level records need, what waits for its evidence and why, try everything at once."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Connection

from records.deadlines import ZONE
from records.evidence_demand import Demand, Step, demanded
from records.signatures import EvidenceLevel
from server.settings import Settings, read_settings
from server.store import audit, base, evidence_demands
from server.store import evidence as store

_CONSOLE = "console"


def act(options: Namespace) -> int:
    """One of the four verbs, in one transaction."""
    settings = read_settings(options.config)
    engine = base.open_engine(settings.dsn, pool_size=1)
    try:
        with base.transaction(engine) as db:
            if options.verb == "queue":
                lines = tuple(_queue(db, settings))
            elif options.verb == "retry":
                lines = (_retry(db),)
            else:
                lines = (_demand(db, options),)
    finally:
        engine.dispose()
    print(*lines, sep="\n")
    return 0


def _demand(db: Connection, options: Namespace) -> str:
    """Which level a record needs, from a day on, before it is complete or archived (R14, R16, R30)."""
    since = date.fromisoformat(options.since) if options.since else base.now(db).astimezone(ZONE).date()
    demand = Demand(Step(options.verb), since, EvidenceLevel(options.level))
    evidence_demands.put(db, demand)
    audit.note(db, "evidence.demand", workstation=_CONSOLE, facts={
        "step": demand.step.value, "level": demand.level.value, "since": since.isoformat()})
    return f"{demand.step.value}: B-{demand.level.value} from {since:%d/%m/%Y}."


def _queue(db: Connection, settings: Settings) -> Iterator[str]:
    """What waits, longest first; no patient is named."""
    counted, demands = store.counts(db), evidence_demands.read(db)
    today = base.now(db).astimezone(ZONE).date()
    levels = ", ".join(f"{step.value} B-{demanded(step, demands, today).value}" for step in Step)
    yield (f"{counted.get('waiting', 0)} waiting, {counted.get('failed', 0)} failed, {counted.get('done', 0)} done. "
           f"Time stamps: {settings.tsa_url or 'no contract'}. Demanded today: {levels}.")
    for item in store.waiting(db):
        task = item.task
        then = f"next try {_moment(item.next_at)}" if item.state == "waiting" else "no further try by itself"
        yield (f"{item.state.upper()} since {_moment(item.since)}, {task.attempts} tries, {then}, now "
               f"B-{task.level.value}: entry {task.entry} version {task.number} of encounter {task.encounter}")
        yield from (f"    {reason.english}" for reason in item.reasons)


def _retry(db: Connection) -> str:
    many = store.retry_at_once(db)
    audit.note(db, "evidence.retry", workstation=_CONSOLE, facts={"files": many})
    return f"{many} files are tried now; a service that just failed is left alone for half a minute first."


def _moment(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%d/%m/%Y %H:%M:%S}"
