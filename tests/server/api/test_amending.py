"""Restored texts and papers issued anew, over HTTPS: by right, as new versions and entries, told to the audit."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from records.canonical import encode, sha256
from records.deadlines import ZONE
from records.entries import Correction, RelatesTo, State, Version
from records.messages import DraftView, EntryHistory, EntryView
from server import cli
from server.store import base
from tests.server.api.test_entries import entries_of
from tests.server.house import PASSWORD, House, key, naming_changes, reasons, send
from tests.server.services.test_organisation import (
    approve,
    certificate_of_discharge,
    in_a_sealed_file,
    settings_file,
)

WHY = "Hủy nhầm lần ghi của người khác"


def post(client: httpx.Client, path: str, **body: Any) -> httpx.Response:
    return client.post(path, json=body, headers={"Idempotency-Key": key()})


def audited(house: House) -> list[str]:
    with base.transaction(house.hospital.engine) as db:
        return list(db.exec_driver_sql("SELECT action FROM audit_events ORDER BY id").scalars())


def cancelled(house: House) -> EntryView:
    """A row that its doctor signed and cancelled."""
    version = house.version()
    with house.sign_in("ha") as client:
        assert send(client, house, version, house.sign(version)).status_code == 201
        answer = post(client, f"/api/entries/{version.entry}/cancel", version=1, reason="Nhầm người bệnh")
        assert answer.status_code == 200, answer.text
    return EntryView.model_validate_json(answer.content)


def restored(view: EntryView, draft: DraftView) -> Version:
    """The version that the author's workstation makes of the draft."""
    given = draft.restoration
    assert given is not None
    old = Version.model_validate(view.body)
    correction = Correction(reason=draft.correction_reason, of_version=view.version, of_sha256=view.sha256,
                            restores=given.restores, permitted_by=given.permitted_by)
    made = old.model_copy(update={"version": view.version + 1, "values": draft.values, "correction": correction,
                                  "occurred_at": draft.occurred_at.astimezone(ZONE)})
    return naming_changes(made, {"body": view.body})


def test_a_cancelled_entry_comes_back_as_a_new_version_that_its_author_signs(house: House) -> None:
    view = cancelled(house)
    assert view.cancellation is not None
    assert (view.cancellation.by, view.cancellation.reason) == ("BS. Lê Thu Hà", "Nhầm người bệnh")
    with house.sign_in("thanh") as head:
        answer = post(head, f"/api/entries/{view.id}/restore", version=1, restores=1, reason=WHY)
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == "cancelled", "nothing is un-cancelled in place"
    with house.sign_in("ha") as client:
        (draft,) = (DraftView.model_validate(one) for one in client.get("/api/drafts").json())
        again = restored(view, draft)
        back = send(client, house, again, house.sign(again))
        assert back.status_code == 201, back.text
        (entry,) = entries_of(client, house)
        history = EntryHistory.model_validate_json(client.get(f"/api/entries/{view.id}/history").content)
    assert (entry.version, entry.state, entry.cancellation) == (2, State.SIGNED, None)
    assert entry.correction is not None
    assert (entry.correction.restores, entry.correction.permitted_by) == (1, "BSCKI. Đỗ Văn Thành")
    newest, oldest = history.versions
    assert (newest.number, newest.state, oldest.state) == (2, State.SIGNED, State.CANCELLED)
    assert oldest.cancellation is not None
    assert newest.signatures[0].startswith("BS. Lê Thu Hà, ")
    actions = audited(house)
    assert {"entry.cancel", "entry.restore", "entry.restored", "entry.history"} <= set(actions)
    assert actions.index("entry.restore") < actions.index("entry.restored")


