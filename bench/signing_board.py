"""The signature board and the ward board of a full hospital: the server's answer beside bare SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from bench.house import House, house
from bench.measure import Figure, p95, times_ms
from bench.rows import row
from records.entries import FormRef, State, Version
from records.forms import current_form
from records.messages import Chart, DraftSave
from server.ids import new_id
from server.store import base, certificates, drafts, entries, people, stays
from server.store.base import plain_dsn
from workstation.config import ZONE
from workstation.models.account import Account

INPATIENTS, PAPERS, DRAFTS, ANSWERS = 300, 12, 2, 20
"""Each patient has a cover that waits for the director, consents that wait for their second doctor, rows as drafts."""
DIRECTOR, WRITER = "tuan.hoangminh", "ha.lethu"
MOST, AHEAD_MS = 4.0, 100.0
"""Our own limit: an answer costs so many times the bare reading of its rows, or so much more than it."""
_STAY = """
    JOIN encounters AS en ON en.id = of.encounter JOIN patients AS pa ON pa.id = en.patient
    JOIN LATERAL (SELECT ward, bed FROM ward_stays WHERE encounter = en.id ORDER BY starts DESC LIMIT 1) AS at ON true
"""
_WAITING = f"""
    SELECT of.entry, of.encounter, e.form, e.edition, e.kind, v.author, v.author_name, v.occurred_at, v.written_at,
        pa.full_name, at.ward, at.bed, s.slot, s.person, s.received_at
    FROM version_states AS of JOIN entries AS e ON e.id = of.entry
    JOIN versions AS v ON v.entry = of.entry AND v.number = of.number {_STAY}
    LEFT JOIN signatures AS s ON s.entry = of.entry AND s.number = of.number
    WHERE of.latest AND of.state = 'partly_signed' AND at.ward = ANY(%(wards)s)
"""
_DRAFTED = f"""
    SELECT of.entry, of.encounter, of.form, of.edition, of.kind, of.person, pe.full_name AS author, of.occurred_at,
        of.updated_at, pa.full_name, at.ward, at.bed
    FROM drafts AS of JOIN people AS pe ON pe.id = of.person {_STAY} WHERE at.ward = ANY(%(wards)s)
"""
_SIGNED = f"""
    SELECT of.entry, of.encounter, e.form, e.edition, e.kind, of.slot, of.number, of.received_at, st.state,
        pa.full_name, at.bed
    FROM signatures AS of JOIN entries AS e ON e.id = of.entry
    JOIN version_states AS st ON st.entry = of.entry AND st.number = of.number {_STAY}
    WHERE of.person = %(me)s AND of.received_at >= date_trunc('day', now())
"""
_BEDS = f"""
    SELECT of.encounter, of.starts, pa.full_name, pa.birth_date, pa.sex, en.admitted_at, en.diagnosis, at.ward, at.bed
    FROM ward_stays AS of {_STAY} WHERE of.ends IS NULL AND of.ward = ANY(%(wards)s)
"""
"""Of each screen the rows that it shows, and of them only the columns that it shows or counts."""


def run() -> list[Figure]:
    """The house for its director, the ward for its doctor, what was signed today, the ward's beds."""
    with house("full") as place:
        _fill(place)
        return list(_figures(place))


def _figures(place: House) -> Iterator[Figure]:
    with base.transaction(place.engine) as db:
        wards = [ward.id for ward in people.all_wards(db)]
    here = place.ward().id
    slots = INPATIENTS * (PAPERS + DRAFTS)
    asked = (
        (f"signature board of the house, {slots} waiting", DIRECTOR, "/api/signing-board?scope=house", wards,
         (_WAITING, _DRAFTED)),
        ("signature board of one ward", WRITER, f"/api/signing-board?scope=ward&ward={here}", [here],
         (_WAITING, _DRAFTED)),
        ("signature board, signed today", WRITER, "/api/signing-board?scope=signed", [here],
         (_SIGNED, _WAITING, _DRAFTED)),
        (f"ward board of {INPATIENTS // len(wards)} patients, with its counts of signatures", WRITER,
         f"/api/wards/{here}/board", [here], (_BEDS, _WAITING, _DRAFTED)),
    )
    for name, who, path, which, statements in asked:
        bare, ours = _answers(place, who, path, which, statements)
        yield Figure(f"{name}: server's answer, p95 of {ANSWERS}", ours, bare, "ms", "bare SQL, what it shows",
                     f"at most {MOST:.0f} times, or bare SQL + {AHEAD_MS:.0f} ms",
                     ours <= max(MOST * bare, bare + AHEAD_MS))


