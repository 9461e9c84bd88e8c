"""Long-term evidence of signed files: gathered from a queue that survives restarts, with back-off, never in silence.

The task is written in the transaction that accepted the last signature. The signed file stays as it was acknowledged;
the evidence file is a further file of the same version that begins with it, with a receipt of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection

from records import evidence, pades, receipts, revocation
from records.deadlines import ZONE
from records.entries import FormRef
from records.errors import Reason, Refusal, Trouble
from records.evidence_demand import Step, demanded, shortfalls
from records.forms import form
from records.messages import EvidenceQueue, EvidenceTaskView
from records.pades import Wanted
from records.revocation import Evidence
from records.signatures import EvidenceLevel, Question, Verdict
from server.services import revocation as asking
from server.services import rights, timestamping
from server.services.hospital import Desk, Hospital
from server.services.rights import Right
from server.services.trust_services import Resting
from server.store import audit, base, closing, entries, evidence_demands, files
from server.store import evidence as store
from server.store.evidence import Task
from server.store.keys import ScopeKey

_log = logging.getLogger("benhan.server.evidence")
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
RESTED_TRIES = 5
"""So often a file that only found a service at rest is tried again when the rest is over; then it waits longer and
longer as others do, for in a long outage thousands of files would be opened twice a minute to no purpose."""
A_MOMENT = timedelta(seconds=1)
WITHOUT_CONTRACT = timedelta(days=1)
"""How often a hospital without a time-stamp contract is looked at: it may have signed one."""


class _Failed(Refusal):
    """No waiting will mend it: a certificate was revoked before it signed."""


def begin(hospital: Hospital) -> int:
    """The server starts: a time-stamp contract that was not there before is used for what waited for it. How many."""
    if not hospital.settings.tsa_url:
        return 0
    with base.transaction(hospital.engine) as db:
        return store.wake_for(db, "no_time_stamp_contract")


def work(hospital: Hospital) -> bool:
    """Take the task that is due, if there is one, and see it through; whether there was one."""
    with base.transaction(hospital.engine) as db:
        task = store.claim(db)
    if task is None:
        return False
    try:
        _gather(hospital, task)
    except _Failed as failed:
        with base.transaction(hospital.engine) as db:
            store.fail(db, task, failed.reasons)
            base.notify(db, "evidence", encounter=task.encounter, entry=task.entry)
    except Refusal as refusal:
        _postpone(hospital, task, refusal)
    return True


def _postpone(hospital: Hospital, task: Task, refusal: Refusal) -> None:
    codes = {reason.code for reason in refusal.reasons}
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(task.attempts - 1, 12))
    if isinstance(refusal, Resting) and task.attempts <= RESTED_TRIES:
        wait = min(wait, timedelta(seconds=refusal.left_s) + A_MOMENT)  # nobody was asked: it was never really tried
    if "no_time_stamp_contract" in codes:
        wait = WITHOUT_CONTRACT
    _log.info("Evidence of %s/%s waits: %s", task.entry, task.number, refusal)
    with base.transaction(hospital.engine) as db:
        if "key_destroyed" in codes:
            store.drop(db, task)
        else:
            store.postpone(db, task, datetime.now(UTC) + wait, refusal.reasons)


def _gather(hospital: Hospital, task: Task) -> None:
    if task.level is EvidenceLevel.B and not hospital.settings.tsa_url:
        raise Refusal.because("no_time_stamp_contract")
    with base.transaction(hospital.engine) as db:
        key = hospital.keys.of(db, task.encounter)
    signed = hospital.blobs.get(key, task.file)
    now = datetime.now(UTC)
    file, wanted = _timed(hospital, signed, now)
    found = _proofs(hospital, wanted)
    whole = evidence.stored(file, Evidence(tuple(wanted.certificates)).and_also(found))
    verdict = pades.judge(whole, hospital.trust, datetime.now(UTC))
    if verdict.answer(Question.NOT_REVOKED) == "no":
        raise _Failed(*verdict.reasons)
    if not verdict.good or verdict.level is not EvidenceLevel.LT:
        raise Refusal(*(verdict.reasons or _open(verdict)))
    _keep(hospital, task, key, whole, verdict)


def _timed(hospital: Hospital, signed: bytes, now: datetime) -> tuple[bytes, Wanted]:
    """The file with every signature's time proved: by its own stamp, else by one for the document."""
    wanted = pades.wanted(signed, hospital.trust, now)
    if wanted.timed:
        return signed, wanted
    place = evidence.stamp_place(signed)
    file = place.filled(timestamping.stamp(hospital, place.digest).der)
    return file, pades.wanted(file, hospital.trust, datetime.now(UTC))


def _proofs(hospital: Hospital, wanted: Wanted) -> Evidence:
    """For each certificate the newest answer that settles its moment; trouble when an authority gave none."""
    found = Evidence()
    for link, moment in wanted.links:
        # An answer that was given after the moment proves it; one that was fresh then does too, if there is no other.
        missed: list[Refusal] = []
        told = asking.fetched(hospital, [link], moment, missed.append)
        best = revocation.proof([link], told, moment)
        if best is None:
            raise _incomplete(revocation.name(link), missed)
        found = found.and_also(best)
    return found


