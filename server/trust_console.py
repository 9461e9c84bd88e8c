"""`benhan-server trust`: propose the next edition of the trust list from a folder, and decide on another's proposal.

At the console, too, it takes two people: each gives name and password, and the rights of both are asked.
"""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from records.errors import Refusal
from records.messages import SignIn, TrustDecision, TrustEdition, TrustProposal
from server.services import sessions, trust_changes
from server.services.hospital import Desk, Hospital
from server.settings import read_settings

_CONSOLE = "console"


def show(options: Namespace) -> int:
    """Every edition with its authorities."""
    with _desk(options) as desk:
        for edition in trust_changes.listed(desk):
            print(*_lines(edition), sep="\n")
    return 0


def propose(options: Namespace) -> int:
    """The folder's PEM files as the next edition."""
    since = date.fromisoformat(options.since) if options.since else datetime.now(UTC).astimezone().date()
    proposal = TrustProposal(pems=_pems(options.folder), valid_from=since, note=options.note)
    with _desk(options) as desk:
        made = trust_changes.propose(desk, proposal)
    print(*_lines(made), f"Another person accepts it: benhan-server trust accept {made.number} --username …", sep="\n")
    return 0


def accept(options: Namespace) -> int:
    """The second person's yes."""
    with _desk(options) as desk:
        print(*_lines(trust_changes.accept(desk, options.edition, TrustDecision())), sep="\n")
    return 0


def reject(options: Namespace) -> int:
    """The second person's no."""
    with _desk(options) as desk:
        print(*_lines(trust_changes.reject(desk, options.edition, TrustDecision())), sep="\n")
    return 0


@contextmanager
def _desk(options: Namespace) -> Iterator[Desk]:
    """The desk of whoever gives their password."""
    asked = getpass.getpass(f"Password of {options.username}: ") if sys.stdin.isatty() else sys.stdin.readline()
    hospital = Hospital.open(read_settings(options.config))
    try:
        session = sessions.sign_in(hospital, SignIn(
            username=options.username, password=asked.rstrip("\n"), workstation=_CONSOLE))
        with hospital.desk(sessions.authenticate(hospital, session.token)) as desk:
            yield desk
            sessions.sign_out(desk)
    finally:
        hospital.close()


def _pems(folder: Path) -> tuple[str, ...]:
    texts = (file.read_text("ascii") for file in sorted(folder.glob("*.pem")))
    found = tuple(text for text in texts if "BEGIN CERTIFICATE" in text)
    if not found:
        raise Refusal.because("trust_empty", str(folder))
    return found


def _lines(edition: TrustEdition) -> Iterator[str]:
    hands = " ".join(part for part in (
        f"proposed by {edition.proposed_by}," if edition.proposed_by else "",
        f"decided by {edition.decided_by}," if edition.decided_by else "", edition.note) if part)
    since = f" from {edition.valid_from:%d/%m/%Y}" if edition.valid_from else ""
    yield f"{'IN FORCE ' if edition.in_force else '         '}edition {edition.number}: {edition.state}{since} {hands}"
    for one in edition.authorities:
        kind = ("root" if one.root else "authority") + (" for time stamps" if one.stamps_only else "")
        yield f"             {kind} {one.name}, until {one.until:%d/%m/%Y}, {one.sha256[:16]}"