def test_an_older_text_comes_back_as_the_newest_version(house: House) -> None:
    version = house.version()
    with house.sign_in("ha") as client:
        before = send(client, house, version, house.sign(version)).json()["entry"]
        corrected = house.correction(before)
        after = EntryView.model_validate(send(client, house, corrected, house.sign(corrected)).json()["entry"])
        with house.sign_in("lan") as office:
            answer = post(office, f"/api/entries/{after.id}/restore", version=2, restores=1, reason=WHY)
            assert answer.status_code == 200, answer.text
        (draft,) = (DraftView.model_validate(one) for one in client.get("/api/drafts").json())
        assert draft.values == version.values
        again = restored(after, draft)
        assert send(client, house, again, house.sign(again)).status_code == 201
        (entry,) = entries_of(client, house)
    assert (entry.version, entry.body["values"], entry.correction and entry.correction.changed) == (
        3, version.values, ("objective",))


@pytest.mark.parametrize("username", ["ha", "mai"])
def test_whoever_has_not_the_right_restores_nothing_not_even_their_own(house: House, username: str) -> None:
    view = cancelled(house)
    with house.sign_in(username) as client:
        answer = post(client, f"/api/entries/{view.id}/restore", version=1, restores=1, reason=WHY)
    assert (answer.status_code, reasons(answer)) == (403, ["right_missing"])


@pytest.mark.parametrize(("body", "code"), [
    ({"restores": 2}, "nothing_to_restore"), ({"version": 2}, "version_not_latest"),
    ({"reason": "vì"}, "correction_reason_missing"),
])
def test_a_restore_that_makes_no_sense_is_refused(house: House, body: dict[str, Any], code: str) -> None:
    view = cancelled(house)
    with house.sign_in("thanh") as head:
        answer = post(head, f"/api/entries/{view.id}/restore", **{"version": 1, "restores": 1, "reason": WHY, **body})
    assert reasons(answer) == [code]


def test_without_permission_a_cancelled_entry_has_no_next_version(house: House) -> None:
    view = cancelled(house)
    old = Version.model_validate(view.body)
    why = Correction(reason=WHY, of_version=1, of_sha256=view.sha256)
    plain = naming_changes(old.model_copy(update={"version": 2, "correction": why}), {"body": view.body})
    forged = plain.model_copy(update={"correction": why.model_copy(update={
        "changed": (), "restores": 1, "permitted_by": "BSCKI. Đỗ Văn Thành"})})
    with house.sign_in("ha") as client:
        said = [reasons(send(client, house, one, house.sign(one))) for one in (plain, forged)]
        (entry,) = entries_of(client, house)
    assert said == [["cancelled_is_restored"], ["restore_not_permitted"]]
    assert (entry.version, entry.state) == (1, State.CANCELLED)


def test_a_correction_that_hides_what_it_changes_is_refused(house: House) -> None:
    version = house.version()
    with house.sign_in("ha") as client:
        before = send(client, house, version, house.sign(version)).json()["entry"]
        made = house.correction(before)
        assert made.correction is not None
        hidden = made.model_copy(update={"correction": made.correction.model_copy(update={"changed": ("plan",)})})
        answer = send(client, house, hidden, house.sign(hidden))
    assert reasons(answer) == ["correction_changes_differ"]


def issue(house: House, version: Version) -> EntryView:
    """Practitioner, representative and the organisation itself sign."""
    first = house.sign(version, "practitioner")
    with house.sign_in("ha") as client:
        answer = send(client, house, version, first, "practitioner")
        assert answer.status_code == 201, answer.text
    second = house.sign(version, "representative", "tuan", pdf=first)
    with house.sign_in("tuan") as client:
        answer = send(client, house, version, second, "representative")
        assert answer.status_code == 201, answer.text
        done = client.post(f"/api/entries/{version.entry}/versions/{version.version}/organisation-signature",
                           headers={"Idempotency-Key": key()})
        assert done.status_code == 201, done.text
        return next(one for one in entries_of(client, house) if one.id == version.entry)


