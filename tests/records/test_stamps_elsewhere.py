"""PAdES B-LTA by another program: pyHanko puts the stamps over the file, Certomancer is who gives them."""

from __future__ import annotations

import io
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asn1crypto import crl, tsp
from certomancer.services import TimeStamper
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfTimeStamper
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import TimeStamper as Asking
from pyhanko.sign.validation.dss import DocumentSecurityStore

from records.elsewhere import chain_of_stamp, judge_elsewhere
from records.signatures import Question, Verdict
from records.signed_elsewhere import look
from records.trust import Trust
from server.demo.pki import Issued, issue_person, issue_stamper, make_issuing, make_root
from tests.records.test_elsewhere import NOW, PERSON, Office, page, signed
from tests.trust_services import Authority, as_asn1

AUTHORITY = "Dấu thời gian nơi khác"


class Stamps(Asking):
    """pyHanko asks, Certomancer answers, as if it were that moment."""

    def __init__(self, stamper: Issued, at: datetime) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko's
        certificate, key = as_asn1(stamper)
        self._authority = TimeStamper(certificate, key, fixed_dt=at.astimezone(UTC),
                                      certs_to_embed=[as_asn1(stamper)[0]])

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> Any:
        return self._authority.request_tsa_response(req)


@pytest.fixture(scope="module")
def office() -> Office:
    root = make_root("Gốc của nơi khác")
    issuing = make_issuing(root, "CA nơi khác")
    return Office(root, issuing, issue_person(issuing, PERSON, "001199000001"))


@pytest.fixture(scope="module")
def stamper(office: Office) -> Issued:
    return issue_stamper(office.root, AUTHORITY)


def stamped(pdf: bytes, stamper: Issued, at: datetime = NOW, md: str = "sha256", name: str = "Dau1") -> bytes:
    made = PdfTimeStamper(Stamps(stamper, at), field_name=name).timestamp_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)), md)
    return bytes(made.getbuffer())


@pytest.fixture(scope="module")
def letter(office: Office) -> bytes:
    return signed(page(), office.signer(), subfilter=SigSeedSubFilter.PADES)


@pytest.fixture(scope="module")
def lasting(letter: bytes, stamper: Issued) -> bytes:
    """Signed, then the whole stamped: the archive level's shape."""
    return stamped(letter, stamper)


def reasons(verdict: Verdict) -> set[str]:
    (found,) = (item for item in verdict.findings if item.question is Question.DOCUMENT_STAMPED)
    return {reason.code for reason in found.reasons}


def told(verdict: Verdict) -> list[dict[str, Any]]:
    (found,) = (item for item in verdict.findings if item.question is Question.DOCUMENT_STAMPED)
    return list(found.evidence["stamps"])


def test_who_stamped_when_and_over_what_is_told(lasting: bytes, office: Office) -> None:
    verdict = judge_elsewhere(lasting, office.trust, NOW)
    assert verdict.answer(Question.DOCUMENT_STAMPED) == "yes"
    (stamp,) = told(verdict)
    assert (stamp["authority"], stamp["issuer"]) == (AUTHORITY, "Gốc của nơi khác")
    assert datetime.fromisoformat(stamp["at"]) == NOW
    assert (stamp["covers"], stamp["whole"], stamp["after"]) == (len(lasting), True, "nothing")


def test_a_stamp_over_the_file_proves_when_an_unstamped_signature_was_there(lasting: bytes, office: Office) -> None:
    verdict = judge_elsewhere(lasting, office.trust, NOW)
    (signature,) = verdict.signatures
    assert signature.answer(Question.TIME_STAMPED) == "yes"
    assert signature.evidence(Question.TIME_STAMPED)["by"] == "document"
    assert signature.stamped_at == NOW


def test_a_signature_behind_the_stamp_is_not_proved_by_it(letter: bytes, office: Office, stamper: Issued) -> None:
    file = signed(stamped(page(), stamper), office.signer())
    verdict = judge_elsewhere(file, office.trust, NOW)
    assert verdict.answer(Question.DOCUMENT_STAMPED) == "yes"
    assert told(verdict)[0]["after"] == "filling"
    assert verdict.signatures[0].stamped_at is None


