"""Whatever is wrong with what comes in: refused in Vietnamese, nothing stored, and the draft stays as it was."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from pyhanko.pdf_utils import generic

from records import render
from records.deadlines import ZONE
from records.entries import FormRef, Subject, Version
from records.messages import DraftView
from server.demo import pki
from server.demo.pki import Issued
from server.store import base
from tests.forgeries import files
from tests.forgeries.signing import Change, flipped, gap, mark_of, number, signed, turned_page, updated
from tests.server.house import BY_NAME, VALUES, House, issued, issuing, key, reasons, send

SIGNS = FormRef(code="EX-SINHHIEU", edition="2001-09-28", kind="measurement")
HA = BY_NAME["ha"]
Made = tuple[Version, bytes]


def forged(house: House, version: Version | None = None, *, by: Issued | None = None, change: Change | None = None,
           pdf: bytes | None = None, at: datetime | None = None) -> Made:
    """A row that Dr Hà signs, with what a forger did to it before she signed."""
    row, person = version or house.version(), by or issued("ha")
    mark = mark_of(row, "doctor", person, title=HA.title, at=(at or datetime.now(ZONE)).replace(microsecond=0))
    return row, signed(pdf or render.render_entry(row), "doctor", person, mark, change=change)


def measured(house: House, **values: Any) -> Made:
    version = house.version("mai", form=SIGNS, values=values)
    return version, house.sign(version, "nurse", "mai")


def written(house: House, **values: Any) -> Made:
    return forged(house, house.version(values={**VALUES, **values}))


def old_version(house: House) -> Made:
    """Version 1 is signed once more, when version 2 is there already."""
    first = house.version()
    with house.sign_in("ha") as client:
        entry = send(client, house, first, house.sign(first)).json()["entry"]
        second = house.correction(entry)
        assert send(client, house, second, house.sign(second)).status_code == 201
    return first.model_copy(update={"values": {**VALUES, "plan": "Khác."}}), forged(
        house, first.model_copy(update={"values": {**VALUES, "plan": "Khác."}}))[1]


def other_patient(house: House) -> Made:
    sen = Subject(id=UUID(key()), patient_no="TEST-2", full_name="Trần Thị Sen", birth_date="1972-07-05", sex="2")
    return forged(house, house.version(subject=sen))


def off_by(minutes: int) -> Callable[[House], Made]:
    def made(house: House) -> Made:
        at = datetime.now(ZONE) + timedelta(minutes=minutes)
        return forged(house, house.version(written_at=at, occurred_at=min(at, datetime.now(ZONE))), at=at)

    return made


def tampered(house: House, change: Callable[[bytes], bytes]) -> Made:
    version, file = forged(house)
    return version, change(file)


BAD: dict[str, tuple[Callable[[House], Made], str]] = {
    "a value out of its limits": (lambda house: measured(house, pulse=401), "value_out_of_limits"),
    "a word where a number stands": (lambda house: measured(house, pulse="nhanh"), "value_not_whole_number"),
    "a field that the form does not have": (lambda house: written(house, wish="x"), "field_unknown"),
    "a required field that is missing": (lambda house: written(house, diagnosis=None), "field_missing"),
    "a megabyte in a text": (lambda house: written(house, plan="dài " * 250_000), "file_too_large"),
    "a text longer than any form has": (lambda house: written(house, plan="dài " * 10_000), "value_too_long"),
    "a text with spaces at its end": (lambda house: written(house, plan="Tiếp tục.  "), "values_not_clean"),
    "an overlay within the signing revision": (
        lambda house: forged(house, change=files._overlaid), "page_differs"),
    "a widget that was moved": (lambda house: forged(house, change=moved), "widget_misplaced"),
    "a widget over the whole page": (lambda house: forged(house, change=oversized), "widget_misplaced"),
    "a later revision that turns the page": (
        lambda house: tampered(house, lambda file: updated(file, turned_page)), "revision_after_last_signature"),
    "an old version": (old_version, "version_other_content"),
    "another patient's entry": (other_patient, "file_of_other_patient"),
    "an expired certificate": (
        lambda house: forged(house, by=pki.issue_expired(issuing(), HA.full_name, HA.national_id)),
        "signed_after_expiry"),
    "a foreign certificate": (
        lambda house: forged(house, by=pki.issue_person(pki.make_issuing(pki.make_root("Root lạ")), HA.full_name,
                                                        HA.national_id)), "chain_untrusted"),
    "a certificate that nobody enrolled": (
        lambda house: forged(house, by=pki.issue_person(issuing(), HA.full_name, HA.national_id)),
        "certificate_not_enrolled"),
    "a clock ten minutes slow": (off_by(-10), "clock_off"),
    "a clock ten minutes fast": (off_by(10), "clock_off"),
}


def moved(writer: Any) -> None:
    widget = files._widget(writer)
    widget["/Rect"] = generic.ArrayObject([number(float(v) + 90) for v in widget["/Rect"]])


def oversized(writer: Any) -> None:
    files._widget(writer)["/Rect"] = generic.ArrayObject([number(v) for v in (0, 0, 595, 842)])


def draft_of(client: httpx.Client, house: House, version: Version) -> DraftView:
    """What the person has written of this entry, as the server mirrors it; of a signed one, its next version."""
    signed = client.get(f"/api/entries/{version.entry}").json().get("version", version.version - 1)
    client.put(f"/api/drafts/{version.entry}", headers={"Idempotency-Key": key()}, json={
        "encounter": str(house.encounter), "form": version.form.model_dump(mode="json"),
        "occurred_at": version.occurred_at.isoformat(), "values": {"note": "như đã viết"}, "known_revision": 0,
        "base_version": signed})
    return next(DraftView.model_validate(each) for each in client.get("/api/drafts").json()
                if each["entry"] == str(version.entry))


def counted(house: House) -> list[int]:
    with base.transaction(house.hospital.engine) as db:
        return [db.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
                for table in ("entries", "versions", "signatures", "receipts", "settlements")]


@pytest.mark.parametrize("what", BAD)
def test_a_file_with_something_wrong_is_refused_in_words_and_the_draft_stays(house: House, what: str) -> None:
    make, code = BAD[what]
    version, file = make(house)
    nurse = version.form == SIGNS
    with house.sign_in("mai" if nurse else "ha") as client:
        before, stored = draft_of(client, house, version), counted(house)
        answer = send(client, house, version, file, "nurse" if nurse else "doctor")
        assert answer.status_code in (403, 422), answer.text
        assert code in reasons(answer), reasons(answer)
        assert all(reason["vietnamese"] for reason in answer.json()["reasons"])
        after = next(DraftView.model_validate(each) for each in client.get("/api/drafts").json()
                     if each["entry"] == str(version.entry))
    assert after == before
    assert counted(house) == stored


def test_any_byte_of_a_file_that_changes_on_its_way_is_refused_by_the_server(house: House) -> None:
    version, file = forged(house)
    chance = random.Random(20261125)
    begin, end = gap(file)
    places = [*(chance.randrange(len(file)) for _ in range(16)), *(chance.randrange(begin, end) for _ in range(6)),
              begin, end - 1, end - 200]  # the last ones lie in the padding
    with house.sign_in("ha") as client:
        before = draft_of(client, house, version)
        for at in places:
            answer = send(client, house, version, flipped(file, at, chance.randrange(1, 256)))
            assert answer.status_code == 422, (at, answer.text)
            assert answer.json()["reasons"][0]["vietnamese"]
        assert counted(house) == [0] * 5
        assert [DraftView.model_validate(each) for each in client.get("/api/drafts").json()] == [before]
        assert send(client, house, version, file).status_code == 201


def test_decomposed_letters_are_signed_and_stored_composed(house: House) -> None:
    apart = unicodedata.normalize("NFD", "Tiếp tục kháng sinh, ngừng thở oxy.")
    version, file = forged(house, house.version(values={**VALUES, "plan": apart}))
    with house.sign_in("ha") as client:
        entry = send(client, house, version, file).json()["entry"]
    assert entry["body"]["values"]["plan"] == unicodedata.normalize("NFC", apart) != apart


NOT_TEXT = {
    "half a character": ('"a\\ud800b"', "text_not_whole"), "bytes that are no UTF-8": ('"a\xffb"', "text_not_whole"),
    "a heap of brackets": ("[" * 3000 + "]" * 3000, "request_malformed"),
    "a number of 5,000 digits": ("9" * 5000, "request_malformed"),
}


@pytest.mark.parametrize("what", NOT_TEXT)
def test_json_that_nobody_can_store_is_refused_in_words_wherever_it_is_sent(house: House, what: str) -> None:
    text, code = NOT_TEXT[what]
    body = {"full_name": "@", "username": "@", "password": "@", "values": {"plan": "@"}, "reason": "@"}
    content = str(body).replace("'@'", "@").replace("'", '"').replace("@", text).encode("latin-1")
    with house.sign_in("ha") as client:
        for method, path in (("POST", "/api/sessions"), ("POST", "/api/patients"), ("PUT", f"/api/drafts/{key()}"),
                             ("POST", f"/api/entries/{key()}/cancel")):
            answer = client.request(method, path, content=content, headers={
                "Content-Type": "application/json", "Idempotency-Key": key()})
            assert (400 <= answer.status_code < 500, reasons(answer)[0]) == (True, code), (path, answer.text)
            assert answer.json()["reasons"][0]["vietnamese"]


def test_a_stranger_who_types_a_null_character_is_a_stranger_and_no_bug(house: House) -> None:
    with house.guest() as client:
        for field in ("username", "password", "workstation"):
            said = {"username": "ha", "password": "x", "workstation": "pc", field: "a\x00b"}
            answer = client.post("/api/sessions", json=said)
            assert (answer.status_code, reasons(answer)) == (401, ["sign_in_failed"]), field


def test_a_patients_name_is_kept_composed_and_can_be_printed(house: House) -> None:
    def register(client: httpx.Client, name: str) -> httpx.Response:
        return client.post("/api/patients", json={"full_name": name, "birth_date": "1980", "sex": "1"},
                           headers={"Idempotency-Key": key()})

    with house.sign_in("ha") as client:
        made = register(client, unicodedata.normalize("NFD", "  Đỗ Thị  Ngọc Ánh "))
        assert (made.status_code, made.json()["full_name"]) == (201, "Đỗ Thị Ngọc Ánh")
        for name in ("Nguyễn \N{SLIGHTLY SMILING FACE}", "Trần\x00An", "Lê\u202eHà", "A" * 2000, "  "):
            answer = register(client, name)
            assert answer.status_code == 422, name
            assert answer.json()["reasons"][0]["vietnamese"]


