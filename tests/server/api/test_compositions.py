"""A composition that is handed in carries HL7 CDA R2 of the entries that it gathers, and no other."""

from __future__ import annotations

import tomllib

from records import canonical, cda
from records.bundled import bundled
from records.entries import FormRef, Version
from records.render import render_entry
from tests.server.house import House, reasons, send


def ref(kind: str) -> FormRef:
    return FormRef(code="01/BV1", edition="2024-01-01", kind=kind)


def part_a(house: House) -> Version:
    """The demo hospital's first part A, written in this house."""
    demo = tomllib.loads(bundled("demo", "entries.toml").read_text("utf-8"))["entries"]
    values = next(item["values"] for item in demo if item["kind"] == "part_a")
    return house.version(form=ref("part_a"), values=values)


def closing(house: House, child: Version) -> Version:
    gathered = {"entry": str(child.entry), "kind": "part_a", "version": 1,
                "sha256": canonical.sha256(canonical.encode(child))}
    return house.version(form=ref("closing"), values={"gathered": [gathered]})


def refused(house: House, made: Version, children: list[Version] | None) -> list[str]:
    """Why the closing with the CDA of these children (none: without any) is refused; parts are missing anyhow."""
    attached = [] if children is None else [cda.attachment(made, children)]
    file = house.sign(made, "giver", pdf=render_entry(made, attached))
    with house.sign_in("ha") as client:
        return reasons(send(client, house, made, file, "giver"))


def test_a_composition_must_carry_the_cda_that_its_entries_make(house: House) -> None:
    child = part_a(house)
    with house.sign_in("ha") as client:
        answer = send(client, house, child, house.sign(child))
        assert answer.status_code == 201, answer.text
    made = closing(house, child)
    assert not any(code.startswith("attachment_") for code in refused(house, made, [child]))
    assert "attachment_not_as_made" in refused(house, made, None)
    other = child.model_copy(update={"values": {**child.values, "pulse": 61}})
    assert "attachment_not_as_made" in refused(house, made, [other])


def test_a_composition_of_what_is_not_there_may_carry_nothing(house: House) -> None:
    child = part_a(house)
    assert "attachment_not_alone" in refused(house, closing(house, child), [child])