def in_its_place(old: Version, *, reason: str = "Có sai sót về thông tin ghi trên giấy; sai ngày") -> Version:
    relation = RelatesTo(code="replaces", entry=old.entry, version=old.version, sha256=sha256(encode(old)),
                         named="Giấy ra viện", reason=reason)
    return old.model_copy(update={"entry": UUID(key()), "relates_to": relation,
                                  "values": {**old.values, "treatment": "Kháng sinh 10 ngày."}})


def test_an_issued_certificate_is_never_edited_another_takes_its_place_and_it_says_so(
    house: House, tmp_path: Path,
) -> None:
    in_a_sealed_file(house, tmp_path)
    approve(house)
    old = certificate_of_discharge(house)
    issued = issue(house, old)
    assert issued.state is State.SIGNED
    why = Correction(reason="Sai ngày ra viện", of_version=1, of_sha256=issued.sha256)
    edited = naming_changes(old.model_copy(update={"version": 2, "correction": why, "values": {
        **old.values, "treatment": "Sửa"}}), {"body": issued.body})
    idle = in_its_place(old, reason="Vì muốn thế")
    with house.sign_in("ha") as client:
        assert reasons(send(client, house, edited, house.sign(edited, "practitioner"), "practitioner")) == [
            "issued_is_replaced"]
        assert reasons(send(client, house, idle, house.sign(idle, "practitioner"), "practitioner")) == [
            "replaced_for_other_reason"]
    new = in_its_place(old)
    first = house.sign(new, "practitioner")
    with house.sign_in("ha") as client:
        assert send(client, house, new, first, "practitioner").status_code == 201
        standing = next(one for one in entries_of(client, house) if one.id == old.entry)
        assert standing.state is State.SIGNED, "the old one counts until the new one is issued"
        second = in_its_place(old)
        assert "replaced_already" in reasons(
            send(client, house, second, house.sign(second, "practitioner"), "practitioner"))
    with house.sign_in("tuan") as client:
        assert send(client, house, new, house.sign(new, "representative", "tuan", pdf=first),
                    "representative").status_code == 201
        client.post(f"/api/entries/{new.entry}/versions/1/organisation-signature",
                    headers={"Idempotency-Key": key()})
        shown = {one.id: one for one in entries_of(client, house)}
        history = EntryHistory.model_validate_json(client.get(f"/api/entries/{old.entry}/history").content)
        cancel = post(client, f"/api/entries/{old.entry}/cancel", version=1, reason="Hủy bản cũ")
    assert (shown[old.entry].state, shown[new.entry].state) == (State.REPLACED, State.SIGNED)
    assert (shown[old.entry].file, shown[new.entry].relates_to) == (issued.file, new.relates_to)
    assert history.replaced_by == (new.entry,)
    assert cancel.status_code != 200
    assert "entry.replaced" in audited(house)


def test_a_paper_that_leaves_the_house_is_not_signed_with_an_abbreviation(house: House) -> None:
    """R38: the server asks by the national list and by the hospital's own, as it was on the day of writing."""
    paper = certificate_of_discharge(house)
    short = paper.model_copy(update={"values": {**paper.values, "treatment": "Kháng sinh, theo dõi THA."}})
    config = settings_file(house)
    with house.sign_in("ha") as client:
        answer = send(client, house, short, house.sign(short, "practitioner"), "practitioner")
        assert reasons(answer) == ["abbreviation"]
        assert answer.json()["reasons"][0]["facts"]["full"] == "tăng huyết áp"
        assert cli.main(["abbreviations", "add", "--config", str(config), "THA", "tăng huyết áp"]) == 0
        assert send(client, house, short, house.sign(short, "practitioner"), "practitioner").status_code == 201
    with house.guest() as client:
        told = client.post("/api/sessions", json={"username": "ha", "password": PASSWORD, "workstation": "pc"}).json()
    assert told["settings"]["abbreviations"] == {"THA": "tăng huyết áp"}
    assert cli.main(["abbreviations", "remove", "--config", str(config), "THA"]) == 0
    assert "abbreviations.add" in audited(house)
