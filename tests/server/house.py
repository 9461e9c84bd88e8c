"""A small hospital that really serves: PostgreSQL, HTTPS, and staff who sign with SoftHSM tokens."""

from __future__ import annotations

import atexit
import base64
import secrets
import shutil
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import uvicorn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from bench.house import free_port
from records import signing_pdf
from records.deadlines import ZONE
from records.enrolment import bytes_to_sign
from records.entries import Author, Correction, FormRef, Stay, Subject, Version
from records.forms import Role, form
from records.ids import uuid7
from records.messages import Enrolment, PatientDraft, WardView
from records.render import CURRENT, render_entry, slot_field
from records.signatures import mark_for
from records.succession import changed_fields
from server import administration, serving
from server.demo import pki
from server.demo.pki import Issued
from server.services import certificates as certificate_services
from server.services.hospital import Hospital, SignedIn
from server.settings import Settings
from server.store import base, patients, people, sessions, stays
from workstation.signing.base import Signer

PASSWORD = "mật khẩu thử 1"
FACILITY = {"facility": "Trung tâm Y tế thử", "facility_code": "99009", "health_department": "Sở Y tế thử"}
ROW = FormRef(code="36/BV2", edition="2024-01-01", kind="row")
VALUES = {
    "subjective": "Đỡ khó thở.", "objective": "Tỉnh, mạch 96.", "assessment": "Đáp ứng kháng sinh.",
    "plan": "Tiếp tục.", "diagnosis": {"text": "Viêm phổi", "code": "J18.9"},
}


@dataclass(frozen=True)
class Member:
    """One person of the staff: what they may do, and the certificate on their token."""

    username: str
    full_name: str
    title: str
    roles: tuple[Role, ...]
    national_id: str
    wards: tuple[str, ...] = ("NOI",)
    licence: str = "001234/HG-CCHN"
    id: UUID = field(default_factory=lambda: uuid7(datetime.now(UTC), secrets.token_bytes(10)))


STAFF = (
    Member("ha", "Lê Thu Hà", "BS.", (Role.DOCTOR,), "099188001037"),
    Member("son", "Nguyễn Văn Sơn", "BS.", (Role.DOCTOR,), "099091001074"),
    Member("thanh", "Đỗ Văn Thành", "BSCKI.", (Role.WARD_HEAD, Role.DOCTOR), "099076001111"),
    Member("mai", "Nguyễn Thị Mai", "ĐD.", (Role.NURSE,), "099193001148"),
    Member("long", "Phạm Đức Long", "BS.", (Role.DOCTOR,), "099080001333", wards=("NGOAI",)),
    Member("tuan", "Hoàng Minh Tuấn", "BSCKII.", (Role.DIRECTOR,), "099071001518", wards=()),
    Member("lan", "Vũ Thị Lan", "CN.", (Role.RECORDS_OFFICE,), "099187001555", wards=(), licence=""),
    Member("huy", "Phan Quốc Huy", "KS.", (Role.IT,), "099094001592", wards=(), licence=""),
)
BY_NAME = {member.username: member for member in STAFF}
WARDS = {code: uuid7(datetime.now(UTC), secrets.token_bytes(10)) for code in ("NOI", "NGOAI")}


@cache
def root() -> Issued:
    return pki.make_root()


@cache
def issuing() -> Issued:
    return pki.make_issuing(root())


@cache
def tls() -> Issued:
    return pki.issue_server(root())


@cache
def issued(username: str) -> Issued:
    member = BY_NAME[username]
    return pki.issue_person(issuing(), member.full_name, member.national_id)


def key() -> str:
    """A new command's id."""
    return str(uuid7(datetime.now(UTC), secrets.token_bytes(10)))