def _incomplete(name: str, missed: Sequence[Refusal]) -> Trouble:
    """An authority gave no answer; whether it was asked at all."""
    reason = Reason("evidence_incomplete", name)
    rests = [one.left_s for one in missed if isinstance(one, Resting)]
    return Resting(reason, left_s=min(rests)) if rests and len(rests) == len(missed) else Trouble(reason)


def _open(verdict: Verdict) -> tuple[Reason, ...]:
    """What keeps a good file from lasting."""
    findings = (*verdict.findings, *(item for one in verdict.signatures for item in one.findings))
    about = (Question.EVIDENCE_KEPT, Question.TIME_STAMPED, Question.NOT_REVOKED)
    return tuple(reason for item in findings if item.question in about and item.answer != "yes"
                 for reason in item.reasons)


def _keep(hospital: Hospital, task: Task, key: ScopeKey, whole: bytes, verdict: Verdict) -> None:
    """The evidence file, its receipt, its row, and the end of the task, in one transaction."""
    sha256 = hospital.blobs.put(key, whole)
    now, server = datetime.now(UTC), hospital.server_key
    with base.transaction(hospital.engine) as db:
        base.lock(db, "entry", task.entry)
        closing.hold(db, task.encounter)
        if not store.wanted(db, task):
            return  # the record was archived meanwhile: its files stay as they are
        store.add_file(db, sha256, task, verdict.level)
        receipt = receipts.make(_answered(hospital, db, task, verdict), now, server.id, server.sign)
        files.add_receipt(db, receipt, file=sha256, scope=task.encounter, server_key=server.id, received_at=now,
                          entry=task.entry, number=task.number)
        store.finish(db, task, verdict.level)
        audit.note(db, "evidence.complete", encounter=task.encounter, entry=task.entry,
                   facts={"number": task.number, "file": sha256, "signed": task.file, "level": verdict.level.value})
        base.notify(db, "entry", encounter=task.encounter, entry=task.entry)


_ASKED_AT_ACCEPTANCE = (Question.SIGNER_ENROLLED, Question.AUTHORISED)


def _answered(hospital: Hospital, db: Connection, task: Task, verdict: Verdict) -> Verdict:
    """What only the server could answer was answered when the signed file was taken: its receipt says how."""
    receipt = files.receipt(db, task.file)
    keys = receipts.keys_from_pem(pem.encode() for pem in hospital.receipt_keys)
    try:
        before = receipts.verify(receipt, keys, task.file).verdict.signatures if receipt is not None else ()
    except Refusal:
        return verdict  # of a server whose key is not here: the questions stay open
    for signature in before:
        for finding in signature.findings:
            if finding.question in _ASKED_AT_ACCEPTANCE:
                verdict = verdict.with_signature_finding(signature.slot, finding)
    return verdict


def due(desk: Desk, file: str, entry: UUID, number: int, verdict: Verdict) -> None:
    """The last who must has signed: evidence is gathered from now on."""
    store.add_task(desk.db, Task(file, entry, number, desk.scope, verdict.level, 0))


def queue(desk: Desk) -> EvidenceQueue:
    """What waits, for those who answer for records and for the services."""
    rights.demand(desk.person, Right.SEE_EVIDENCE)
    counted = store.counts(desk.db)
    return EvidenceQueue(
        waiting=counted.get("waiting", 0), failed=counted.get("failed", 0), done=counted.get("done", 0),
        stamps=bool(desk.hospital.settings.tsa_url), complete=demanded_now(desk, Step.COMPLETE).value,
        archive=demanded_now(desk, Step.ARCHIVE).value, tasks=tuple(_view(item) for item in store.waiting(desk.db)))


def demanded_now(desk: Desk, step: Step) -> EvidenceLevel:
    """The level that the hospital demands today."""
    return demanded(step, evidence_demands.read(desk.db), desk.now.astimezone(ZONE).date())


def missing(desk: Desk, encounter: UUID, step: Step) -> tuple[Reason, ...]:
    """R16, R30: which signed papers of an encounter fall short of what the hospital demands for that step today."""
    found = store.levels(desk.db, encounter)
    names = entries.kinds_of(desk.db, [entry for entry, _ in found])
    levels = {f"{_name(names[entry])} ({entry})": level for (entry, _), level in found.items()}
    return tuple(shortfalls(step, levels, evidence_demands.read(desk.db), desk.now.astimezone(ZONE).date()))


def _name(ref: FormRef) -> str:
    return form(ref.code, ref.edition).kind(ref.kind).name


def retry(desk: Desk) -> EvidenceQueue:
    """Try everything that waits at once: a service is back, or a trust list was mended."""
    rights.demand(desk.person, Right.SEE_EVIDENCE)
    desk.hospital.services.wake()
    desk.note("evidence.retry", facts={"files": store.retry_at_once(desk.db)})
    return queue(desk)


def _view(item: store.Waiting) -> EvidenceTaskView:
    task = item.task
    return EvidenceTaskView(
        entry=task.entry, number=task.number, encounter=task.encounter, file=task.file, level=task.level.value,
        state="failed" if item.state == "failed" else "waiting", since=item.since, next_at=item.next_at,
        attempts=task.attempts, reasons=tuple(reason.as_json() for reason in item.reasons))