def test_renewed_stamps_are_told_one_by_one_oldest_first(lasting: bytes, office: Office, stamper: Issued) -> None:
    later = NOW + timedelta(minutes=1)
    verdict = judge_elsewhere(stamped(lasting, stamper, later, name="Dau2"), office.trust, later)
    assert [(item["name"], item["after"]) for item in told(verdict)] == [("Dau1", "evidence"), ("Dau2", "nothing")]
    assert verdict.answer(Question.DOCUMENT_STAMPED) == "yes"


def test_an_authority_unknown_here_leaves_it_unknown_and_proves_nothing(lasting: bytes) -> None:
    verdict = judge_elsewhere(lasting, Trust(()), NOW)
    assert verdict.answer(Question.DOCUMENT_STAMPED) == "unknown"
    assert reasons(verdict) == {"stamp_authority_not_known_here"}
    assert verdict.signatures[0].stamped_at is None


def test_an_authority_trusted_for_stamps_only_is_enough(letter: bytes, office: Office) -> None:
    root = make_root("Gốc chỉ đóng dấu")
    trust = Trust((office.root.der,), of_stamps=(root.der,))
    file = stamped(letter, issue_stamper(root, AUTHORITY))
    assert judge_elsewhere(file, trust, NOW).answer(Question.DOCUMENT_STAMPED) == "yes"
    assert judge_elsewhere(file, office.trust, NOW).answer(Question.DOCUMENT_STAMPED) == "unknown"


def test_a_byte_flipped_in_the_page_is_told_of_signature_and_stamp(lasting: bytes, office: Office) -> None:
    at = lasting.index(b"Producer")
    verdict = judge_elsewhere(lasting[:at] + b"Q" + lasting[at + 1:], office.trust, NOW)
    assert "document_stamp_of_other_bytes" in reasons(verdict)
    assert verdict.answer(Question.INTACT) == "no"
    assert verdict.signatures[0].stamped_at is None


def test_a_byte_flipped_between_signature_and_stamp_leaves_the_signature(
    letter: bytes, office: Office, stamper: Issued,
) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(letter))
    DocumentSecurityStore.supply_dss_in_writer(
        writer, None, certs=[as_asn1(office.issuing)[0]])
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    file = stamped(out.getvalue(), stamper)
    at = file.index(b"/DSS", len(letter)) + 1
    verdict = judge_elsewhere(file[:at] + bytes([file[at] ^ 1]) + file[at + 1:], office.trust, NOW)
    assert verdict.answer(Question.DOCUMENT_STAMPED) == "no"
    assert "document_stamp_of_other_bytes" in reasons(verdict)
    assert verdict.answer(Question.INTACT) == "yes"


def value_of(file: bytes, number: int) -> tuple[int, int]:
    """Where the hexadecimal value of the n-th signature or stamp stands."""
    at = -1
    for _ in range(number + 1):
        at = file.index(b"/Contents <", at + 1)
    return at + 11, file.index(b">", at)


def test_the_stamp_of_another_file_is_told_as_that(lasting: bytes, office: Office, stamper: Issued) -> None:
    other = stamped(signed(page("Khac"), office.signer(), subfilter=SigSeedSubFilter.PADES), stamper)
    begin, end = value_of(lasting, 1)
    taken = other[slice(*value_of(other, 1))]
    assert len(taken) == end - begin
    verdict = judge_elsewhere(lasting[:begin] + taken + lasting[end:], office.trust, NOW)
    assert reasons(verdict) == {"document_stamp_of_other_bytes"}
    assert verdict.answer(Question.INTACT) == "yes"


def test_a_stamp_with_a_changed_time_is_forged(lasting: bytes, office: Office) -> None:
    """Its time is moved back by ten years; the imprint still fits the file."""
    begin, end = value_of(lasting, 1)
    token = bytes.fromhex(lasting[begin:end].decode())
    year = f"{NOW:%Y%m%d%H%M%S}".encode()
    forged = token.replace(year, b"2016" + year[4:], 1)
    assert forged != token
    verdict = judge_elsewhere(lasting[:begin] + forged.hex().encode() + lasting[end:], office.trust, NOW)
    assert verdict.answer(Question.DOCUMENT_STAMPED) == "no"
    assert "document_stamp_forged" in reasons(verdict)


def test_a_person_who_stamps_is_no_authority(letter: bytes, office: Office) -> None:
    verdict = judge_elsewhere(stamped(letter, office.person), office.trust, NOW)
    assert reasons(verdict) == {"document_stamp_not_by_an_authority"}


