"""Walking the store: every version, file, signature and receipt must tell one story; whatever does not is named.

Each walk stands alone, so that one broken thing does not hide those of another kind. What a destroyed key has closed
is counted apart: its rows are still compared, its contents are gone by law.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from records import canonical, policy, receipts
from records.entries import ENDED, State
from records.errors import Reason, Refusal
from records.forms import form
from records.receipts import PublicKey, Receipt
from records.signatures import Verdict, same_name
from server.store import chart, entry_views
from server.store import images as image_files
from server.store.blobs import Blobs, Place
from server.store.entries import about
from server.store.keys import Keys, ScopeKey

Judge = Callable[[bytes], Iterable[Reason]]
"""What is wrong with a signed file, judged anew; nothing when it is good."""


@dataclass(frozen=True)
class Walked:
    """One walk: how many things were looked at, how many a destroyed key has closed, and what is broken."""

    kind: str
    looked_at: int
    closed: int
    broken: tuple[Reason, ...]


@dataclass(frozen=True)
class _Found:
    """One thing that was looked at."""

    reasons: tuple[Reason, ...] = ()
    closed: bool = False


def versions(db: Connection, keys: Keys) -> Walked:
    """Each body opens with its encounter's key, is canonical, has its hash, and says what its row says."""
    ring = _Ring(db, keys)
    return _walked("versions", (_version(row, ring) for row in db.execute(_VERSIONS)))


def files(db: Connection, keys: Keys, blobs: Blobs, judge: Judge | None = None) -> Walked:
    """Each signed file is there and has its hash; with `judge`, what was accepted is judged anew."""
    ring = _Ring(db, keys)
    return _walked("files", (_file(row, ring, blobs, judge) for row in db.execute(_FILES)))


def images(db: Connection, keys: Keys, place: Place, *, whole: bool = False) -> Walked:
    """Each image that was acknowledged is there, as long as it was, and opens at its end; `whole`: it has its hash."""
    ring = _Ring(db, keys)
    return _walked("images", (_image(row, ring, place, whole=whole) for row in db.execute(_IMAGES)))


def signed(db: Connection, trusted: Mapping[str, PublicKey]) -> Walked:
    """Each signature's row says what the server's receipt for its file says, and no signature has vanished."""
    rows = (_signature(row, trusted) for row in db.execute(_SIGNATURES))
    vanished = (_Found((Reason("signature_vanished", row.file, {"entry": row.entry}),))
                for row in db.execute(_VANISHED))
    return _walked("signatures", (*rows, *vanished))


def receipted(db: Connection, trusted: Mapping[str, PublicKey]) -> Walked:
    """Each receipt is signed by a key of the server's and is about the file that its row names."""
    return _walked("receipts", (_receipt(row, trusted) for row in db.execute(_RECEIPTS)))


def states(db: Connection) -> Walked:
    """Where each version stands follows from its signatures; a projection that differs can be built anew."""
    return _walked("states", (_state(row) for row in db.execute(_STATES)))


def shown(db: Connection, keys: Keys) -> Walked:
    """Each finished entry that charts show says what its versions, signatures and settlements say."""
    ring = _Ring(db, keys)
    encounters = db.execute(_SHOWN, {"edition": chart.edition()}).all()
    return _walked("shown", (found for row in encounters for found in _shown(db, row, ring)))


class _Ring:
    """The keys of one walk, by scope; nothing for a key that was destroyed."""

    def __init__(self, db: Connection, keys: Keys) -> None:
        self._db, self._keys = db, keys
        self._known: dict[UUID, ScopeKey | Refusal] = {}

    def key(self, scope: UUID) -> ScopeKey:
        """The key, or why there is none."""
        if scope not in self._known:
            try:
                self._known[scope] = self._keys.of(self._db, scope)
            except Refusal as refusal:
                self._known[scope] = refusal
        known = self._known[scope]
        if isinstance(known, Refusal):
            raise known
        return known


def _walked(kind: str, found: Iterable[_Found]) -> Walked:
    everything = list(found)
    return Walked(kind, len(everything), sum(one.closed for one in everything),
                  tuple(reason for one in everything for reason in one.reasons))


