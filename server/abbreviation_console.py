"""`benhan-server abbreviations`: the hospital's own list of abbreviations for papers that leave the house (R38)."""

from __future__ import annotations

from argparse import Namespace
from datetime import date

from records.abbreviations import national
from records.deadlines import ZONE
from server.settings import read_settings
from server.store import abbreviations, audit, base

_CONSOLE = "console"


def change(options: Namespace) -> int:
    """`abbreviations add | remove`: from a day on one more, or one less; the audit keeps who may be asked about it."""
    engine = base.open_engine(read_settings(options.config).dsn, pool_size=1)
    with base.transaction(engine) as db:
        since = date.fromisoformat(options.since) if options.since else base.now(db).astimezone(ZONE).date()
        words = abbreviations.approved(db, since)
        if options.verb == "add":
            words[options.word] = options.means
        else:
            words.pop(options.word, None)
        abbreviations.put(db, words, since)
        audit.note(db, f"abbreviations.{options.verb}", workstation=_CONSOLE,
                   facts={"word": options.word, "since": since.isoformat()})
    engine.dispose()
    return show(options)


def show(options: Namespace) -> int:
    """`abbreviations show`: the national edition, and the hospital's own words."""
    engine = base.open_engine(read_settings(options.config).dsn, pool_size=1)
    with base.transaction(engine) as db:
        words = abbreviations.approved(db)
    engine.dispose()
    print(f"national list, edition {national().edition}: {len(national().approved)} approved")
    for word, means in sorted(words.items()):
        print(f"hospital: {word} = {means}")
    return 0
