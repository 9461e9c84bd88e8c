"""The signed file, judged by others: poppler's pdfsig and openssl, and by records' own digest of the mark."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pikepdf
import pytest

from records import render, signing_pdf
from records.errors import Refusal
from records.pades import judge
from records.signatures import Question, mark_for
from records.trust import Trust
from server.demo.pki import issue_person, write_pem
from server.demo.tokens import TokenHome, make_token
from tests.records.factories import version
from tests.workstation.signing.conftest import (
    Authorities,
    TokenSignerOf,
    authorities,
    doctor,
    doctors_home,
    home,
    token_signer,
)
from tests.workstation.signing.people import DOCTOR_ID, DOCTOR_NAME, PIN, Person, mark_of, now
from workstation.signing.token import TokenSigner

__all__ = ["authorities", "doctor", "doctors_home", "home", "token_signer"]

FIELD = render.slot_field("doctor")
AT = datetime(2026, 11, 22, 8, 5, 9, tzinfo=timezone(timedelta(hours=7)))


@pytest.fixture(scope="module")
def page() -> bytes:
    return render.render_entry(version())


@pytest.fixture
def signer(doctors_home: TokenHome, token_signer: TokenSignerOf) -> Iterator[TokenSigner]:
    signer = token_signer([str(doctors_home.module)], doctors_home.env)
    (identity,) = signer.identities()
    signer.open(identity, Person(PIN))
    yield signer
    signer.close()


def signed(page: bytes, signer: TokenSigner) -> bytes:
    return signing_pdf.sign(page, FIELD, mark_of(signer.identity, AT), signer.identity, signer.sign_raw)


def pdfsig(file: bytes, folder: Path) -> str:
    path = folder / "signed.pdf"
    path.write_bytes(file)
    return subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout


def byte_range(file: bytes) -> tuple[int, int, int, int]:
    found = re.findall(rb"/ByteRange \[\s*(\d+) (\d+) (\d+) (\d+)\s*\]", file)
    a, b, c, d = map(int, found[-1])
    return a, b, c, d


def widget_of(document: pikepdf.Pdf) -> pikepdf.Object:
    widgets = [widget for page in document.pages for widget in page.obj.get("/Annots", []) if widget.get("/T") == FIELD]
    (widget,) = widgets
    return widget


def test_pdfsig_finds_the_signature_valid(page: bytes, signer: TokenSigner, tmp_path: Path) -> None:
    report = pdfsig(signed(page, signer), tmp_path)
    assert "Signature is Valid" in report
    assert "Total document signed" in report
    assert "ETSI.CAdES.detached" in report
    assert "SHA-256" in report
    assert DOCTOR_NAME in report


def test_openssl_verifies_signature_and_chain(
    page: bytes, signer: TokenSigner, authorities: Authorities, tmp_path: Path,
) -> None:
    file = signed(page, signer)
    first, first_length, second, second_length = byte_range(file)
    content = file[first:first_length] + file[second:second + second_length]
    container = bytes.fromhex(file[first_length + 1:second - 1].decode())
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "cms").write_bytes(container)
    write_pem(tmp_path / "root.pem", authorities.root.certificate)
    command = ["openssl", "cms", "-verify", "-inform", "DER", "-in", str(tmp_path / "cms"), "-content",
               str(tmp_path / "content"), "-binary", "-purpose", "any", "-cades", "-CAfile", str(tmp_path / "root.pem"),
               "-out", str(tmp_path / "out")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    (tmp_path / "content").write_bytes(content.replace(b"/Page", b"/Pagf", 1))
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0


@pytest.mark.parametrize("where", [0.1, 0.3, 0.5, 0.99])
def test_one_changed_byte_is_seen(page: bytes, signer: TokenSigner, tmp_path: Path, where: float) -> None:
    file = bytearray(signed(page, signer))
    file[int(len(page) * where)] ^= 1
    assert "Signature is Valid" not in pdfsig(bytes(file), tmp_path)


def test_the_mark_is_exactly_what_records_draws(page: bytes, signer: TokenSigner) -> None:
    file = signed(page, signer)
    expected = render.mark_digest(render.mark_appearance(mark_of(signer.identity, AT)))
    with pikepdf.open(io.BytesIO(file)) as document:
        assert render.appearance_digest(widget_of(document), document) == expected
    assert render.page_digest(file) == render.page_digest(page)


def test_the_signature_carries_the_marks_parts(page: bytes, signer: TokenSigner) -> None:
    with pikepdf.open(io.BytesIO(signed(page, signer))) as document:
        value = widget_of(document)["/V"]
        assert str(value["/Name"]) == DOCTOR_NAME
        assert str(value["/Reason"]) == "Bác sĩ"
        assert str(value["/M"]) == "D:20261122080509+07'00'"
        assert value["/SubFilter"] == "/ETSI.CAdES.detached"


def test_signing_appends_the_signature_with_its_mark_and_changes_only_the_widget(
    page: bytes, signer: TokenSigner,
) -> None:
    file = signed(page, signer)
    assert file.startswith(page)
    with pikepdf.open(io.BytesIO(page)) as document:
        before = len(document.objects)
    written = {int(number) for number in re.findall(rb"(?m)^(\d+) 0 obj", file[len(page):])}
    with pikepdf.open(io.BytesIO(file)) as document:
        assert {number for number in written if number <= before} == {widget_of(document).objgen[0]}


def test_one_page_with_one_signature_stays_under_60_kb(page: bytes, signer: TokenSigner) -> None:
    assert len(signed(page, signer)) < 60 * 1024


def test_the_judge_of_records_finds_every_question_answered_well(
    home: TokenHome, authorities: Authorities, token_signer: TokenSignerOf,
) -> None:
    at = now().replace(microsecond=0).astimezone(AT.tzinfo)
    written = version(occurred_at=at - timedelta(minutes=9), written_at=at - timedelta(minutes=1))
    make_token(home, "mine", PIN, issue_person(authorities.issuing, written.author.full_name, "001185012345"))
    signer = token_signer([str(home.module)], home.env)
    (identity,) = signer.identities()
    signer.open(identity, Person(PIN))
    mark = mark_for(written, "doctor", full_name=written.author.full_name, title="Bác sĩ", signed_at=at,
                    certificate_serial=identity.serial, certificate_issuer=identity.issuer)
    file = signing_pdf.sign(render.render_entry(written), FIELD, mark, identity, signer.sign_raw)
    verdict = judge(file, Trust((authorities.root.der,)), at + timedelta(seconds=5), written)
    findings = [*verdict.findings, *(finding for one in verdict.signatures for finding in one.findings)]
    assert verdict.good
    assert {finding.question for finding in findings if finding.answer != "yes"} == {
        Question.NOT_REVOKED, Question.TIME_STAMPED, Question.EVIDENCE_KEPT}


def test_a_second_signature_leaves_the_first_one_valid(
    page: bytes, signer: TokenSigner, tmp_path: Path,
) -> None:
    with pikepdf.open(io.BytesIO(page)) as document:
        widget = document.make_indirect(pikepdf.Dictionary(dict(widget_of(document).items())))
        widget["/T"] = pikepdf.String("slot_second")
        document.Root.AcroForm.Fields.append(widget)
        document.pages[0].obj.Annots.append(widget)
        document.save(tmp_path / "two.pdf")
    first = signed((tmp_path / "two.pdf").read_bytes(), signer)
    mark = mark_of(signer.identity, AT)
    second = signing_pdf.sign(first, "slot_second", mark, signer.identity, signer.sign_raw)
    assert second.startswith(first)
    assert pdfsig(second, tmp_path).count("Signature is Valid") == 2


def test_an_ec_signature_is_valid_too(
    page: bytes, home: TokenHome, authorities: Authorities, token_signer: TokenSignerOf, tmp_path: Path,
) -> None:
    make_token(home, "curve", PIN, issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID, curve=True))
    signer = token_signer([str(home.module)], home.env)
    signer.open(signer.identities()[0], Person(PIN))
    assert "Signature is Valid" in pdfsig(signed(page, signer), tmp_path)


def test_a_field_that_is_signed_already_is_refused(page: bytes, signer: TokenSigner) -> None:
    file = signed(page, signer)
    with pytest.raises(Refusal) as error:
        signed(file, signer)
    assert error.value.reasons[0].code == "field_not_empty"


def test_a_field_that_is_not_there_is_refused_and_not_made(page: bytes, signer: TokenSigner) -> None:
    with pytest.raises(Refusal) as error:
        signing_pdf.prepare(page, "slot_nowhere", mark_of(signer.identity, AT), signer.identity)
    assert error.value.reasons[0].code == "field_not_empty"


@pytest.mark.parametrize("file", [b"", b"no pdf", b"%PDF-1.7\n%%EOF\n"])
def test_a_file_that_is_no_pdf_is_refused(file: bytes, signer: TokenSigner) -> None:
    with pytest.raises(Refusal) as error:
        signing_pdf.prepare(file, FIELD, mark_of(signer.identity, AT), signer.identity)
    assert error.value.reasons[0].code == "not_signable"


def test_prepared_and_completed_apart_gives_the_same_valid_file(
    page: bytes, signer: TokenSigner, tmp_path: Path,
) -> None:
    prepared = signing_pdf.prepare(page, FIELD, mark_of(signer.identity, AT), signer.identity)
    signature = signer.sign_raw(prepared.to_sign, signer.identity.mechanism)
    first = signing_pdf.complete(prepared, signature)
    assert first == signing_pdf.complete(prepared, signature)
    assert "Signature is Valid" in pdfsig(first, tmp_path)
