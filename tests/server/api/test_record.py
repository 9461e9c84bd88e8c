"""A whole record over HTTPS: part A to hand-over, each slot in its order, each composition with what it gathers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx

from records import canonical, cda
from records.entries import FormRef, State, Version
from records.forms import form
from records.messages import Accepted, Chart, EntryView
from records.render import render_entry
from tests.server.filling import enough
from tests.server.house import House, key, reasons, send

CODE, EDITION = "01/BV1", "2024-01-01"


def part(house: House, kind: str, username: str, **given: Any) -> Version:
    return house.version(username, form=FormRef(code=CODE, edition=EDITION, kind=kind),
                         values=enough(form(CODE, EDITION).kind(kind), **given))


def accepted(answer: httpx.Response) -> EntryView:
    assert answer.status_code == 201, answer.text
    return Accepted.model_validate_json(answer.content).entry


def signed_part(house: House, kind: str, username: str, slot: str = "doctor", **given: Any) -> EntryView:
    version = part(house, kind, username, **given)
    with house.sign_in(username) as client:
        return accepted(send(client, house, version, house.sign(version, slot, username), slot))


def gathered(*entries: EntryView) -> list[dict[str, Any]]:
    return [{"entry": str(entry.id), "kind": entry.form.kind, "version": entry.version, "sha256": entry.sha256}
            for entry in entries]


def part_a(house: House) -> EntryView:
    return signed_part(house, "part_a", "ha", systolic=120)


def whole(house: House) -> tuple[EntryView, EntryView, EntryView]:
    """Part A, part B and the cover with both its signatures."""
    first, second = part_a(house), signed_part(house, "part_b", "ha")
    version = part(house, "cover", "thanh")
    head = house.sign(version, "ward_head", "thanh")
    with house.sign_in("thanh") as client:
        half = accepted(send(client, house, version, head, "ward_head"))
    assert (half.state, half.open_slots) == (State.PARTLY_SIGNED, ("director",))
    with house.sign_in("tuan") as client:
        both = house.sign(version, "director", "tuan", pdf=head)
        cover = accepted(send(client, house, version, both, "director"))
    return first, second, cover


def test_a_record_is_signed_from_part_a_to_the_hand_over(house: House) -> None:
    parts = whole(house)
    assert [entry.state for entry in parts] == [State.SIGNED] * 3
    assert [mark.slot for mark in parts[2].signatures] == ["ward_head", "director"]
    version = part(house, "closing", "thanh", gathered=gathered(*parts))
    with house.sign_in("thanh") as client:
        bodies = [canonical.decode(client.get(f"/api/entries/{entry.id}/versions/1").content) for entry in parts]
        paper = render_entry(version, [cda.attachment(version, bodies)])
        given = house.sign(version, "giver", "thanh", pdf=paper)
        accepted(send(client, house, version, given, "giver"))
    with house.sign_in("lan") as client:
        received = house.sign(version, "receiver", "lan", pdf=given)
        closing = accepted(send(client, house, version, received, "receiver"))
        clocks = client.get(f"/api/encounters/{house.encounter}/chart").json()["clocks"]
    assert closing.state is State.SIGNED
    assert "record" not in {clock["kind"] for clock in clocks}


def test_part_b_waits_for_part_a(house: House) -> None:
    version = part(house, "part_b", "ha")
    with house.sign_in("ha") as client:
        answer = send(client, house, version, house.sign(version))
    assert reasons(answer) == ["kind_waits_for_kind"]


def test_the_director_waits_for_the_ward_head(house: House) -> None:
    part_a(house)
    signed_part(house, "part_b", "ha")
    version = part(house, "cover", "thanh")
    with house.sign_in("tuan") as client:
        answer = send(client, house, version, house.sign(version, "director", "tuan"), "director")
    assert "slot_waits_for_slot" in reasons(answer)


def test_a_further_signature_on_another_file_than_the_accepted_one_is_refused(house: House) -> None:
    part_a(house)
    signed_part(house, "part_b", "ha")
    version = part(house, "cover", "thanh")
    with house.sign_in("thanh") as client:
        accepted(send(client, house, version, house.sign(version, "ward_head", "thanh"), "ward_head"))
    again = house.sign(version, "ward_head", "thanh")
    with house.sign_in("tuan") as client:
        answer = send(client, house, version, house.sign(version, "director", "tuan", pdf=again), "director")
    assert "earlier_signatures_missing" in reasons(answer)


def test_a_part_that_is_there_once_is_not_begun_again(house: House) -> None:
    part_a(house)
    version = part(house, "part_a", "ha", systolic=130)
    with house.sign_in("ha") as client:
        answer = send(client, house, version, house.sign(version))
    assert reasons(answer) == ["kind_exists_already"]


def test_a_composition_that_leaves_something_out_is_refused(house: House) -> None:
    parts = whole(house)
    version = part(house, "closing", "thanh", gathered=gathered(*parts[:2]))
    with house.sign_in("thanh") as client:
        bodies = [canonical.decode(client.get(f"/api/entries/{entry.id}/versions/1").content) for entry in parts[:2]]
        paper = render_entry(version, [cda.attachment(version, bodies)])
        answer = send(client, house, version, house.sign(version, "giver", "thanh", pdf=paper), "giver")
    assert reasons(answer) == ["children_unsigned"]


def test_a_composition_of_an_entry_that_was_corrected_since_is_refused(house: House) -> None:
    parts = whole(house)
    other = gathered(*parts)
    other[0]["sha256"] = "0" * 64
    version = part(house, "closing", "thanh", gathered=other)
    with house.sign_in("thanh") as client:
        bodies = [canonical.decode(client.get(f"/api/entries/{entry.id}/versions/1").content) for entry in parts]
        paper = render_entry(version, [cda.attachment(version, bodies)])
        answer = send(client, house, version, house.sign(version, "giver", "thanh", pdf=paper), "giver")
    assert "children_unsigned" in reasons(answer)


def test_the_cover_may_be_written_by_a_doctor_and_first_signed_by_the_ward_head(house: House) -> None:
    part_a(house)
    signed_part(house, "part_b", "ha")
    version = part(house, "cover", "ha")
    with house.sign_in("thanh") as client:
        entry = accepted(send(client, house, version, house.sign(version, "ward_head", "thanh"), "ward_head"))
    assert (entry.author_name, entry.signatures[0].full_name) == ("Lê Thu Hà", "Đỗ Văn Thành")


def test_an_author_whom_nobody_knows_is_refused(house: House) -> None:
    part_a(house)
    signed_part(house, "part_b", "ha")
    version = part(house, "cover", "ha")
    version = version.model_copy(update={"author": version.author.model_copy(update={"id": UUID(int=5)})})
    with house.sign_in("thanh") as client:
        answer = send(client, house, version, house.sign(version, "ward_head", "thanh"), "ward_head")
    assert reasons(answer) == ["author_not_on_file"]


def test_the_ward_head_signs_the_cover_that_a_doctor_wrote(house: House) -> None:
    part_a(house)
    signed_part(house, "part_b", "ha")
    version = part(house, "cover", "ha")
    path, headers = f"/api/drafts/{version.entry}", {"Idempotency-Key": key()}
    with house.sign_in("ha") as doctor, house.sign_in("thanh") as head:
        saved = doctor.put(path, headers=headers, json={
            "encounter": str(house.encounter), "form": version.form.model_dump(), "values": version.values,
            "occurred_at": version.occurred_at.isoformat(), "known_revision": 0})
        assert saved.status_code == 200, saved.text
        (draft,) = Chart.model_validate_json(head.get(f"/api/encounters/{house.encounter}/chart").content).drafts
        assert draft.author == version.author
        file = house.sign(version, "ward_head", "thanh")
        cover = accepted(send(head, house, version, file, "ward_head"))
        assert (cover.author_name, cover.state) == ("Lê Thu Hà", State.PARTLY_SIGNED)
        assert doctor.get("/api/drafts").json() == []
