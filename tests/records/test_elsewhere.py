"""Signed PDFs that are no records of ours, written by pyHanko as other programs write them: honest answers."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import crl, keys, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.pdfgen.canvas import Canvas

from records.elsewhere import chain_of, is_ours, judge_elsewhere
from records.signatures import Question, Verdict
from records.signed_elsewhere import look
from records.trust import Trust
from server.demo.pki import Issued, issue_person, issue_stamper, make_issuing, make_root
from tests.trust_services import Authority, as_asn1

NOW = datetime.now(UTC)
"""When the run began; files are judged at their own moment (`now`), which may be many minutes later."""
PERSON = "Trần Văn Khác"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Office:
    """Another office, with its own people and its own program."""

    root: Issued
    issuing: Issued
    person: Issued

    @property
    def trust(self) -> Trust:
        return Trust.from_pem(self.root.certificate.public_bytes(Encoding.PEM))

    def signer(self, person: Issued | None = None) -> SimpleSigner:
        issued = person or self.person
        key = issued.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        store.register_multiple([x509.Certificate.load(der) for der in issued.chain_der])
        return SimpleSigner(signing_cert=x509.Certificate.load(issued.der), cert_registry=store,
                            signing_key=keys.PrivateKeyInfo.load(key))


@pytest.fixture(scope="module")
def office() -> Office:
    root = make_root("Gốc của nơi khác")
    issuing = make_issuing(root, "CA nơi khác")
    return Office(root, issuing, issue_person(issuing, PERSON, "001199000001"))


def page(text: str = "Giay ra vien") -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(100, 700, text)
    canvas.save()
    return out.getvalue()


def signed(pdf: bytes, signer: SimpleSigner, name: str = "Sig1", **more: Any) -> bytes:
    metadata = PdfSignatureMetadata(field_name=name, **more)
    out = sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), metadata, signer=signer)
    return bytes(out.getbuffer())


@pytest.fixture(scope="module")
def letter(office: Office) -> bytes:
    """As Adobe's and many other programs sign: adbe.pkcs7.detached, the signing time inside."""
    return signed(page(), office.signer(), reason="Xác nhận", location="Hà Nội")


def codes(verdict: Verdict, answer: str) -> set[str]:
    every = (*verdict.findings, *(item for one in verdict.signatures for item in one.findings))
    return {reason.code for item in every if item.answer == answer for reason in item.reasons}


def test_what_can_be_told_is_told_and_the_rest_is_unknown(letter: bytes, office: Office) -> None:
    assert not is_ours(letter)
    verdict = judge_elsewhere(letter, office.trust, now())
    assert verdict.elsewhere
    assert not verdict.good
    (signature,) = verdict.signatures
    assert (signature.signer, signature.serial) == (PERSON, office.person.serial)
    assert signature.claimed_at is not None
    answered = {question: verdict.answer(question) for question in Question}
    assert {question for question, answer in answered.items() if answer == "yes"} == {
        Question.READABLE, Question.INTACT, Question.NOTHING_ADDED_AFTER, Question.CHAIN_TRUSTED,
        Question.CERTIFICATE_VALID_AT, Question.KEY_USAGE, Question.IN_TIME}
    assert "no" not in answered.values()
    assert answered[Question.PAGE_AS_RENDERED] == "unknown"
    assert "not_our_record" in codes(verdict, "unknown")


def test_a_root_that_nobody_knows_here_is_unknown_not_wrong(letter: bytes) -> None:
    verdict = judge_elsewhere(letter, Trust.from_pem(make_root().certificate.public_bytes(Encoding.PEM)), now())
    assert verdict.answer(Question.CHAIN_TRUSTED) == "unknown"
    assert verdict.answer(Question.INTACT) == "yes"
    assert codes(verdict, "no") == set()


def test_the_chain_is_shown_as_far_as_it_leads(letter: bytes, office: Office) -> None:
    seen = look(letter)
    known = chain_of(seen.signatures[0], seen.evidence, office.trust, now())
    assert known.trusted
    assert known.names == (PERSON, "CA nơi khác", "Gốc của nơi khác")
    unknown = chain_of(seen.signatures[0], seen.evidence, Trust(()), now())
    assert not unknown.trusted
    assert unknown.names[:2] == (PERSON, "CA nơi khác")


def test_a_changed_byte_is_a_no(letter: bytes, office: Office) -> None:
    at = letter.index(b"Producer")
    verdict = judge_elsewhere(letter[:at] + b"Q" + letter[at + 1:], office.trust, now())
    assert verdict.answer(Question.INTACT) == "no"
    assert "signature_altered" in codes(verdict, "no")


def test_a_second_signature_behind_the_first_is_no_fault(letter: bytes, office: Office) -> None:
    verdict = judge_elsewhere(signed(letter, office.signer(), "Sig2"), office.trust, now())
    assert len(verdict.signatures) == 2
    assert verdict.answer(Question.NOTHING_ADDED_AFTER) == "yes"


