"""The training key: the same signer for practice, loud about what it is, and only against a training server."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from records.errors import Cancelled, Refusal
from server.demo.pki import Issued, issue_person, write_key, write_pem
from tests.workstation.signing.conftest import Authorities
from tests.workstation.signing.people import DOCTOR_ID, DOCTOR_NAME, PIN, Person
from workstation.signing.base import Mechanism
from workstation.signing.training import TrainingSigner


def key_file(folder: Path, issued: Issued, password: str = "") -> Path:
    key = write_key(folder / "key.pem", issued.key, password).read_bytes()
    certificates = write_pem(folder / "certificates.pem", issued.certificate, *issued.chain).read_bytes()
    (folder / "training.pem").write_bytes(key + certificates)
    return folder / "training.pem"


def test_a_training_key_warns_each_time_that_it_is_made(
    tmp_path: Path, doctor: Issued, caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        assert TrainingSigner(key_file(tmp_path, doctor), training_server=True).training
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert "training key" in warnings[0].getMessage()


def test_a_training_key_signs_for_no_real_hospital(tmp_path: Path, doctor: Issued) -> None:
    with pytest.raises(Refusal) as error:
        TrainingSigner(key_file(tmp_path, doctor), training_server=False)
    assert error.value.reasons[0].code == "training_key_forbidden"


@pytest.mark.parametrize("curve", [False, True], ids=["RSA", "EC"])
def test_a_training_key_signs_like_a_token(tmp_path: Path, authorities: Authorities, curve: bool) -> None:
    issued = issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID, curve=curve)
    with TrainingSigner(key_file(tmp_path, issued, PIN), training_server=True) as signer:
        (identity,) = signer.identities()
        assert identity.certificate == issued.der
        assert identity.chain == issued.chain_der
        person = Person("wrong", PIN)
        signer.open(identity, person)
        assert [request.refused.code if request.refused else "" for request in person.asked] == [
            "", "key_password_wrong"]
        assert identity.made(signer.sign_raw(b"data", identity.mechanism), b"data")


def test_a_key_without_password_asks_for_none(tmp_path: Path, doctor: Issued) -> None:
    signer = TrainingSigner(key_file(tmp_path, doctor), training_server=True)
    person = Person()
    signer.open(signer.identities()[0], person)
    assert not person.asked


def test_a_closed_training_key_signs_no_more(tmp_path: Path, doctor: Issued) -> None:
    signer = TrainingSigner(key_file(tmp_path, doctor), training_server=True)
    signer.open(signer.identities()[0], Person())
    signer.close()
    with pytest.raises(Refusal):
        signer.sign_raw(b"data", Mechanism.RSA_SHA256)


def test_the_password_can_be_cancelled(tmp_path: Path, doctor: Issued) -> None:
    signer = TrainingSigner(key_file(tmp_path, doctor, PIN), training_server=True)
    with pytest.raises(Cancelled):
        signer.open(signer.identities()[0], Person())


@pytest.mark.parametrize("content", [None, b"", b"no key at all"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "training.pem").write_bytes(content)
    with pytest.raises(Refusal) as error:
        TrainingSigner(tmp_path / "training.pem", training_server=True).identities()
    assert error.value.reasons[0].code == "training_key_unreadable"


def test_a_key_beside_another_persons_certificate_signs_nothing(
    tmp_path: Path, doctor: Issued, authorities: Authorities,
) -> None:
    other = issue_person(authorities.issuing, "Trần Văn Bình", "079180000777")
    mixed = Issued(other.key, doctor.certificate, doctor.chain)
    signer = TrainingSigner(key_file(tmp_path, mixed), training_server=True)
    signer.open(signer.identities()[0], Person())
    with pytest.raises(Refusal) as error:
        signer.sign_raw(b"data", Mechanism.RSA_SHA256)
    assert error.value.reasons[0].code == "certificate_changed"
