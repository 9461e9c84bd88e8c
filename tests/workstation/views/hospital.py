"""A small hospital that answers over real HTTP what the windows ask for; people and beds are made up."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import TypeAdapter

from records.entries import EncounterState
from records.errors import Reason
from records.forms import Role
from records.messages import (
    AllergyView,
    Board,
    BoardRow,
    Chart,
    ClockView,
    EncounterView,
    Health,
    PatientView,
    PersonView,
    Session,
    VitalsPoint,
    WardStayView,
    WardView,
    WorkstationSettings,
)

NOW = datetime.now(UTC)
WARD = WardView(id=UUID(int=1), code="NTH", name="Khoa Nội tổng hợp")
SURGERY = WardView(id=UUID(int=2), code="NGT", name="Khoa Ngoại tổng hợp")
DOCTOR = PersonView(id=UUID(int=9), username="ha.lethu", full_name="Lê Thu Hà", title="BS.", roles=(Role.DOCTOR,),
                    wards=(WARD,), national_id="001085000123", licence_no="0012345/BYT-CCHN",
                    licence_until=date(2031, 12, 31))
PASSWORD = "mua-thu-2026"
NAMES = (
    "Phạm Thị Lụa", "Đặng Văn Chiến", "Hoàng Thị Ngà", "Trương Quang Khải", "Vũ Thị Thơm", "Bùi Đình Lâm",
    "Trần Thị Sen", "Ngô Văn Tửu", "Lý Thị Hạnh", "Đinh Công Tráng", "Cao Thị Bưởi", "Nguyễn Văn Bình",
    "Mai Xuân Phúc", "Phan Thị Mận", "Tạ Văn Hùng", "Hà Thị Quyên", "Dương Minh Đức", "Kiều Thị Xuân",
    "Trịnh Văn Lương", "Tôn Nữ Thị Ngọc Trâm",
)
DIAGNOSES = (
    ("Suy tim EF giảm", "I50.0"), ("Xuất huyết tiêu hóa trên", "K92.2"), ("Cơn hen phế quản cấp", "J45.9"),
    ("Xơ gan mất bù do rượu, cổ trướng mức độ nhiều", "K74.6"), ("Viêm phổi thùy", "J18.1"),
)


def patient(number: int) -> PatientView:
    """The patient in that bed."""
    allergies = (AllergyView(substance=("Penicillin", "Aspirin", "Iod cản quang")[number % 3], reaction="mày đay",
                             year=2019),) if number % 4 == 1 else ()
    return PatientView(
        id=UUID(int=100 + number), patient_no=f"0026-{18000 + number}", full_name=NAMES[number],
        birth_date=f"{1946 + 3 * number}-03-12", sex="1" if number % 2 else "2", allergies=allergies,
        allergies_asked_at=None if number == 6 else NOW, insurance_percent=80, encounter=UUID(int=200 + number))


def vitals(number: int) -> tuple[VitalsPoint, ...]:
    """Six measurements; the patient of bed 12 gets worse."""
    worse = 4 if number == 12 else 0
    return tuple(
        VitalsPoint(at=NOW - timedelta(hours=4 * (5 - step)), values={
            "pulse": 78 + 5 * (number % 4) + worse * 2 * step, "breaths": 15 + number % 3 + worse * step // 2,
            "systolic": 128 - worse * 2 * step, "diastolic": 74, "temperature": f"{36.6 + 0.1 * worse * step:.1f}",
            "spo2": 98 - number % 2 - worse * step // 5, "consciousness": "A"})
        for step in range(6))


def row(number: int) -> BoardRow:
    """The bed with that number."""
    due = NOW + timedelta(hours=(14, 3, -2, 30, 20)[number % 5])
    state = ("ok", "near", "past", "ok", "ok")[number % 5]
    clock = ClockView(kind="record", label="36 giờ", due=due, starts=due - timedelta(hours=36), state=state)
    diagnosis, code = DIAGNOSES[number % 5]
    return BoardRow(
        room=str(number // 4 + 1), bed=f"{number + 1:02d}", encounter=UUID(int=200 + number), patient=patient(number),
        record_no=f"26-{4800 + number:06d}", day=number % 9 + 1, diagnosis=diagnosis, diagnosis_code=code,
        attending="BS. Lê Thu Hà" if number % 2 else "BS. Nguyễn Văn Sơn",
        clocks=(clock,) if number % 6 else (), unsigned=number % 3,
        unsigned_mine=int(number % 3 == 2), unsigned_overdue=int(number % 6 == 1),
        vitals=() if number == 5 else vitals(number))


def board(ward: UUID) -> Board:
    """Twenty beds with somebody in them and one without; the other ward is empty."""
    if ward == SURGERY.id:
        return Board(ward=SURGERY, at=datetime.now(UTC), rows=())
    rows = (*(row(number) for number in range(len(NAMES))), BoardRow(room="6", bed="21"))
    return Board(ward=WARD, at=datetime.now(UTC), rows=rows)


def chart(encounter: UUID) -> Chart:
    """The chart of the stay in that bed, with nothing written yet."""
    number = encounter.int - 200
    bed = row(number)
    stay = WardStayView(ward=WARD, room=bed.room, bed=bed.bed, starts=NOW - timedelta(days=bed.day))
    return Chart(
        encounter=EncounterView(
            id=encounter, record_no=bed.record_no, state=EncounterState.ACTIVE, emergency=True,
            admitted_at=NOW - timedelta(days=bed.day), stays=(stay,), diagnosis=bed.diagnosis,
            diagnosis_code=bed.diagnosis_code, attending=bed.attending),
        patient=patient(number), entries=(), drafts=(), clocks=bed.clocks, at=datetime.now(UTC))


def health() -> Health:
    """The server is well."""
    return Health(status="ok", version="0.1.0", time=datetime.now(UTC), training=False, renderers=("1",),
                  facility="Trung tâm Y tế khu vực Sông Trăng")


def session() -> Session:
    """What signing in answers."""
    now = datetime.now(UTC)
    return Session(
        token="a-token-of-the-test", expires_at=now + timedelta(hours=8), person=DOCTOR, server_time=now,
        recovery_public_key=_RECOVERY, settings=WorkstationSettings(), health=health(),
        facility="Trung tâm Y tế khu vực Sông Trăng", facility_code="79001", health_department="Sở Y tế Hòa Giang")


_RECOVERY = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
_ANSWERS: dict[str, Callable[[dict[str, list[str]]], Any]] = {
    "/api/health": lambda _: health().model_dump(mode="json"),
    "/api/wards": lambda _: TypeAdapter(tuple[WardView, ...]).dump_python((WARD, SURGERY), mode="json"),
    "/api/drafts": lambda _: [],
    "/api/settlements": lambda _: [],
    "/api/certificates": lambda _: [],
    "/api/patients": lambda query: [
        patient(number).model_dump(mode="json") for number in range(len(NAMES))
        if query.get("q", [""])[0].lower() in NAMES[number].lower()],
}


class _Desk(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    hospital: Hospital

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's own name
        """Tests are silent."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/api/events":
            self._stream()
        elif parts.path.startswith("/api/wards/") and parts.path.endswith("/board"):
            self._say(200, board(UUID(parts.path.split("/")[3])).model_dump(mode="json"))
        elif parts.path.startswith("/api/encounters/") and parts.path.endswith("/chart"):
            self._say(200, chart(UUID(parts.path.split("/")[3])).model_dump(mode="json"))
        elif parts.path in _ANSWERS:
            self._say(200, _ANSWERS[parts.path](parse_qs(parts.query)))
        else:
            self._refuse(404, "not_found")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path != "/api/sessions":
            self._refuse(404, "not_found")
        elif body["password"] != PASSWORD:
            self._refuse(403, "store_password_wrong")
        else:
            self._say(200, session().model_dump(mode="json"))

    def do_DELETE(self) -> None:
        self._say(200, {})

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b": here\n\n")
        self.wfile.flush()
        self.hospital.closing.wait()
        self.close_connection = True

    def _refuse(self, status: int, code: str) -> None:
        known = code if code == "store_password_wrong" else "unexpected"
        self._say(status, {"reasons": [Reason(known).as_json()]})

    def _say(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Hospital:
    """The server, on a port of this machine, until it is closed."""

    def __init__(self) -> None:
        self.closing = threading.Event()
        handler = type("Desk", (_Desk,), {"hospital": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it, as an outage does."""
        if not self.closing.is_set():
            self.closing.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(5)
