"""The server's routes, one typed method each; the caller brings the command's id and a background thread."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

from records.errors import Refusal
from records.messages import (
    Accepted,
    Admission,
    AuditView,
    Board,
    Cancellation,
    CertificateStanding,
    CertificateView,
    Challenge,
    Chart,
    ClosingCommand,
    ClosingList,
    ClosingView,
    ColleagueView,
    DelegationGiven,
    DelegationView,
    Discharge,
    DraftConflict,
    DraftSave,
    DraftView,
    EncounterView,
    Enrolment,
    EntryView,
    EvidenceQueue,
    Health,
    ImageDecisionGiven,
    Look,
    LooksGiven,
    PatientDraft,
    PatientView,
    PersonView,
    PrintNotice,
    PrintView,
    Quarantined,
    ReminderSent,
    ReminderView,
    RemoteCertificateView,
    RemoteCode,
    RemoteSigningView,
    RemoteSigningWish,
    Revocation,
    Session,
    SettlementDecision,
    SettlementView,
    SignIn,
    StampGiven,
    StampWish,
    StrayDecisionGiven,
    StrayImagesView,
    StraysSettled,
    Transfer,
    TrustDecision,
    TrustEdition,
    TrustProposal,
    UnsettledStudyView,
    WardView,
)
from workstation.client.asking import body_of, parse, parse_all
from workstation.client.confirmation_routes import ConfirmationRoutes
from workstation.client.dicomweb import ImageRoutes
from workstation.client.door import Answer, Door, SignedOut, plain_query
from workstation.client.events import EventStream

PDF = "application/pdf"
REMOTE = "/api/remote-signing"


class Client(ConfirmationRoutes, ImageRoutes):
    """What the workstation can ask of the server. Every method may raise Refusal, Trouble or SignedOut."""

    def __init__(self, base_url: str, ca_file: Path | None = None, *, timeout_s: float = 20.0,
                 workstation: str = "") -> None:
        self.workstation = workstation or socket.gethostname()
        self.door = Door(base_url, ca_file, timeout_s=timeout_s, workstation=self.workstation)
        self.clock = self.door.clock

    def close(self) -> None:
        """Close all connections."""
        self.door.close()

    # Sessions

    def health(self) -> Health:
        """Is the server there, and what time is it there."""
        sent = datetime.now(UTC)
        health = self._get(Health, "/api/health")
        self.clock.tolerance_s = health.clock_tolerance_s
        self.clock.note(health.time, sent=sent, received=datetime.now(UTC))
        return health

    def sign_in(self, username: str, password: str) -> Session:
        """Begin a session; its token is used from now on."""
        # The server takes its time to hash the password and stamps the answer at the end: no clock is read here.
        try:
            session = self._post(Session, "/api/sessions",
                                 SignIn(username=username, password=password, workstation=self.workstation))
        except SignedOut as wrong:
            # 401 here is the person's name or password, not an ended session: nothing to try again by itself.
            raise Refusal(*wrong.reasons) from wrong
        self.door.token = session.token
        self.clock.tolerance_s = session.health.clock_tolerance_s
        return session

    def sign_out(self) -> None:
        """End the session."""
        try:
            self.door.ask("DELETE", "/api/sessions/current")
        finally:
            self.door.token = None

    def me(self) -> PersonView:
        """Who is signed in."""
        return self._get(PersonView, "/api/me")

    # Patients, wards, encounters

    def patients(self, words: str, limit: int = 20) -> tuple[PatientView, ...]:
        """Search by name (with or without diacritics), CCCD, insurance or record number."""
        return self._list(PatientView, "/api/patients", q=words, limit=limit)

    def patient(self, patient: UUID) -> PatientView:
        """One patient."""
        return self._get(PatientView, f"/api/patients/{patient}")

    def register(self, patient: PatientDraft, key: UUID) -> PatientView:
        """Register a patient."""
        return self._post(PatientView, "/api/patients", patient, key)

    def ask(self, path: str) -> Answer:
        """An answer as it came, to be cached and parsed by `parse`."""
        return self.door.ask("GET", path)

    def wards(self) -> tuple[WardView, ...]:
        """All wards."""
        return self._list(WardView, "/api/wards")

    def board(self, ward: UUID) -> Board:
        """The beds of a ward."""
        return self._get(Board, f"/api/wards/{ward}/board")

    def admit(self, admission: Admission, key: UUID) -> EncounterView:
        """Admit a patient to a bed."""
        return self._post(EncounterView, "/api/encounters", admission, key)

    def transfer(self, encounter: UUID, transfer: Transfer, key: UUID) -> EncounterView:
        """Move to another ward or bed."""
        return self._post(EncounterView, f"/api/encounters/{encounter}/transfers", transfer, key)

    def discharge(self, encounter: UUID, discharge: Discharge, key: UUID) -> EncounterView:
        """Discharge."""
        return self._post(EncounterView, f"/api/encounters/{encounter}/discharge", discharge, key)

    def looks(self, encounter: UUID) -> tuple[Look, ...]:
        """My last look at each entry of that stay."""
        return self._list(Look, f"/api/encounters/{encounter}/looks")

    def tell_looks(self, encounter: UUID, given: LooksGiven) -> tuple[Look, ...]:
        """What I was shown; the newest that the server knows of these entries comes back."""
        path = f"/api/encounters/{encounter}/looks"
        return parse_all(Look, self.door.ask("POST", path, body=body_of(given)))

    def chart(self, encounter: UUID) -> Chart:
        """Everything of one encounter."""
        return self._get(Chart, f"/api/encounters/{encounter}/chart")

    # Entries and signed files

    def entry(self, entry: UUID) -> EntryView:
        """An entry with its latest version."""
        return self._get(EntryView, f"/api/entries/{entry}")

    def version(self, entry: UUID, number: int) -> bytes:
        """The canonical bytes of one version."""
        return self.door.ask("GET", f"/api/entries/{entry}/versions/{number}").body

    def sign(self, entry: UUID, number: int, pdf: bytes, *, encounter: UUID, slot: str, key: UUID,
             offline: bool = False, begun_at: datetime | None = None) -> Accepted | Quarantined:
        """Hand in a signed file."""
        path = signature_path(entry, number, encounter, slot, offline=offline, begun_at=begun_at)
        answer = self.door.ask("POST", path, body=pdf, content_type=PDF, key=key)
        return parse(Quarantined, answer) if answer.status == 202 else parse(Accepted, answer)

    def cancel(self, entry: UUID, cancellation: Cancellation, key: UUID) -> EntryView:
        """Cancel a signed version, with its reason."""
        return self._post(EntryView, f"/api/entries/{entry}/cancel", cancellation, key)

    def file(self, sha256: str) -> bytes:
        """A signed PDF."""
        return self.door.ask("GET", f"/api/files/{sha256}").body

    def receipt(self, sha256: str) -> bytes:
        """The server's signed verdict on a file."""
        return self.door.ask("GET", f"/api/files/{sha256}/receipt").body

    def stamp(self, digest: str, within_s: float) -> StampGiven:
        """A time stamp over a signature's value (SHA-256), or why there is none in time."""
        body = StampWish(digest=digest).model_dump_json().encode()
        return parse(StampGiven, self.door.ask("POST", "/api/timestamps", body=body, within_s=within_s))

    def certificate_standings(self, within_s: float) -> tuple[CertificateStanding, ...]:
        """My certificates as their authorities speak of them."""
        answer = self.door.ask("GET", "/api/certificates/standing", within_s=within_s)
        return parse_all(CertificateStanding, answer)

    def note_print(self, encounter: UUID, notice: PrintNotice, key: UUID) -> None:
        """Something of this stay was printed or saved as a file."""
        self.door.ask("POST", print_path(encounter), body=body_of(notice), key=key)

    def look_up(self, code: str) -> PrintView:
        """What the paper with this look-up code was."""
        return self._get(PrintView, "/api/prints", code=code)

    # Drafts

    def save_draft(self, entry: UUID, draft: DraftSave, key: UUID) -> DraftView | DraftConflict:
        """Mirror a draft; a conflict is an answer, not an error: both texts are in it."""
        answer = self.door.ask("PUT", f"/api/drafts/{entry}", body=body_of(draft), key=key, allow=(409,))
        return parse(DraftConflict, answer) if answer.status == 409 else parse(DraftView, answer)

    def drop_draft(self, entry: UUID, key: UUID) -> None:
        """Throw a draft away."""
        self.door.ask("DELETE", f"/api/drafts/{entry}", key=key)

    def drafts(self) -> tuple[DraftView, ...]:
        """My drafts, from whichever PC."""
        return self._list(DraftView, "/api/drafts")

    # Certificates, work lists, audit

    def challenge(self, key: UUID) -> Challenge:
        """Ask for bytes that the token shall sign, to enrol its certificate."""
        return self._post(Challenge, "/api/certificates/challenges", None, key)

    def enrol(self, enrolment: Enrolment, key: UUID) -> CertificateView:
        """Hand in a certificate with the signed challenge."""
        return self._post(CertificateView, "/api/certificates", enrolment, key)

    def certificates(self) -> tuple[CertificateView, ...]:
        """Certificates and where they stand."""
        return self._list(CertificateView, "/api/certificates")

    def judge_certificate(self, certificate: UUID, verb: str, key: UUID) -> CertificateView:
        """`approve`, `reject` or `revoke`."""
        return self._post(CertificateView, f"/api/certificates/{certificate}/{verb}", None, key)

    def remote_certificates(self, within_s: float) -> tuple[RemoteCertificateView, ...]:
        """My certificates at remote signing services."""
        return parse_all(RemoteCertificateView, self.door.ask("GET", f"{REMOTE}/certificates", within_s=within_s))

    def remote_begin(self, wish: RemoteSigningWish, key: UUID) -> RemoteSigningView:
        """Have hashes signed by a service."""
        return self._post(RemoteSigningView, f"{REMOTE}/transactions", wish, key)

    def remote_state(self, transaction: UUID) -> RemoteSigningView:
        """How a transaction stands."""
        return self._get(RemoteSigningView, f"{REMOTE}/transactions/{transaction}")

    def remote_confirm(self, transaction: UUID, code: RemoteCode, key: UUID) -> RemoteSigningView:
        """The person's PIN and one-time code."""
        return self._post(RemoteSigningView, f"{REMOTE}/transactions/{transaction}/confirm", code, key)

    def remote_cancel(self, transaction: UUID, key: UUID) -> RemoteSigningView:
        """Use nothing that still comes."""
        return self._post(RemoteSigningView, f"{REMOTE}/transactions/{transaction}/cancel", None, key)

    def settlements(self) -> tuple[SettlementView, ...]:
        """Late or wrong files that wait for a person."""
        return self._list(SettlementView, "/api/settlements")

    def settle(self, settlement: UUID, decision: SettlementDecision, key: UUID) -> SettlementView:
        """Decide on one."""
        return self._post(SettlementView, f"/api/settlements/{settlement}", decision, key)

    def unsettled_images(self) -> tuple[UnsettledStudyView, ...]:
        """Studies of which nobody knows for certain whose they are."""
        return self._list(UnsettledStudyView, "/api/image-studies/unsettled")

    def stray_images(self) -> tuple[StrayImagesView, ...]:
        """Images that contradict what was there first, by whom they name."""
        return self._list(StrayImagesView, "/api/image-studies/strays")

    def settle_images(self, uid: str, given: ImageDecisionGiven, key: UUID) -> UnsettledStudyView:
        """Say whose a study is."""
        return self._post(UnsettledStudyView, f"/api/image-studies/{uid}/decisions", given, key)

    def settle_strays(self, uid: str, given: StrayDecisionGiven, key: UUID) -> StraysSettled:
        """Say whether images that were kept apart belong to their study: the server reads each of their files."""
        return parse(StraysSettled, self.door.ask(
            "POST", f"/api/image-studies/{uid}/strays/decisions", body=body_of(given), key=key, within_s=180))

    def colleagues(self) -> tuple[ColleagueView, ...]:
        """Everybody who works here now, by name."""
        return self._list(ColleagueView, "/api/colleagues")

    def delegations(self) -> tuple[DelegationView, ...]:
        """What the person gave or got to sign with; all of them for those who keep the hospital's papers."""
        return self._list(DelegationView, "/api/delegations")

    def delegate(self, given: DelegationGiven, key: UUID) -> DelegationView:
        """Give a role of one's own to somebody."""
        return self._post(DelegationView, "/api/delegations", given, key)

    def revoke_delegation(self, delegation: UUID, reason: Revocation, key: UUID) -> DelegationView:
        """Take one back from today on."""
        return self._post(DelegationView, f"/api/delegations/{delegation}/revoke", reason, key)

    def remind(self, reminder: ReminderSent, key: UUID) -> ReminderView:
        """Ask somebody quietly for a signature."""
        return self._post(ReminderView, "/api/signing-reminders", reminder, key)

    # Closing a record, and what proves signatures

    def closings(self) -> ClosingList:
        """Discharged records that wait to be taken in or archived."""
        return self._get(ClosingList, "/api/closing")

    def closing(self, encounter: UUID) -> ClosingView:
        """What one record still lacks."""
        return self._get(ClosingView, f"/api/encounters/{encounter}/closing")

    def close_record(self, encounter: UUID, command: ClosingCommand, key: UUID) -> ClosingView:
        """Look through, give back, take in, archive."""
        return self._post(ClosingView, f"/api/encounters/{encounter}/closing", command, key)

    def evidence_queue(self) -> EvidenceQueue:
        """What waits for long-term evidence, and why."""
        return self._get(EvidenceQueue, "/api/evidence")

    def retry_evidence(self, key: UUID) -> EvidenceQueue:
        """Try everything that waits at once."""
        return self._post(EvidenceQueue, "/api/evidence/retry", None, key)

    def trust_editions(self) -> tuple[TrustEdition, ...]:
        """Every edition of the trust list, the folder's first."""
        return self._list(TrustEdition, "/api/trust-lists")

    def propose_trust(self, proposal: TrustProposal, key: UUID) -> TrustEdition:
        """Propose the whole next edition."""
        return self._post(TrustEdition, "/api/trust-lists", proposal, key)

    def decide_trust(self, edition: int, decision: TrustDecision, key: UUID, *, accept: bool) -> TrustEdition:
        """The second person's yes or no."""
        verb = "accept" if accept else "reject"
        return self._post(TrustEdition, f"/api/trust-lists/{edition}/{verb}", decision, key)

    def audit(self, patient: UUID) -> tuple[AuditView, ...]:
        """Who did what with this patient's records."""
        return self._list(AuditView, "/api/audit", patient=patient)

    # Anything, and live events

    def send(self, method: str, path: str, body: bytes, content_type: str, key: UUID) -> Answer:
        """A command from the outbox, exactly as it was put there."""
        return self.door.ask(method, path, body=body, content_type=content_type, key=key)

    def events(self) -> EventStream:
        """Live events; iterate on a background thread, close from any."""
        return EventStream(self.door)


def signature_path(entry: UUID, number: int, encounter: UUID, slot: str, *, offline: bool,
                   begun_at: datetime | None) -> str:
    """Where a signed file of that version is handed in, with what the server wants to know beside the file."""
    query = plain_query({"encounter": encounter, "slot": slot, "offline": offline, "begun_at": begun_at})
    return f"/api/entries/{entry}/versions/{number}/signatures?{urlencode(query)}"


def print_path(encounter: UUID) -> str:
    """Where a print is told."""
    return f"/api/encounters/{encounter}/prints"
