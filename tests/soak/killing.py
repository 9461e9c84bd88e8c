"""A server of its own that is killed in the middle of its work, and what must be true of its store afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from bench.house import ROOT, House, first_line, free_port
from bench.rows import SLOT, document, row
from records.errors import BenhAnError, Trouble
from records.messages import Accepted
from scripts.demo_history import Known
from server.store.base import plain_dsn
from workstation.client import Client
from workstation.ids import new_id
from workstation.signing.criteria import Criteria, choose
from workstation.signing.stack import Outcome, Stack
from workstation.signing.token import TokenSigner

DOCTOR = "ha.lethu"
HALF = """
    SELECT 'version without signature', entry FROM versions v WHERE encounter = %(e)s AND NOT EXISTS
        (SELECT FROM signatures s WHERE s.entry = v.entry AND s.number = v.number)
    UNION ALL SELECT 'version without state', entry FROM versions v WHERE encounter = %(e)s AND NOT EXISTS
        (SELECT FROM version_states s WHERE s.entry = v.entry AND s.number = v.number AND s.state = 'signed')
    UNION ALL SELECT 'signature without receipt', entry FROM signatures s WHERE encounter = %(e)s AND NOT EXISTS
        (SELECT FROM receipts r WHERE r.file = s.file)
    UNION ALL SELECT 'entry without version', id FROM entries e WHERE encounter = %(e)s AND NOT EXISTS
        (SELECT FROM versions v WHERE v.entry = e.id)
    UNION ALL SELECT 'accepted twice', entry FROM signatures WHERE encounter = %(e)s GROUP BY entry HAVING count(*) > 1
"""


@dataclass(frozen=True)
class Ready:
    """A signed file with the command that hands it in, whose id stays the same however often it is sent."""

    entry: UUID
    pdf: bytes
    key: UUID = field(default_factory=new_id)


class Victim:
    """`benhan-server serve` on a hospital's folder, to be killed and started again."""

    def __init__(self, place: House) -> None:
        self._place = place
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._process = self._started()

    def kill(self) -> None:
        """SIGKILL: nothing of it can tidy up."""
        self._process.kill()
        self._process.wait(30)

    def start(self) -> None:
        """A fresh process."""
        self._process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        with self._place.home.folder.with_suffix(".victim.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "server.cli", "serve", "--config", self._place.home.server_settings], cwd=ROOT,
                stdout=subprocess.PIPE, stderr=log, text=True,
                env={**os.environ, "BENHAN_SERVER_PORT": str(self.port), "PYTHONPATH": str(ROOT)})
        assert first_line(process, "READY")
        return process


def signed_rows(place: House, encounter: UUID, count: int) -> list[Ready]:
    """Rows of the treatment sheet, drawn and signed by the doctor's token, not handed in yet."""
    client, account = place.client(DOCTOR)
    with closing(client):
        chart = client.chart(encounter)
        made: list[Ready] = []

        def keep(outcome: Outcome) -> None:
            assert outcome.signed is not None, outcome.reasons
            made.append(Ready(UUID(outcome.document.key), outcome.signed))

        rows = [row(chart, account, number, hours_ago=1 + number / 60) for number in range(count)]
        modules = [str(module) for module in place.workstation.pkcs11_modules]
        with TokenSigner(modules, env=place.workstation.pkcs11_environment) as signer:
            prompter = Known(place.login(DOCTOR)["pin"])
            identity = choose(signer, Criteria(at=datetime.now(UTC), national_id=account.person.national_id), prompter)
            Stack(signer, identity, [document(version, account.person.title) for version in rows], told=keep,
                  now=client.clock.server_now).run(prompter)
    return made


def killed_while_accepting(place: House, victim: Victim, files: Sequence[Ready], encounter: UUID,
                           chance: random.Random) -> int:
    """Send until the kill comes; then start anew and hold the store to what it acknowledged. How many it had."""
    token = _token(place, victim)
    acknowledged: list[UUID] = []
    busy, moment = threading.Event(), chance.uniform(0, 0.15 * len(files))

    def send() -> None:
        with closing(_client(place, victim, token)) as client:
            for ready in files:
                busy.set()
                try:
                    answer = _hand_in(client, ready, encounter)
                except BenhAnError:
                    return
                assert isinstance(answer, Accepted)
                acknowledged.append(ready.entry)

    sending = threading.Thread(target=send)
    sending.start()
    busy.wait(30)
    threading.Event().wait(moment)  # nothing is waited for: this is the chance that was drawn
    victim.kill()
    sending.join(60)
    victim.start()
    _hold_to_it(place, victim, files, acknowledged, encounter)
    return len(acknowledged)


def _hold_to_it(place: House, victim: Victim, files: Sequence[Ready], acknowledged: Sequence[UUID],
                encounter: UUID) -> None:
    with closing(_client(place, victim, _token(place, victim))) as client:
        _nothing_half(place, encounter)
        there = {entry.id: entry for entry in client.chart(encounter).entries}
        lost = set(acknowledged) - set(there)
        assert not lost, f"acknowledged and lost: {lost}"
        # Sent again under the same ids, as the workstation does: everything is there once.
        for ready in files:
            answer = _hand_in(client, ready, encounter)
            assert isinstance(answer, Accepted)
            assert client.file(answer.entry.file) == ready.pdf
        _nothing_half(place, encounter)
        assert {ready.entry for ready in files} <= {entry.id for entry in client.chart(encounter).entries}


def _nothing_half(place: House, encounter: UUID) -> None:
    with psycopg.connect(plain_dsn(place.settings.dsn)) as db:
        half = db.execute(HALF, {"e": encounter}).fetchall()
    assert half == [], half


def _hand_in(client: Client, ready: Ready, encounter: UUID) -> object:
    return client.sign(ready.entry, 1, ready.pdf, encounter=encounter, slot=SLOT, key=ready.key)


def _token(place: House, victim: Victim) -> str:
    with closing(_client(place, victim, None)) as client:
        return client.sign_in(DOCTOR, place.login(DOCTOR)["password"]).token


def _client(place: House, victim: Victim, token: str | None) -> Client:
    client = Client(victim.url, place.home.ca, workstation="soak")
    client.door.token = token
    return client


def crash_database(place: House, victim: Victim) -> None:
    """PostgreSQL ends as in a power cut (its processes die at once), and recovers from its log at the next start.

    Both servers then hold dead connections: the first that they ask is answered with "send it again", as a workstation
    does by itself.
    """
    cluster = place.home.cluster
    postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGQUIT)
    end = time.monotonic() + 30
    while Path(f"/proc/{postmaster}").exists():
        if time.monotonic() > end:
            pytest.fail("PostgreSQL did not end")
        threading.Event().wait(0.05)
    cluster.start()
    for url in (place.url, victim.url):
        _until_it_answers(place, url)


def _until_it_answers(place: House, url: str, tries: int = 20) -> None:
    with closing(Client(url, place.home.ca, workstation="soak")) as client:
        for left in reversed(range(tries)):
            try:
                client.sign_in(DOCTOR, place.login(DOCTOR)["password"])
            except Trouble:
                if not left:
                    raise
                threading.Event().wait(0.2)
            else:
                return