def _refused(refusal: Refusal) -> _Found:
    if all(reason.code == "key_destroyed" for reason in refusal.reasons):
        return _Found(closed=True)
    return _Found(refusal.reasons)


def _version(row: Row[Any], ring: _Ring) -> _Found:
    try:
        body = ring.key(row.encounter).decrypt(about(row.entry, row.number), row.body)
        said = canonical.decode(body)
    except Refusal as refusal:
        return _refused(refusal)
    differing = [name for name, same in {
        "entry": said.entry == row.entry,
        "number": said.version == row.number,
        "encounter": said.stay.id == row.encounter,
        "sha256": canonical.sha256(body) == row.sha256,
        "form": (said.form.code, said.form.edition, said.form.kind) == (row.form, row.edition, row.kind),
        "author": (said.author.id, said.author.full_name, said.author.title) == (
            row.author, row.author_name, row.author_title),
        "times": (said.occurred_at, said.written_at) == (row.occurred_at, row.written_at),
        "renderer": said.renderer == row.renderer,
    }.items() if not same]
    return _Found(tuple(Reason("version_row_differs", _name(row), {"field": name}) for name in differing))


def _file(row: Row[Any], ring: _Ring, blobs: Blobs, judge: Judge | None) -> _Found:
    try:
        data = blobs.get(ring.key(row.scope), row.file)
    except Refusal as refusal:
        return _refused(refusal)
    return _Found(tuple(judge(data)) if judge is not None and row.accepted else ())


def _image(row: Row[Any], ring: _Ring, place: Place, *, whole: bool) -> _Found:
    try:
        file = image_files.open_file(place, ring.key(row.study), row.file)
        data = file.read(0 if whole else max(0, file.size - 1))
    except Refusal as refusal:
        return _refused(refusal)
    if file.size != row.length or (whole and hashlib.sha256(data).hexdigest() != row.file):
        return _Found((Reason("ciphertext_damaged", row.uid),))
    return _Found()


def _signature(row: Row[Any], trusted: Mapping[str, PublicKey]) -> _Found:
    verdict = _verdict(row, trusted)
    if verdict is None:
        return _Found((Reason("signature_without_receipt", _name(row), {"slot": row.slot}),))
    said = next((one for one in verdict.signatures if one.slot == row.slot), None)
    content = verdict.content
    same = (
        said is not None and content is not None
        and (content.entry, content.version, content.sha256) == (row.entry, row.number, row.sha256)
        and (said.serial, said.issuer, said.title) == (row.certificate_serial, row.certificate_issuer, row.title)
        and (said.claimed_at is None or said.claimed_at == row.signed_at.replace(microsecond=0))
        and said.certificate_sha256 == row.certificate_sha256 and row.person == row.enrolled_for
        and same_name(said.signer, row.full_name)
    )
    return _Found(() if same else (Reason("signature_row_differs", _name(row), {"slot": row.slot}),))


def _verdict(row: Row[Any], trusted: Mapping[str, PublicKey]) -> Verdict | None:
    if row.receipt is None:
        return None
    try:
        return receipts.verify(Receipt(row.receipt, row.receipt_signature), trusted, row.file).verdict
    except Refusal:
        return None


def _receipt(row: Row[Any], trusted: Mapping[str, PublicKey]) -> _Found:
    try:
        receipts.verify(Receipt(row.body, row.signature), trusted, row.file)
    except Refusal as refusal:
        return _Found(tuple(Reason("receipt_row_broken", row.file, {"detail": reason.english})
                            for reason in refusal.reasons))
    return _Found()


def _state(row: Row[Any]) -> _Found:
    return _Found(tuple(Reason("state_differs", _name(row), {"what": what}) for what in _wrong_about(row)))


def _wrong_about(row: Row[Any]) -> Iterator[str]:
    if row.state is None:
        yield "missing"
        return
    if row.latest != (row.number == row.highest):
        yield "latest"
    if State(row.state) in ENDED:
        return
    kind = form(row.form, row.edition).kind(row.kind)
    done = tuple(policy.SignedSlot(slot, row.author, row.written_at) for slot in row.slots or ())
    still_open = policy.open_slots(kind, done)
    if tuple(row.open_slots) != still_open or row.state != (State.PARTLY_SIGNED if still_open else State.SIGNED).value:
        yield "slots"
    if row.newest_file != row.file:
        yield "file"