@dataclass
class House:
    """The served hospital: one patient in bed 3.12 of the ward NOI, everyone enrolled who has a token."""

    settings: Settings
    hospital: Hospital
    url: str
    verify: ssl.SSLContext
    signers: dict[str, Signer]
    patient: UUID = field(default_factory=lambda: UUID(key()))
    encounter: UUID = field(default_factory=lambda: UUID(key()))
    record_no: str = "26-900001"
    admitted_at: datetime = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=30)

    @contextmanager
    def guest(self) -> Iterator[httpx.Client]:
        """Somebody who has not signed in."""
        with httpx.Client(base_url=self.url, verify=self.verify, timeout=30) as client:
            yield client

    @contextmanager
    def sign_in(self, username: str, password: str = PASSWORD) -> Iterator[httpx.Client]:
        """A client of somebody who is signed in."""
        with self.guest() as client:
            answer = client.post("/api/sessions", json={
                "username": username, "password": password, "workstation": "pc-thu"})
            assert answer.status_code == 201, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            yield client

    def version(self, username: str = "ha", **changes: Any) -> Version:
        """A treatment row that this person wrote just now."""
        member = BY_NAME[username]
        now = datetime.now(ZONE)
        good: dict[str, Any] = {
            "renderer": CURRENT, "entry": UUID(key()), "version": 1, "training": True, "form": ROW,
            "subject": Subject(id=self.patient, patient_no="TEST-1", full_name="Nguyễn Văn Bình",
                               birth_date="1959-03-12", sex="1"),
            "stay": Stay(id=self.encounter, record_no=self.record_no, ward="Nội", room="3", bed="12",
                         admitted_at=self.admitted_at, **FACILITY),
            "author": Author(id=member.id, full_name=member.full_name, title=member.title, role=member.roles[-1]),
            "occurred_at": now - timedelta(minutes=3), "written_at": now, "values": VALUES,
        }
        return Version(**{**good, **changes})

    def sign(
        self, version: Version, slot: str = "doctor", username: str = "ha", *, pdf: bytes | None = None,
        at: datetime | None = None, title: str | None = None,
    ) -> bytes:
        """The file of the version (or the file given) with this person's signature in the slot."""
        signer, member = self.signers[username], BY_NAME[username]
        identity = signer.identity
        mark = mark_for(
            version, slot, full_name=identity.full_name, title=title or member.title,
            signed_at=(at or datetime.now(ZONE)).replace(microsecond=0),
            certificate_serial=identity.serial, certificate_issuer=identity.issuer)
        return signing_pdf.sign(pdf or render_entry(version), slot_field(slot), mark, identity, signer.sign_raw)

    def correction(self, before: dict[str, Any], **changes: Any) -> Version:
        """The next version of an entry as the server shows it, with a reason."""
        reason = Correction(reason="Ghi nhầm mạch", of_version=before["version"], of_sha256=before["sha256"])
        made = self.version(entry=UUID(before["id"]), version=before["version"] + 1,
                            **{"correction": reason, "values": {**VALUES, "objective": "Tỉnh, mạch 86."}, **changes})
        return naming_changes(made, before)


def naming_changes(made: Version, before: dict[str, Any]) -> Version:
    """The version with the fields named that differ from the one before, as the paper must say them (R32)."""
    if made.correction is None or "body" not in before:
        return made
    kind = form(made.form.code, made.form.edition).kind(made.form.kind)
    changed = changed_fields(Version.model_validate(before["body"]), made, kind)
    return made.model_copy(update={"correction": made.correction.model_copy(update={"changed": changed})})


def send(
    client: httpx.Client, house: House, version: Version, file: bytes, slot: str = "doctor", **query: Any,
) -> httpx.Response:
    """Hand a signed file in."""
    command = query.pop("key", None) or key()
    return client.post(
        f"/api/entries/{version.entry}/versions/{version.version}/signatures", content=file,
        params={"encounter": str(house.encounter), "slot": slot, **query},
        headers={"Content-Type": "application/pdf", "Idempotency-Key": command})


def reasons(answer: httpx.Response) -> list[str]:
    """The codes of an answer's reasons, in order."""
    return [reason["code"] for reason in answer.json()["reasons"]]