def test_a_page_changed_behind_the_signature_is_a_no(letter: bytes, office: Office) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(letter))
    drawn = writer.add_object(_stream(b"BT /F1 12 Tf 100 600 Td (them) Tj ET"))
    writer.add_stream_to_page(0, drawn)  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    verdict = judge_elsewhere(out.getvalue(), office.trust, now())
    assert verdict.answer(Question.INTACT) == "yes"
    assert verdict.answer(Question.NOTHING_ADDED_AFTER) == "no"
    assert codes(verdict, "no") == {"changed_after_signature"}


def _stream(data: bytes) -> Any:
    from pyhanko.pdf_utils.generic import StreamObject

    return StreamObject(stream_data=data)


def lasting(office: Office, *, revoked: bool = False) -> bytes:
    """PAdES B-LT by pyHanko: stamped, with revocation lists in the file, as an office in another province makes it."""
    issuing, root = Authority.of(office.issuing), Authority.of(office.root)
    if revoked:
        issuing.revoke(office.person, NOW - timedelta(days=3))
    lists = [issuing.listed(NOW - timedelta(minutes=1)), root.listed(NOW - timedelta(minutes=1))]
    certificate, key = as_asn1(issue_stamper(office.root))
    around = ValidationContext(
        trust_roots=[x509.Certificate.load(office.root.der)], crls=[crl.CertificateList.load(der) for der in lists],
        other_certs=[x509.Certificate.load(office.issuing.der)], allow_fetching=False)
    metadata = PdfSignatureMetadata(
        field_name="Sig1", subfilter=SigSeedSubFilter.PADES, embed_validation_info=not revoked,
        validation_context=around if not revoked else None)
    out = sign_pdf(IncrementalPdfFileWriter(io.BytesIO(page())), metadata, signer=office.signer(),
                   timestamper=DummyTimeStamper(certificate, key))
    file = bytes(out.getbuffer())
    if not revoked:
        return file
    writer = IncrementalPdfFileWriter(io.BytesIO(file))
    DocumentSecurityStore.supply_dss_in_writer(writer, None, crls=around.crls)
    grown = io.BytesIO()
    writer.write(grown)  # type: ignore[no-untyped-call]
    return grown.getvalue()


def test_evidence_in_the_file_answers_for_revocation_and_time(office: Office) -> None:
    file = lasting(office)
    verdict = judge_elsewhere(file, office.trust, now())
    assert verdict.answer(Question.NOT_REVOKED) == "yes"
    assert verdict.answer(Question.TIME_STAMPED) == "yes"
    assert verdict.answer(Question.NOTHING_ADDED_AFTER) == "yes"
    assert verdict.signatures[0].stamped_at is not None
    assert look(file).signatures[0].after == "evidence"


def test_a_certificate_revoked_before_is_a_no(office: Office) -> None:
    verdict = judge_elsewhere(lasting(office, revoked=True), office.trust, now())
    assert verdict.answer(Question.NOT_REVOKED) == "no"
    assert codes(verdict, "no") == {"certificate_revoked_before"}


def test_a_stamp_by_an_authority_unknown_here_proves_nothing(office: Office) -> None:
    verdict = judge_elsewhere(lasting(office), Trust(()), now())
    assert verdict.answer(Question.TIME_STAMPED) == "unknown"
    assert verdict.signatures[0].stamped_at is None


def test_a_certificate_that_had_ended_is_a_no(office: Office) -> None:
    person = issue_person(office.issuing, PERSON, "001199000001", not_before=NOW - timedelta(days=900),
                          not_after=NOW - timedelta(days=5))
    verdict = judge_elsewhere(signed(page(), office.signer(person)), office.trust, now())
    assert verdict.answer(Question.CERTIFICATE_VALID_AT) == "no"
    assert codes(verdict, "no") == {"signed_after_expiry"}


def test_pades_by_another_program_is_judged_too(office: Office) -> None:
    verdict = judge_elsewhere(signed(page(), office.signer(), subfilter=SigSeedSubFilter.PADES), office.trust, now())
    assert verdict.answer(Question.INTACT) == "yes"
    assert codes(verdict, "no") == set()


@pytest.mark.parametrize(("file", "code"), [
    (page(), "file_unsigned"), (b"%PDF-1.7 nothing", "file_unreadable"), (b"", "file_unreadable"),
])
def test_what_is_not_signed_or_no_pdf_says_so(file: bytes, code: str) -> None:
    assert code in codes(judge_elsewhere(file, Trust(()), now()), "no")


def test_a_locked_file_says_so() -> None:
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(page())) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="a", user="b"))
    assert "file_locked" in codes(judge_elsewhere(out.getvalue(), Trust(()), now()), "no")


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_cut_file_is_answered_and_never_crashes(letter: bytes, office: Office, cut: int) -> None:
    verdict = judge_elsewhere(letter[:len(letter) * cut // 12], office.trust, now())
    assert not verdict.good
