"""A signature gets its stamp while it is made, never waits for one, and never by a certificate that was revoked."""

from __future__ import annotations

from uuid import uuid4

from cryptography.hazmat.primitives.serialization import Encoding

from records import timestamps
from records.messages import CertificateStanding, WorkstationSettings
from records.pades import judge
from records.signatures import EvidenceLevel
from records.trust import STAMPS_ONLY, Trust
from server.demo import pki
from server.demo.pki import Issued
from tests import trust_services
from tests.workstation.little_server import LittleServer
from tests.workstation.signing_room import Rooms, room_of
from tests.workstation.tokens import PIN, DoctorsToken, doctors_token, plugged
from workstation.config import Config
from workstation.models.account import utc_now
from workstation.models.signing import SigningAct, Stage
from workstation.signing.base import Pin

__all__ = ["doctors_token", "plugged", "room_of"]

STAMPING = WorkstationSettings(stamp_within_s=2.0)


def tokens_by(stamper: Issued, little: LittleServer) -> None:
    """Let the server give stamps."""
    little.settings = STAMPING
    little.stamper = lambda digest: timestamps.answered(
        trust_services.stamp(stamper, timestamps.request(digest, 5)), digest, 5).der


def trust_in(stamper: Issued, doctors: DoctorsToken) -> Trust:
    root = stamper.root.public_bytes(Encoding.PEM)
    return Trust.from_pem(*(text.encode() for text in doctors.trust()), STAMPS_ONLY + b"\n" + root)


def asked(little: LittleServer) -> int:
    return little.asked.count(("POST", "/api/timestamps"))


def signed(act: SigningAct, room: object, little: LittleServer, count: int) -> None:
    act.sign(Pin(PIN))
    room.until(lambda: len(little.signed) == count)  # type: ignore[attr-defined]  # Room, which needs Qt


def test_each_signature_of_a_stack_bears_a_stamp(
    room_of: Rooms, plugged: Config, little: LittleServer, doctors_token: DoctorsToken,
) -> None:
    stamper = pki.issue_stamper(pki.make_root("Root dấu thời gian"))
    tokens_by(stamper, little)
    room = room_of(plugged)
    signed(room.begin(3), room, little, 3)
    for file in little.signed:
        verdict = judge(file.pdf, trust_in(stamper, doctors_token), utc_now())
        assert verdict.good, verdict.reasons
        assert verdict.level is EvidenceLevel.T


def test_a_service_that_is_away_leaves_the_stack_unstamped_and_is_asked_once(
    room_of: Rooms, plugged: Config, little: LittleServer, doctors_token: DoctorsToken,
) -> None:
    little.settings = STAMPING
    room = room_of(plugged)
    signed(room.begin(3), room, little, 3)
    assert asked(little) == 1
    trust = Trust.from_pem(*(text.encode() for text in doctors_token.trust()))
    assert [judge(file.pdf, trust, utc_now()).level for file in little.signed] == [EvidenceLevel.B] * 3
    assert all(judge(file.pdf, trust, utc_now()).good for file in little.signed)


def test_a_hospital_without_a_contract_is_not_asked(room_of: Rooms, plugged: Config, little: LittleServer) -> None:
    room = room_of(plugged)
    signed(room.begin(), room, little, 1)
    assert asked(little) == 0


def test_a_stamp_that_does_not_fit_its_place_is_left_out(
    room_of: Rooms, plugged: Config, little: LittleServer, doctors_token: DoctorsToken,
) -> None:
    little.settings, little.stamper = STAMPING, lambda _digest: b"0" * 20_000
    room = room_of(plugged)
    signed(room.begin(), room, little, 1)
    trust = Trust.from_pem(*(text.encode() for text in doctors_token.trust()))
    assert judge(little.signed[0].pdf, trust, utc_now()).good


def standing(act: SigningAct, state: str) -> CertificateStanding:
    assert act.identity is not None
    return CertificateStanding(certificate=uuid4(), serial=act.identity.serial, state=state, at=utc_now(),
                               revoked_at=utc_now() if state == "revoked" else None)


def test_a_revoked_certificate_signs_nothing_and_no_pin_is_spent(
    room_of: Rooms, plugged: Config, little: LittleServer,
) -> None:
    room = room_of(plugged)
    act = room.begin(2)
    little.standings = [standing(act, "revoked")]
    act.sign(Pin(PIN))
    room.until(lambda: act.stage is Stage.PAUSED)
    assert act.refusal is not None
    assert [reason.code for reason in act.refusal.reasons] == ["certificate_revoked_by_authority"]
    assert little.signed == []


def test_what_nobody_knows_of_a_certificate_does_not_stop_its_signature(
    room_of: Rooms, plugged: Config, little: LittleServer,
) -> None:
    room = room_of(plugged)
    act = room.begin()
    little.standings = [standing(act, "unknown")]
    signed(act, room, little, 1)