def _answers(place: House, who: str, path: str, wards: list[UUID], statements: tuple[str, ...]
             ) -> tuple[float, float]:
    """p95 of the bare rows through psycopg and of the whole answer over HTTPS, in turn."""
    client, account = place.client(who)
    asked = {"wards": wards, "me": account.person.id}
    bare: list[float] = []
    ours: list[float] = []
    with closing(client), psycopg.connect(plain_dsn(place.settings.dsn), autocommit=True) as db:
        def rows() -> None:
            for statement in statements:
                db.execute(statement, asked).fetchall()

        for turn in range(ANSWERS + 3):
            one, other = times_ms(rows, 1, warm=0), times_ms(lambda: client.ask(path), 1, warm=0)
            if turn >= 3:
                bare += one
                ours += other
    return p95(bare), p95(ours)


def _fill(place: House) -> None:
    """Three hundred patients in all wards, each with papers that wait; once for this house."""
    with base.transaction(place.engine) as db:
        wards = [ward.id for ward in people.all_wards(db)]
        if len(stays.lying_in(db, wards[-1])) >= INPATIENTS // len(wards):
            return
    client, account = place.client(WRITER)
    with closing(client):
        chart = client.chart(place.encounter("Lê Văn Mẫu"))
        for number in range(INPATIENTS):
            encounter = place.encounter(f"Trần Thị Chờ {number:03}", days=number % 9, ward=wards[number % len(wards)])
            _papers(place, encounter, chart, account, number)
    place.vacuum()


def _papers(place: House, encounter: UUID, chart: Chart, account: Account, number: int) -> None:
    """One cover, consents, and drafts of rows, straight into the store."""
    now = datetime.now(UTC)
    cover, consent = _ref("01/BV1", "cover"), _ref("01/BV2", "consent")
    with base.transaction(place.engine) as db:
        key = place.keys.of(db, encounter)
        certificate = next(one for one in certificates.listed(db) if one.person == account.person.id)
        for index in range(PAPERS):
            form, slot = (consent, "surgeon") if index else (cover, "ward_head")
            version: Version = row(chart, account, index, hours_ago=index * 3).model_copy(update={"form": form})
            file, at = f"{number * 100 + index:064x}", now - timedelta(days=index)
            entries.add_version(db, key, version, state=State.PARTLY_SIGNED, open_slots=(), file=file, received_at=now)
            entries.add_signature(db, entries.NewSignature(
                id=new_id(), entry=version.entry, number=1, encounter=encounter, slot=slot,
                person=account.person.id, full_name=account.person.full_name, title=account.person.title,
                certificate=certificate.id, certificate_serial=certificate.serial,
                certificate_issuer=certificate.issuer, signed_at=at, received_at=at, file=file, training=True))
        for index in range(DRAFTS):
            draft = DraftSave(encounter=encounter, form=_ref("36/BV2", "row"), occurred_at=now,
                              values={"subjective": f"Đỡ đau, lần {index}."}, known_revision=0)
            drafts.save(db, key, new_id(), draft, person=account.person.id, revision=1, workstation="bench")


def _ref(code: str, kind: str) -> FormRef:
    form = current_form(code, datetime.now(UTC).astimezone(ZONE).date())
    return FormRef(code=form.code, edition=form.edition, kind=kind)
