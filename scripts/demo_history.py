"""Writes the demo hospital's last days: entries are drawn, signed with their authors' tokens, handed in over HTTPS.

The same path as a person at a workstation takes; nothing is put into the database beside it. Started by
`benhan-server demo` once the server serves; does nothing when the records are there already.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from records.bundled import bundled
from records.entries import Author, FormRef, Mark, Version
from records.errors import BenhAnError, Refusal
from records.forms import Form, current_form
from records.messages import Chart
from records.render import CURRENT, render_entry, slot_field
from records.signatures import mark_for
from records.validation import clean
from workstation.client import Client
from workstation.config import ZONE, Config, read_config
from workstation.ids import new_id
from workstation.models.account import Account
from workstation.models.beginning import stay_of, subject_of
from workstation.signing.base import Identity, Pin, PinRequest
from workstation.signing.criteria import Criteria, choose
from workstation.signing.stack import Document, Outcome, Stack
from workstation.signing.token import TokenSigner


@dataclass(frozen=True)
class Known:
    """A prompter that knows the demo's PIN."""

    pin: str

    def ask_pin(self, request: PinRequest) -> Pin | None:
        """The demo's PIN, once: a second question would mean that it is wrong."""
        return None if request.refused else Pin(self.pin)

    def choose_identity(self, choices: Sequence[Identity]) -> Identity | None:
        """A demo person has one certificate."""
        return choices[0]


class Writer:
    """One demo person at the workstation, for as long as their entries take."""

    def __init__(self, config: Config, account: dict[str, Any]) -> None:
        self.client = Client(config.server_url, config.ca_file, workstation="demo")
        self.account = Account.of(self.client.sign_in(account["username"], account["password"]), datetime.now(UTC))
        self.client.health()
        self._modules = tuple(str(module) for module in config.pkcs11_modules)
        self._env = config.pkcs11_environment
        self._pin = account["pin"]
        self._charts: dict[str, Chart] = {}

    def write(self, entries: Sequence[dict[str, Any]]) -> None:
        """Sign the entries with one PIN and hand them in, in their order."""
        person = self.account.person
        with TokenSigner(self._modules, env=self._env) as signer:
            prompter = Known(self._pin)
            identity = choose(signer, Criteria(at=datetime.now(UTC), national_id=person.national_id), prompter)
            versions = {str(version.entry): version for version in map(self._version, entries)}
            documents = [self._document(version) for version in versions.values()]
            stack = Stack(signer, identity, documents, told=lambda outcome: self._hand_in(outcome, versions),
                          now=self.client.clock.server_now)
            stack.run(prompter)

    def _version(self, entry: dict[str, Any]) -> Version:
        now = datetime.now(UTC)
        form = current_form(entry["form"], now.astimezone(ZONE).date())
        kind = form.kind(entry["kind"])
        cleaned = clean(kind, placed(entry["values"], now), signing=True, on=now.astimezone(ZONE).date())
        if not cleaned.good:
            raise Refusal(*cleaned.problems)
        chart = self._chart(entry["patient_no"])
        person = self.account.person
        return Version(
            renderer=CURRENT, entry=new_id(), version=1, training=self.account.training,
            form=FormRef(code=form.code, edition=form.edition, kind=kind.key),
            subject=subject_of(chart), stay=stay_of(chart, self.account),
            author=Author(id=person.id, full_name=person.full_name, title=person.title,
                          role=next(role for role in kind.writers if role in person.roles)),
            occurred_at=(now - timedelta(hours=entry["hours_ago"])).astimezone(ZONE),
            written_at=self.client.clock.server_now().astimezone(ZONE), values=cleaned.values,
        )

    def _chart(self, patient_no: str) -> Chart:
        if patient_no not in self._charts:
            patient = self.client.patients(patient_no)[0]
            if patient.encounter is None:
                raise BenhAnError(f"The demo patient {patient_no} has no open encounter.")
            self._charts[patient_no] = self.client.chart(patient.encounter)
        return self._charts[patient_no]

    def _document(self, version: Version) -> Document:
        kind = form_of(version).kind(version.form.kind)
        slot = kind.slots[0].key
        return Document(str(version.entry), slot_field(slot), partial(render_entry, version),
                        partial(self._mark, version, slot))

    def _mark(self, version: Version, slot: str, identity: Identity, at: datetime) -> Mark:
        return mark_for(version, slot, full_name=identity.full_name, title=self.account.person.title, signed_at=at,
                        certificate_serial=identity.serial, certificate_issuer=identity.issuer)

    def _hand_in(self, outcome: Outcome, versions: dict[str, Version]) -> None:
        if outcome.signed is None:
            raise Refusal(*outcome.reasons)
        version = versions[outcome.document.key]
        slot = form_of(version).kind(version.form.kind).slots[0].key
        self.client.sign(version.entry, 1, outcome.signed, encounter=version.stay.id, slot=slot, key=new_id())


def form_of(version: Version) -> Form:
    """The form that the version is written on."""
    return current_form(version.form.code, version.occurred_at.date())


def placed(value: Any, now: datetime) -> Any:
    """A value of the demo data with "@-3.5h" turned into the instant 3.5 hours ago."""
    match value:
        case dict():
            return {key: placed(part, now) for key, part in value.items()}
        case list():
            return [placed(part, now) for part in value]
        case str() if found := re.fullmatch(r"@-([\d.]+)h", value):
            at = now - timedelta(hours=float(found[1]))
            return at.astimezone(ZONE).isoformat(timespec="seconds")
    return value


def past_entries() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The demo's entries by author, each author's oldest first."""
    entries = tomllib.loads(bundled("demo", "entries.toml").read_text("utf-8"))["entries"]
    ordered = sorted(entries, key=lambda entry: (entry["author"], -entry["hours_ago"]))
    for author, own in groupby(ordered, key=lambda entry: str(entry["author"])):
        yield author, list(own)


def main() -> int:
    """Write all past entries; exit code 0 when they are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    home = parser.parse_args().home
    config = read_config(home / "workstation.toml")
    accounts = {account["username"]: account for account in json.loads((home / "accounts.json").read_text("utf-8"))}
    count = 0
    try:
        for author, entries in past_entries():
            writer = Writer(config, accounts[author])
            writer.write(entries)
            writer.client.sign_out()
            writer.client.close()
            count += len(entries)
            print(f"{count} entries signed and handed in", file=sys.stderr, flush=True)
    except BenhAnError as error:
        print(f"The demo's records could not be written: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