def _shown(db: Connection, row: Row[Any], ring: _Ring) -> Iterator[_Found]:
    try:
        key = ring.key(row.encounter)
        true = {made.entry: made.json for made in chart.of_entries(db, key, row.entries)}
    except Refusal as refusal:
        yield from (_refused(refusal) for _ in row.entries)
        return
    for entry, content in zip(row.entries, row.contents, strict=True):
        try:
            same = key.decrypt(entry_views.about(entry), content) == true.get(entry)
        except Refusal as refusal:
            yield _refused(refusal)
        else:
            yield _Found(() if same else (Reason("entry_view_differs", str(entry)),))


def _name(row: Row[Any]) -> str:
    return f"{row.entry}/{row.number}"


_VERSIONS = text("""
    SELECT v.*, e.form, e.edition, e.kind FROM versions AS v JOIN entries AS e ON e.id = v.entry
    ORDER BY v.encounter, v.entry, v.number
""").execution_options(yield_per=500)
_FILES = text("""
    SELECT file, scope, bool_or(accepted) AS accepted FROM (
        SELECT file, encounter AS scope, true AS accepted FROM signatures
        UNION ALL SELECT file, encounter, true FROM evidence_files
        UNION ALL SELECT file, scope, false FROM settlements
    ) AS kept GROUP BY file, scope ORDER BY scope, file
""")
_IMAGES = text("""
    SELECT uid, study, file, length FROM image_instances
    UNION ALL SELECT uid, study, file, length FROM image_strays AS t
    -- What a person released, or was filed when it came again, is the same file.
    WHERE NOT EXISTS (SELECT FROM image_instances AS i WHERE i.uid = t.uid AND i.file = t.file)
    ORDER BY study, uid
""")
_SIGNATURES = text("""
    SELECT s.*, v.sha256, c.sha256 AS certificate_sha256, c.person AS enrolled_for,
        r.body AS receipt, r.signature AS receipt_signature
    FROM signatures AS s
    JOIN versions AS v ON v.entry = s.entry AND v.number = s.number
    JOIN certificates AS c ON c.id = s.certificate
    LEFT JOIN LATERAL (SELECT body, signature FROM receipts WHERE receipts.file = s.file AND receipts.entry = s.entry
                       ORDER BY id LIMIT 1) AS r ON true
    ORDER BY s.received_at
""").execution_options(yield_per=500)
# The audit tells of each file that was accepted, and its chain proves that the telling was not changed.
_VANISHED = text("""
    SELECT told.facts ->> 'file' AS file, told.entry FROM audit_events AS told
    WHERE told.action = 'signature.accept'
    AND NOT EXISTS (SELECT FROM signatures AS s WHERE s.file = told.facts ->> 'file' AND s.entry = told.entry)
""")
_RECEIPTS = text("SELECT file, body, signature FROM receipts ORDER BY id").execution_options(yield_per=500)
_SHOWN = text("""
    SELECT encounter, array_agg(entry ORDER BY entry) AS entries, array_agg(content ORDER BY entry) AS contents
    FROM entry_views WHERE edition = :edition GROUP BY encounter ORDER BY encounter
""").execution_options(yield_per=50)
_STATES = text("""
    SELECT v.entry, v.number, v.author, v.written_at, e.form, e.edition, e.kind, st.state, st.latest, st.open_slots,
        st.file, max(v.number) OVER (PARTITION BY v.entry) AS highest, s.slots, s.newest_file
    FROM versions AS v
    JOIN entries AS e ON e.id = v.entry
    LEFT JOIN version_states AS st ON st.entry = v.entry AND st.number = v.number
    LEFT JOIN LATERAL (
        SELECT array_agg(slot) AS slots, (array_agg(file ORDER BY received_at DESC) FILTER (WHERE file <> ''))[1]
            AS newest_file
        FROM (SELECT slot, file, received_at FROM signatures WHERE entry = v.entry AND number = v.number
              UNION ALL SELECT slot, '', received_at FROM confirmations
              WHERE document_entry = v.entry AND document_number = v.number AND confirmed) AS filled) AS s ON true
    ORDER BY v.entry, v.number
""")
