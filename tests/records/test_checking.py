"""Checking signed files with no server: drawn again where possible, by receipt where not, and which it was."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from records import receipts, render
from records.checking import Checked, check, check_one
from records.pades import judge
from tests.forgeries import files, people
from tests.forgeries.signing import good, good_with_two

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
ID = receipts.key_id(KEY.public_key())
KEYS: dict[str, receipts.PublicKey] = {ID: KEY.public_key()}


def receipt_of(file: bytes) -> bytes:
    """The receipt that the server gave when it took the file."""
    return receipts.make(judge(file, people.trust(), people.NOW), people.NOW, ID, KEY.sign).to_file()


def checked(file: bytes, receipt: bytes | None = None, keys: dict[str, receipts.PublicKey] | None = None) -> Checked:
    return check_one("a.pdf", file, people.trust(), people.NOW, receipt,
                     keys=KEYS if keys is None else keys)


def codes(result: Checked) -> list[str]:
    return [reason.code for reason in result.reasons]


@pytest.fixture
def _another_build(monkeypatch: pytest.MonkeyPatch) -> None:
    good()  # drawn and kept while there is a renderer: which test of a worker is the first is chance
    monkeypatch.setattr(render, "RENDERERS", ("0",))


def test_a_good_file_needs_no_receipt_and_says_that_it_was_drawn_again() -> None:
    result = checked(good())
    assert result.good
    assert result.page_by == "rendering"
    assert "vẽ lại" in result.lines()[0]


def test_several_files_each_have_their_result() -> None:
    results = check({"a.pdf": good(), "b.pdf": files.overlay_in_the_signing_revision(), "c.pdf": good_with_two()},
                    people.trust(), people.NOW)
    assert [(item.name, item.good) for item in results] == [("a.pdf", True), ("b.pdf", False), ("c.pdf", True)]
    assert "page_differs" in codes(results[1])
    assert len(results[1].lines()) > 1


def test_a_receipt_of_another_file_is_refused() -> None:
    result = checked(good(), receipt_of(good_with_two()))
    assert not result.good
    assert codes(result) == ["receipt_of_other_file"]


def test_a_forged_receipt_is_refused() -> None:
    forger = Ed25519PrivateKey.from_private_bytes(b"f" * 32)
    forged = receipts.make(judge(good(), people.trust(), people.NOW), people.NOW, ID, forger.sign).to_file()
    assert codes(checked(good(), forged)) == ["receipt_forged"]


def test_a_receipt_by_an_unknown_key_does_not_make_a_good_file_bad() -> None:
    assert checked(good(), receipt_of(good()), {}).good


def test_a_receipt_cannot_make_a_bad_file_good() -> None:
    bad = files.mark_of_another_person()
    verdict = judge(good(), people.trust(), people.NOW)
    lying = receipts.make(verdict.__class__(judge(bad, people.trust(), people.NOW).file_sha256, verdict.findings,
                                            verdict.signatures), people.NOW, ID, KEY.sign).to_file()
    result = checked(bad, lying)
    assert not result.good
    assert "mark_differs" in codes(result)


def test_without_its_renderer_the_receipt_speaks_for_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = receipt_of(good())
    monkeypatch.setattr(render, "RENDERERS", ("0",))
    result = checked(good(), receipt)
    assert result.good
    assert result.page_by == "receipt"
    assert "biên nhận" in result.lines()[0]


@pytest.mark.usefixtures("_another_build")
def test_without_its_renderer_and_without_a_receipt_a_file_is_not_good() -> None:
    assert codes(checked(good())) == ["renderer_not_here", "receipt_missing"]


def test_without_its_renderer_a_receipt_does_not_heal_a_broken_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = files.byte_flipped_in_mark()
    receipt = receipt_of(bad)
    monkeypatch.setattr(render, "RENDERERS", ("0",))
    result = checked(bad, receipt)
    assert not result.good
    assert "signature_altered" in codes(result)


def test_a_receipt_that_says_no_is_no_help(monkeypatch: pytest.MonkeyPatch) -> None:
    overlaid = files.overlay_in_the_signing_revision()
    receipt = receipt_of(overlaid)
    monkeypatch.setattr(render, "RENDERERS", ("0",))
    assert "receipt_not_good" in codes(checked(overlaid, receipt))


def test_the_result_travels_as_json() -> None:
    told = json.loads(json.dumps(checked(good(), receipt_of(good())).as_json()))
    assert told["good"] is True
    assert told["page_by"] == "rendering"
    assert told["receipt"]["key"] == ID
    assert told["verdict"]["signatures"][0]["signer"] == people.NAME