def build(place: Path, dsn: str, **changes: Any) -> tuple[Settings, Hospital]:
    """A hospital's folder with keys, trust and TLS over a migrated, empty database."""
    settings = Settings(dsn=dsn, home=place, port=free_port(), training=True, argon2_memory_kib=64, argon2_passes=1,
                        public_url="https://benhan.example.vn:8443/",
                        seal_every_s=3600, heartbeat_s=0.2, **{**FACILITY, **changes})
    shutil.copytree(_keys(), place, dirs_exist_ok=True)
    for folder in ("trust", "tls"):
        (place / folder).mkdir(exist_ok=True)
    pki.write_pem(place / "trust" / "training-root.pem", root().certificate)
    pki.write_pem(place / "tls" / "ca.pem", root().certificate)
    pki.write_pem(place / "tls" / "server.pem", tls().certificate, *tls().chain)
    pki.write_key(place / "tls" / "server.key", tls().key)
    return settings, Hospital.open(settings)


@cache
def _keys() -> Path:
    """The server's key files, made once: an RSA key takes its time."""
    folder = Path(tempfile.mkdtemp(prefix="benhan-test-keys-"))
    atexit.register(shutil.rmtree, folder)
    administration.init_keys(Settings(dsn="postgresql://", home=folder, **FACILITY))
    return folder


def settle_in(house: House) -> None:
    """Wards, staff, the patient, the stay, and approved certificates."""
    hospital = house.hospital
    password = hospital.passwords.hash(PASSWORD)
    with base.transaction(hospital.engine) as db:
        for place, (code, ward) in enumerate(WARDS.items()):
            people.add_ward(db, WardView(id=ward, code=code, name=f"Khoa {code}"), place)
            people.add_beds(db, ward, [("3", "12"), ("3", "13"), ("4", "01")])
        for member in STAFF:
            people.add(db, member.id, username=member.username, full_name=member.full_name, title=member.title,
                       roles=member.roles, in_wards=[WARDS[code] for code in member.wards], password_hash=password,
                       national_id=member.national_id, licence_no=member.licence)
        draft = PatientDraft(full_name="Nguyễn Văn Bình", birth_date="1959-03-12", sex="1")
        patients.register(db, house.patient, draft, None, house.admitted_at, patient_no="TEST-1")
        stays.add(db, {"id": house.encounter, "patient": house.patient, "record_no": house.record_no,
                       "emergency": True, "admitted_at": house.admitted_at, "diagnosis": "Viêm phổi"},
                  {"id": UUID(key()), "ward": WARDS["NOI"], "room": "3", "bed": "12", "starts": house.admitted_at})
        hospital.keys.make(db, house.encounter)
    for username in house.signers:
        enrol(house, username)


def enrol(house: House, username: str, certificate: Issued | None = None, *, approve: bool = True) -> UUID:
    """Enrol a certificate through the services, with the proof of its key."""
    held = certificate or issued(username)
    with house.hospital.desk(at_desk(house, username)) as desk:
        challenge = certificate_services.challenge(desk)
    proof = prove(held, base64.b64decode(challenge.challenge))
    enrolment = Enrolment(
        challenge=challenge.id, certificate=base64.b64encode(held.der).decode(),
        chain=tuple(base64.b64encode(der).decode() for der in held.chain_der), signature=proof)
    with house.hospital.desk(at_desk(house, username)) as desk:
        view = certificate_services.enrol(desk, enrolment)
    if approve:
        with house.hospital.desk(at_desk(house, "huy")) as desk:
            certificate_services.approve(desk, view.id)
    return view.id


def prove(held: Issued, challenge: bytes) -> str:
    """The certificate's key signs the challenge."""
    data = bytes_to_sign(challenge)
    if isinstance(held.key, rsa.RSAPrivateKey):
        return base64.b64encode(held.key.sign(data, padding.PKCS1v15(), hashes.SHA256())).decode()
    return base64.b64encode(held.key.sign(data, ec.ECDSA(hashes.SHA256()))).decode()


def at_desk(house: House, username: str) -> SignedIn:
    """Somebody signed in, without HTTP, for tests of services."""
    with base.transaction(house.hospital.engine) as db:
        person = sessions.person(db, BY_NAME[username].id)
    assert person is not None
    return SignedIn(UUID(key()), person, username, "pc-thu", datetime.now(UTC) + timedelta(hours=1))


@contextmanager
def served(settings: Settings) -> Iterator[uvicorn.Server]:
    """The server of these settings on a thread, over real TLS."""
    ready = threading.Event()
    server = serving.build(settings, ready.set)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(30), "the server did not start"
        yield server
    finally:
        server.handle_exit(15, None)
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"
