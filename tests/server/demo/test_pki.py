"""The demo's certificate authority, judged by openssl."""

from __future__ import annotations

import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from server.demo.pki import (
    ENCRYPTION_ONLY,
    Issued,
    issue_expired,
    issue_not_yet_valid,
    issue_person,
    issue_server,
    make_issuing,
    make_root,
    write_key,
    write_pem,
)


@pytest.fixture(scope="module")
def issuing() -> Issued:
    return make_issuing(make_root())


def openssl_verify(issued: Issued, folder: Path, *options: str) -> int:
    write_pem(folder / "root.pem", issued.root)
    write_pem(folder / "above.pem", *issued.chain)
    write_pem(folder / "own.pem", issued.certificate)
    return subprocess.run(["openssl", "verify", *options, "-x509_strict", "-CAfile", str(folder / "root.pem"),
                           "-untrusted", str(folder / "above.pem"), str(folder / "own.pem")],
                          check=False, capture_output=True).returncode


def test_openssl_trusts_a_persons_certificate_through_the_chain(issuing: Issued, tmp_path: Path) -> None:
    assert openssl_verify(issue_person(issuing, "Nguyễn Thị Đào", "001185000123"), tmp_path) == 0


def test_the_subject_carries_name_hospital_and_identity_number(issuing: Issued) -> None:
    subject = issue_person(issuing, "Nguyễn Thị Đào", "001185000123", organisation="BV Tập Sự").certificate.subject
    assert subject.rfc4514_string() == "UID=CCCD:001185000123,CN=Nguyễn Thị Đào,O=BV Tập Sự,C=VN"


def test_certificates_out_of_time_are_out_of_time_for_openssl(issuing: Issued, tmp_path: Path) -> None:
    assert openssl_verify(issue_expired(issuing, "A", "001185000123"), tmp_path) != 0
    assert openssl_verify(issue_not_yet_valid(issuing, "A", "001185000123"), tmp_path) != 0


def test_another_authority_is_not_trusted(issuing: Issued, tmp_path: Path) -> None:
    foreign = issue_person(make_issuing(make_root("Root lạ"), "CA lạ"), "A", "001185000123")
    assert openssl_verify(Issued(foreign.key, foreign.certificate, issuing.chain), tmp_path) != 0


def test_a_namesake_has_the_same_name_and_another_number_and_key(issuing: Issued) -> None:
    first = issue_person(issuing, "Nguyễn Văn An", "001185000123")
    second = issue_person(issuing, "Nguyễn Văn An", "079185000456")
    assert first.certificate.subject != second.certificate.subject
    assert first.serial != second.serial
    assert first.certificate.public_key() != second.certificate.public_key()


def test_a_renewed_certificate_keeps_its_key(issuing: Issued) -> None:
    first = issue_person(issuing, "Nguyễn Văn An", "001185000123")
    renewed = issue_person(issuing, "Nguyễn Văn An", "001185000123", key=first.key)
    assert renewed.certificate.public_key() == first.certificate.public_key()
    assert renewed.der != first.der


def test_wrong_usage_is_wrong(issuing: Issued) -> None:
    from cryptography import x509

    certificate = issue_person(issuing, "A", "001185000123", usage=ENCRYPTION_ONLY).certificate
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert not usage.content_commitment
    assert not usage.digital_signature


def test_the_server_certificate_is_good_for_localhost_by_name_and_address(issuing: Issued, tmp_path: Path) -> None:
    server = issue_server(issuing)
    assert openssl_verify(server, tmp_path, "-purpose", "sslserver", "-verify_hostname", "localhost") == 0
    assert openssl_verify(server, tmp_path, "-purpose", "sslserver", "-verify_ip", "127.0.0.1") == 0
    assert openssl_verify(server, tmp_path, "-verify_hostname", "elsewhere.vn") != 0
    write_pem(tmp_path / "chain.pem", server.certificate, *server.chain)
    write_key(tmp_path / "key.pem", server.key)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")


def test_a_key_file_is_for_its_owner_only(issuing: Issued, tmp_path: Path) -> None:
    path = write_key(tmp_path / "key.pem", issue_server(issuing).key, "secret")
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in path.read_bytes()


def test_a_key_is_in_no_repr(issuing: Issued) -> None:
    assert "key=" not in repr(issuing)


def test_a_certificate_is_good_from_yesterday_on(issuing: Issued) -> None:
    assert issue_person(issuing, "A", "001185000123").certificate.not_valid_before_utc < datetime.now(UTC)