def test_a_stamp_outside_its_authoritys_validity_is_a_no(letter: bytes, office: Office) -> None:
    young = issue_stamper(office.root, AUTHORITY, begin=NOW - timedelta(hours=1))
    verdict = judge_elsewhere(stamped(letter, young, NOW - timedelta(days=2)), office.trust, NOW)
    assert reasons(verdict) == {"document_stamp_outside_validity"}


def test_a_stamp_from_the_future_or_by_a_weak_digest_is_a_no(letter: bytes, office: Office, stamper: Issued) -> None:
    future = judge_elsewhere(stamped(letter, stamper, NOW + timedelta(days=2)), office.trust, NOW)
    assert reasons(future) == {"document_stamp_in_future"}
    weak = judge_elsewhere(stamped(letter, stamper, md="sha1"), office.trust, NOW)
    assert reasons(weak) == {"document_stamp_weak"}


def test_an_authority_revoked_before_it_stamped_is_a_no(letter: bytes, office: Office, stamper: Issued) -> None:
    above = Authority.of(office.root)
    above.revoke(stamper, NOW - timedelta(days=1))
    writer = IncrementalPdfFileWriter(io.BytesIO(letter))
    DocumentSecurityStore.supply_dss_in_writer(
        writer, None, crls=[crl.CertificateList.load(above.listed(NOW - timedelta(minutes=1)))])
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    verdict = judge_elsewhere(stamped(out.getvalue(), stamper), office.trust, NOW)
    assert reasons(verdict) == {"document_stamp_revoked"}


def test_a_page_changed_behind_the_stamp_is_a_no(lasting: bytes, office: Office) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(lasting))
    drawn = writer.add_object(StreamObject(stream_data=b"BT 100 600 Td (them) Tj ET"))
    writer.add_stream_to_page(0, drawn)  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    verdict = judge_elsewhere(out.getvalue(), office.trust, NOW)
    assert reasons(verdict) == {"document_stamp_changed_after"}
    assert verdict.answer(Question.NOTHING_ADDED_AFTER) == "no"


def test_a_signature_that_calls_itself_a_stamp_is_no_stamp(letter: bytes, office: Office) -> None:
    renamed = letter.replace(b"/ETSI.CAdES.detached", b"/ETSI.RFC3161       ")
    assert renamed != letter
    verdict = judge_elsewhere(renamed, office.trust, NOW)
    assert reasons(verdict) == {"document_stamp_unreadable"}
    assert verdict.signatures == ()


def test_a_file_with_a_stamp_alone_is_unsigned_and_its_stamp_is_told(office: Office, stamper: Issued) -> None:
    verdict = judge_elsewhere(stamped(page(), stamper), office.trust, NOW)
    assert {reason.code for reason in verdict.reasons} == {"file_unsigned"}
    assert verdict.answer(Question.DOCUMENT_STAMPED) == "yes"


def test_the_chain_of_the_authority_is_at_hand(lasting: bytes, office: Office) -> None:
    seen = look(lasting)
    stamp = seen.document_stamps[0].stamp
    assert stamp is not None
    assert chain_of_stamp(stamp, seen.evidence, office.trust).names == (AUTHORITY, "Gốc của nơi khác")
    assert not chain_of_stamp(stamp, seen.evidence, Trust(())).trusted


def test_no_flipped_byte_that_the_stamp_covers_leaves_it_good(lasting: bytes, letter: bytes, office: Office) -> None:
    """A seeded sample over everything that the stamp covers."""
    begin, end = value_of(lasting, 1)
    chance = random.Random(3161)
    places = [place for place in chance.sample(range(len(lasting)), 60) if not begin - 1 <= place <= end]
    assert len(places) > 25
    for place in places:
        broken = lasting[:place] + bytes([lasting[place] ^ (1 << chance.randrange(8))]) + lasting[place + 1:]
        assert judge_elsewhere(broken, office.trust, NOW).answer(Question.DOCUMENT_STAMPED) != "yes", place


def test_a_file_without_such_a_stamp_is_not_asked(letter: bytes, office: Office) -> None:
    verdict = judge_elsewhere(letter, Trust.from_pem(office.root.certificate.public_bytes(Encoding.PEM)), NOW)
    assert all(item.question is not Question.DOCUMENT_STAMPED for item in verdict.findings)
