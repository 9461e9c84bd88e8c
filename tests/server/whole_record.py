"""A whole record at a hospital of the tests: signed part by part by those who must, handed in, discharged."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from records import canonical, cda
from records.entries import FormRef, Version
from records.forms import current_form
from records.render import render_entry
from tests.server.filling import enough
from tests.server.house import House, key, send
from tests.server.trusted import Trusted

FORM = current_form("01/BV1", datetime.now(UTC).date())
SIGNERS = ("ha", "thanh", "tuan", "lan")


@dataclass
class WholeRecord:
    """The record of the house's one patient, as far as it has come."""

    house: House
    trusted: Trusted
    stamped: bool = True
    parts: dict[str, tuple[Version, dict[str, Any]]] = field(default_factory=dict)

    def enrol(self) -> None:
        """Everybody's certificate, of the authority whose services answer."""
        for username in SIGNERS:
            self.trusted.enrol(self.house, username)

    def writes(self, username: str, kind: str, **given: Any) -> Version:
        """A part with the least that may be signed."""
        ref = FormRef(code=FORM.code, edition=FORM.edition, kind=kind)
        return self.house.version(username, form=ref, values=enough(FORM.kind(kind), **given))

    def signs(self, version: Version, username: str, slot: str, pdf: bytes | None = None) -> bytes:
        """One signature, taken by the server."""
        file = self.trusted.sign(self.house, version, username, slot, pdf=pdf, stamped=self.stamped)
        with self.house.sign_in(username) as client:
            answer = send(client, self.house, version, file, slot)
            assert answer.status_code == 201, answer.text
        self.parts[version.form.kind] = version, answer.json()["entry"]
        return file

    def part(self, kind: str) -> None:
        """A part that the doctor alone signs."""
        self.signs(self.writes("ha", kind, **({"systolic": 120} if kind == "part_a" else {})), "ha", "doctor")

    def discharge(self) -> None:
        """The patient leaves."""
        with self.house.sign_in("ha") as client:
            answer = client.post(f"/api/encounters/{self.house.encounter}/discharge",
                                 json={"at": datetime.now(UTC).isoformat(), "outcome": "1", "discharge_type": "1"},
                                 headers={"Idempotency-Key": key()})
            assert answer.status_code == 200, answer.text

    def cover(self, *, director: bool = True) -> None:
        """R28, R29: the ward head, then the director."""
        version = self.writes("thanh", "cover")
        file = self.signs(version, "thanh", "ward_head")
        if director:
            self.signs(version, "tuan", "director", file)

    def hand_over(self) -> None:
        """R23: the ward gives, the records office receives."""
        gathered = [{"entry": str(version.entry), "kind": kind, "version": version.version,
                     "sha256": canonical.sha256(canonical.encode(version))} for kind, (version, _) in self.parts.items()
                    if kind in FORM.kind("closing").gathers]
        version = self.writes("ha", "closing", gathered=gathered)
        children = [made for kind, (made, _) in self.parts.items() if kind in FORM.kind("closing").gathers]
        drawn = render_entry(version, [cda.attachment(version, children)])
        self.signs(version, "lan", "receiver", self.signs(version, "ha", "giver", drawn))

    def whole(self) -> None:
        """Everything, in its order."""
        for kind in ("part_a", "part_b"):
            self.part(kind)
        self.discharge()
        self.cover()
        self.hand_over()
