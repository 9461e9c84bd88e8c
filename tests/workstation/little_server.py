"""A small server that speaks the real messages over a real socket, and is slow, silent or dead on command."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from pydantic import BaseModel

from records.access_hours import Hours
from records.deadlines import ZONE
from records.delegation import Delegation
from records.errors import Reason
from records.messages import (
    Accepted,
    CertificateStanding,
    CertificateView,
    ChainView,
    Challenge,
    ColleagueView,
    DelegationGiven,
    DelegationView,
    DraftConflict,
    DraftSave,
    DraftView,
    Enrolment,
    EntryView,
    Health,
    ImageDecisionGiven,
    ImageExportGiven,
    ImageFileView,
    ImageMarkGiven,
    ImageMarks,
    ImageMarkView,
    Look,
    LooksGiven,
    PatientImages,
    PersonView,
    PrintNotice,
    PrintView,
    Quarantined,
    Session,
    SettlementDecision,
    SettlementView,
    SignIn,
    StampGiven,
    StrayDecisionGiven,
    StrayImagesView,
    StraysSettled,
    UnsettledStudyView,
    WorkstationSettings,
)
from tests.workstation import hospital


@dataclass
class SignedFile:
    """A file that was handed in."""

    entry: UUID
    number: int
    query: dict[str, str]
    pdf: bytes


@dataclass
class LittleServer:
    """Its state is open to the test; `up()` and `down()` open and close the port, which stays the same."""

    recovery_key: str = ""
    settings: WorkstationSettings = field(default_factory=WorkstationSettings)
    passwords: dict[str, str] = field(default_factory=lambda: {"ha": "mat khau 1"})
    delay_s: float = 0.0
    clock_off: timedelta = timedelta(0)
    lose_answers: list[str] = field(default_factory=list)
    """Paths (their ends) whose next answer is lost: the command is stored, the line is cut."""
    held: dict[str, threading.Event] = field(default_factory=dict)
    """End of a path -> its requests wait for the event."""
    refusals: dict[str, tuple[int, str]] = field(default_factory=dict)
    """End of a path -> status and reason code of every answer."""
    quarantine: bool = False
    late: bool = False
    """Files that do not say that they were signed in an outage are too late."""
    signed: list[SignedFile] = field(default_factory=list)
    drafts: dict[UUID, DraftView] = field(default_factory=dict)
    charts: dict[UUID, bytes] = field(default_factory=dict)
    entries: dict[UUID, EntryView] = field(default_factory=dict)
    looks: dict[UUID, Look] = field(default_factory=dict)
    images: PatientImages = field(default_factory=PatientImages)
    exports: list[ImageExportGiven] = field(default_factory=list)
    image_marks: dict[str, dict[UUID, ImageMarkView]] = field(default_factory=dict)
    """By Study Instance UID."""
    versions: dict[tuple[str, str], bytes] = field(default_factory=dict)
    """Entry and number -> canonical bytes."""
    certificates: list[CertificateView] = field(default_factory=list)
    standings: list[CertificateStanding] = field(default_factory=list)
    stamper: Callable[[bytes], bytes] | None = None
    """Digest -> time-stamp token; None: every stamp is pending."""
    challenge: Challenge = field(default_factory=lambda: Challenge(
        id=uuid4(), challenge=base64.b64encode(bytes(range(32))).decode(),
        expires_at=datetime.now(UTC) + timedelta(minutes=5)))
    enrolments: list[Enrolment] = field(default_factory=list)
    judged: list[tuple[UUID, str]] = field(default_factory=list)
    prints: list[PrintNotice] = field(default_factory=list)
    papers: dict[str, PrintView] = field(default_factory=dict)
    """What a look-up code leads to."""
    settlements: list[SettlementView] = field(default_factory=list)
    unsettled: list[UnsettledStudyView] = field(default_factory=list)
    strays: list[StrayImagesView] = field(default_factory=list)
    image_decisions: list[ImageDecisionGiven] = field(default_factory=list)
    stray_decisions: list[StrayDecisionGiven] = field(default_factory=list)
    chains: dict[UUID, ChainView] = field(default_factory=dict)
    """What is said of the slots of a paper."""
    colleagues: list[ColleagueView] = field(default_factory=list)
    delegations: list[DelegationView] = field(default_factory=list)
    me: PersonView | None = None
    """Who the server says that one is; None: as at the sign-in."""
    files: dict[str, bytes] = field(default_factory=dict)
    receipts: dict[str, bytes] = field(default_factory=dict)
    trust_roots: tuple[str, ...] = ()
    access_hours: tuple[Hours, ...] = ()
    asked: list[tuple[str, str]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    kept: dict[str, tuple[str, int, bytes]] = field(default_factory=dict)
    streams: list[queue.SimpleQueue[bytes | None]] = field(default_factory=list)
    tls: ssl.SSLContext | None = None
    port: int = 0
    _http: ThreadingHTTPServer | None = None
    _thread: threading.Thread | None = None
    _sockets: set[socket.socket] = field(default_factory=set)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def up(self) -> LittleServer:
        handler = type("Handler", (_Handler,), {"little": self})
        self._http = _Http(("127.0.0.1", self.port), handler)
        self._http.little = self
        if self.tls is not None:
            self._http.socket = self.tls.wrap_socket(self._http.socket, server_side=True)
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def down(self) -> None:
        """Nobody answers any more, open connections are cut."""
        if self._http is None or self._thread is None:
            return
        self._http.shutdown()
        self._thread.join()
        for stream in list(self.streams):
            stream.put(None)
        for held in list(self._sockets):
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
        self._http.server_close()
        self._http = None

    def tell(self, topic: str, **data: UUID) -> None:
        """Send an event to every listener."""
        text = json.dumps({name: str(value) for name, value in data.items()})
        for stream in list(self.streams):
            stream.put(f"id: {len(self.asked)}\nevent: {topic}\ndata: {text}\n\n".encode())

    def times(self, method: str, end: str) -> int:
        """How often such a request came."""
        return sum(verb == method and path.endswith(end) for verb, path in self.asked)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_off


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    little: LittleServer

    def process_request(self, request: Any, client_address: Any) -> None:
        self.little._sockets.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.little._sockets.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    little: LittleServer

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class named it
        """Quiet."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(self.little.now(), usegmt=True)

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PUT = do_DELETE = do_GET

    def _handle(self) -> None:
        little = self.little
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        little.asked.append((self.command, parts.path))
        if little.delay_s:
            time.sleep(little.delay_s)
        for end, let_go in little.held.items():
            if parts.path.endswith(end):
                let_go.wait(15)
        if parts.path == "/api/events" and self._token():
            self._stream()
            return
        status, answer = self._answer(parts.path, {name: value[0] for name, value in parse_qs(parts.query).items()},
                                      body)
        for end in little.lose_answers:
            if parts.path.endswith(end):
                little.lose_answers.remove(end)
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
        little.answered.append(parts.path)
        self._send(status, answer)

    def _answer(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        little = self.little
        for end, (status, code) in little.refusals.items():
            if path.endswith(end):
                return status, problem(code)
        if path == "/api/health":
            return 200, _json(health(little))
        if path == "/api/sessions":
            return self._sign_in(SignIn.model_validate_json(body))
        if not self._token():
            return 401, problem("session_over")
        key = self.headers.get("Idempotency-Key")
        if self.command == "GET" or key is None:
            return self._route(path, query, body)
        digest = hashlib.sha256(f"{self.command} {self.path}\n".encode() + body).hexdigest()
        with little.lock:
            if key in little.kept:
                held, status, answer = little.kept[key]
                return (status, answer) if held == digest else (409, problem("command_replayed_differently"))
            status, answer = self._route(path, query, body)
            if status < 400:
                little.kept[key] = (digest, status, answer)
            return status, answer

    def _token(self) -> str:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return token if token in self.little.tokens else ""

    def _sign_in(self, who: SignIn) -> tuple[int, bytes]:
        little = self.little
        if little.passwords.get(who.username) != who.password:
            return 401, problem("store_password_wrong")
        token = uuid4().hex
        little.tokens.add(token)
        return 201, _json(Session(
            token=token, expires_at=little.now() + timedelta(hours=8), person=hospital.person(who.username),
            server_time=little.now(), recovery_public_key=little.recovery_key, settings=little.settings,
            health=health(little), trust_roots=little.trust_roots, access_hours=little.access_hours,
            facility=hospital.FACILITY, facility_code="99001", health_department="Sở Y tế Đông Phú"))

    def _route(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:  # noqa: C901  # a table
        little = self.little
        match [self.command, *path.removeprefix("/api/").split("/")]:
            case ["DELETE", "sessions", "current"]:
                little.tokens.discard(self._token())
                return 204, b""
            case ["GET", "patients"]:
                return 200, b"[" + _json(hospital.patient()) + b"]"
            case ["GET", "wards"]:
                return 200, b"[" + _json(hospital.WARD) + b"]"
            case ["GET", "wards", _, "board"]:
                return 200, _json(hospital.board(at=little.now()))
            case ["GET", "encounters", encounter, "chart"]:
                return 200, little.charts[UUID(encounter)]
            case ["GET", "encounters", encounter, "looks"]:
                return 200, b"[" + b",".join(_json(one) for one in little.looks.values()) + b"]"
            case ["POST", "encounters", encounter, "looks"]:
                given = LooksGiven.model_validate_json(body).looks
                for one in given:
                    if one.entry not in little.looks or little.looks[one.entry].seen_at < one.seen_at:
                        little.looks[one.entry] = one
                return 200, b"[" + b",".join(_json(little.looks[one.entry]) for one in given) + b"]"
            case ["GET", "image-files", _, _, uid]:
                return 200, _json(ImageFileView(sha256=hashlib.sha256(uid.encode()).hexdigest(), length=1000))
            case ["POST", "image-exports"]:
                little.exports.append(ImageExportGiven.model_validate_json(body))
                return 204, b""
            case ["GET", "patients", _, "images"]:
                return 200, _json(little.images)
            case ["GET", "image-studies", study, "marks"]:
                return 200, _json(ImageMarks(marks=tuple(little.image_marks.get(study, {}).values())))
            case ["POST", "image-studies", study, "marks"]:
                self._mark(study, ImageMarkGiven.model_validate_json(body))
                return 204, b""
            case ["GET", "entries", entry, "versions", number] if (entry, number) in little.versions:
                return 200, little.versions[entry, number]
            case ["GET", "entries", entry, "chain"] if UUID(entry) in little.chains:
                return 200, _json(little.chains[UUID(entry)])
            case ["GET", "entries", entry] if UUID(entry) in little.entries:
                return 200, _json(little.entries[UUID(entry)])
            case ["POST", "encounters", _, "prints"]:
                little.prints.append(PrintNotice.model_validate_json(body))
                return 204, b""
            case ["GET", "prints"] if query["code"] in little.papers:
                return 200, _json(little.papers[query["code"]])
            case ["GET", "prints"]:
                return 404, problem("print_unknown")
            case ["POST", "timestamps"]:
                token = little.stamper(bytes.fromhex(json.loads(body)["digest"])) if little.stamper else b""
                return (201 if token else 202), _json(StampGiven(token=base64.b64encode(token).decode()))
            case ["GET", "certificates", "standing"]:
                return 200, b"[" + b",".join(_json(one) for one in little.standings) + b"]"
            case ["POST", "certificates", "challenges"]:
                return 201, _json(little.challenge)
            case ["POST", "certificates"]:
                little.enrolments.append(Enrolment.model_validate_json(body))
                return 201, _json(little.certificates[0])
            case ["POST", "certificates", which, verb]:
                little.judged.append((UUID(which), verb))
                return 200, _json(little.certificates[0])
            case ["GET", "me"]:
                return 200, _json(little.me or hospital.person())
            case ["GET", "colleagues"]:
                return 200, b"[" + b",".join(_json(one) for one in little.colleagues) + b"]"
            case ["GET", "delegations"]:
                return 200, b"[" + b",".join(_json(view) for view in little.delegations) + b"]"
            case ["POST", "delegations"]:
                return 201, self._delegate(DelegationGiven.model_validate_json(body))
            case ["POST", "delegations", which, "revoke"]:
                return 200, self._revoke(UUID(which))
            case ["GET", "image-studies", "strays"]:
                return 200, b"[" + b",".join(_json(view) for view in little.strays) + b"]"
            case ["GET", "image-studies", "unsettled"]:
                return 200, b"[" + b",".join(_json(view) for view in little.unsettled) + b"]"
            case ["POST", "image-studies", uid, "decisions"]:
                little.image_decisions.append(ImageDecisionGiven.model_validate_json(body))
                little.unsettled[:] = [view.model_copy(update={"state": "set_aside"}) if view.uid == uid else view
                                       for view in little.unsettled]
                return 200, _json(next(view for view in little.unsettled if view.uid == uid))
            case ["POST", "image-studies", uid, "strays", "decisions"]:
                settled = StrayDecisionGiven.model_validate_json(body)
                little.stray_decisions.append(settled)
                little.strays[:] = [one.model_copy(update={"settled": settled.decision})
                                    if (one.study, one.names) == (uid, settled.names) else one for one in little.strays]
                return 200, _json(StraysSettled(settled=settled.known))
            case ["GET", "settlements"]:
                return 200, b"[" + b",".join(_json(view) for view in little.settlements) + b"]"
            case ["POST", "settlements", which]:
                decision = SettlementDecision.model_validate_json(body)
                view = next(view for view in little.settlements if view.id == UUID(which))
                little.settlements.remove(view)
                return 200, _json(view.model_copy(update={
                    "decision": decision.decision, "decision_reason": decision.reason}))
            case ["GET", "certificates"]:
                return 200, b"[" + b",".join(_json(view) for view in little.certificates) + b"]"
            case ["GET", "files", sha256] if sha256 in little.files:
                return 200, little.files[sha256]
            case ["GET", "files", sha256, "receipt"] if sha256 in little.receipts:
                return 200, little.receipts[sha256]
            case ["GET", "drafts"]:
                return 200, b"[" + b",".join(_json(view) for view in little.drafts.values()) + b"]"
            case ["PUT", "drafts", entry]:
                return self._save_draft(UUID(entry), DraftSave.model_validate_json(body))
            case ["DELETE", "drafts", entry]:
                little.drafts.pop(UUID(entry), None)
                return 204, b""
            case ["POST", "correction-notices", _, "known"]:
                return 204, b""
            case ["POST", "entries", entry, "versions", number, "signatures"]:
                return self._signed(SignedFile(UUID(entry), int(number), query, body))
        return 404, problem("server_refused")

    def _mark(self, study: str, given: ImageMarkGiven) -> None:
        held = self.little.image_marks.setdefault(study, {})
        held.pop(given.mark, None)
        if not given.removed:
            held[given.mark] = ImageMarkView(
                **given.model_dump(exclude={"removed"}), person=hospital.DOCTOR, person_name="BS. Lê Thu Hà")

    def _delegate(self, wish: DelegationGiven) -> bytes:
        little, me = self.little, self.little.me or hospital.person()
        receiver = next(one for one in little.colleagues if one.id == wish.receiver)
        little.delegations.append(DelegationView(
            delegation=Delegation(id=uuid4(), giver=me.id, giver_name=me.full_name, **wish.model_dump()),
            receiver_name=receiver.full_name, receiver_title=receiver.title))
        return _json(little.delegations[-1])

    def _revoke(self, which: UUID) -> bytes:
        number = next(at for at, view in enumerate(self.little.delegations) if view.delegation.id == which)
        view = self.little.delegations[number]
        gone = view.delegation.model_copy(update={"revoked_on": datetime.now(ZONE).date()})
        self.little.delegations[number] = view.model_copy(update={"delegation": gone})
        return _json(self.little.delegations[number])

    def _save_draft(self, entry: UUID, save: DraftSave) -> tuple[int, bytes]:
        held = self.little.drafts.get(entry)
        known = held.revision if held is not None else 0
        mine = DraftView(entry=entry, person=hospital.DOCTOR, person_name="Lê Thu Hà", revision=known + 1,
                         updated_at=self.little.now(), **save.model_dump(exclude={"known_revision"}))
        if held is not None and save.known_revision != held.revision:
            return 409, _json(DraftConflict(mine=mine, theirs=held))
        self.little.drafts[entry] = mine
        return 200, _json(mine)

    def _signed(self, file: SignedFile) -> tuple[int, bytes]:
        if self.little.late and file.query["offline"] == "false":
            return 422, problem("clock_off")
        if self.little.quarantine:
            return 202, _json(Quarantined(settlement=uuid4(), reasons=(Reason("two_texts_open").as_json(),)))
        self.little.signed.append(file)
        view = hospital.entry(file.entry, version=file.number, occurred_at=self.little.now())
        return 201, _json(Accepted(entry=view, receipt="e30=", receipt_signature=""))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        news: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.little.streams.append(news)
        try:
            self.wfile.write(b": open\n\n")
            while (text := news.get()) is not None:
                self.wfile.write(text)
                self.wfile.flush()
        finally:
            self.little.streams.remove(news)


def health(little: LittleServer) -> Health:
    return Health(status="ok", version="0.1.0", time=little.now(), training=True, renderers=("1",),
                  facility=hospital.FACILITY)


def problem(code: str) -> bytes:
    facts = dict.fromkeys(("seconds", "status", "detail", "limit", "days", "last"), "…")
    return json.dumps({"reasons": [Reason(code, "", facts).as_json()]}).encode()


def _json(value: BaseModel) -> bytes:
    return value.model_dump_json().encode()


@contextlib.contextmanager
def running(**settings: Any) -> Iterator[LittleServer]:
    """A server for one test."""
    little = LittleServer(**settings).up()
    try:
        yield little
    finally:
        little.down()
