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
from server.services.hospital import new_id
from server.store import base, certificates, drafts, entries, people, stays
from server.store.base import plain_dsn
from workstation.config import ZONE
from workstation.models.account import Account

INPATIENTS, PAPERS, DRAFTS, ANSWERS = 300, 12, 2, 20
"""Each patient has a cover that waits for the director, consents that wait for their second doctor, rows as drafts."""
DIRECTOR, WRITER = "tuan.hoangminh", "ha.lethu"
MOST, AHEAD_MS = 4.0, 100.0
"""Our own limit: an answer costs so many times the bare reading of its rows, or so much more than it."""
_WAITING = """
    SELECT st.*, e.*, v.author, v.author_name, v.occurred_at, v.written_at, pa.full_name, en.*, at.ward, at.bed, s.*
    FROM version_states AS st JOIN entries AS e ON e.id = st.entry
    JOIN versions AS v ON v.entry = st.entry AND v.number = st.number
    JOIN encounters AS en ON en.id = st.encounter JOIN patients AS pa ON pa.id = en.patient
    JOIN LATERAL (SELECT ward, bed FROM ward_stays WHERE encounter = en.id ORDER BY starts DESC LIMIT 1) AS at ON true
    LEFT JOIN signatures AS s ON s.entry = st.entry AND s.number = st.number
    WHERE st.latest AND st.state = 'partly_signed' AND at.ward = ANY(%(wards)s)
"""
_DRAFTED = """
    SELECT d.*, pe.full_name, pa.full_name, en.*, at.ward, at.bed
    FROM drafts AS d JOIN people AS pe ON pe.id = d.person JOIN encounters AS en ON en.id = d.encounter
    JOIN patients AS pa ON pa.id = en.patient
    JOIN LATERAL (SELECT ward, bed FROM ward_stays WHERE encounter = en.id ORDER BY starts DESC LIMIT 1) AS at ON true
    WHERE at.ward = ANY(%(wards)s)
"""


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
        (f"signature board of the house, {slots} waiting", DIRECTOR, "/api/signing-board?scope=house", wards),
        ("signature board of one ward", WRITER, f"/api/signing-board?scope=ward&ward={here}", [here]),
        ("signature board, signed today", WRITER, "/api/signing-board?scope=signed", [here]),
        (f"ward board of {INPATIENTS // len(wards)} patients, with its counts of signatures", WRITER,
         f"/api/wards/{here}/board", [here]),
    )
    for name, who, path, which in asked:
        bare, ours = _answers(place, who, path, which)
        yield Figure(f"{name}: server's answer, p95 of {ANSWERS}", ours, bare, "ms", "bare SQL, its rows",
                     f"at most {MOST:.0f} times, or bare SQL + {AHEAD_MS:.0f} ms",
                     ours <= max(MOST * bare, bare + AHEAD_MS))


def _answers(place: House, who: str, path: str, wards: list[UUID]) -> tuple[float, float]:
    """p95 of the bare rows through psycopg and of the whole answer over HTTPS, in turn."""
    client, _ = place.client(who)
    bare: list[float] = []
    ours: list[float] = []
    with closing(client), psycopg.connect(plain_dsn(place.settings.dsn), autocommit=True) as db:
        def rows() -> None:
            for statement in (_WAITING, _DRAFTED):
                db.execute(statement, {"wards": wards}).fetchall()

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
