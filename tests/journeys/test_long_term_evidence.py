"""A record for ten years: stamped when signed, proved by the server, closed, archived; and with the services down."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from records.entries import EncounterState
from records.errors import Refusal, Trouble
from records.messages import Chart, ClosingCommand, EncounterView
from records.pades import judge
from records.render import render_entry
from records.signatures import EvidenceLevel
from records.trust import Trust
from tests.forgeries import outside
from tests.journeys.conftest import Town, opened
from tests.journeys.hands import DIRECTOR, DOCTOR, HEAD, OFFICE, Hand, admitted, drawn, everybody, gathered, left
from workstation.ids import new_id

pytestmark = pytest.mark.xdist_group("journeys in towns of their own")
PATIENCE_S = 60
PRESSED_AGAIN_S = 10
"""A service that was too slow once is left alone for half a minute and the paper for longer: who waits asks again."""


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """A hospital of its own: certificates that are revoked here are revoked for good."""
    with opened() as running:
        yield running


@pytest.fixture
def hands(town: Town) -> dict[str, Hand]:
    """Everybody, with the services awake and the least demanded."""
    town.proofs.down.clear()
    _demand(town, "B")
    found = everybody(town)
    found[OFFICE].client.retry_evidence(new_id())  # a service that failed is left alone for half a minute
    return found


def whole(hands: dict[str, Hand], name: str, *, stamped: bool = True) -> EncounterView:
    """A record that everybody signed, of a patient who left."""
    doctor, head, director, office = (hands[each] for each in (DOCTOR, HEAD, DIRECTOR, OFFICE))
    stay = admitted(doctor.client, name)
    parts = [doctor.signs_part(stay, "part_a", stamped=stamped, systolic=120),
             doctor.signs_part(stay, "part_b", stamped=stamped)]
    left(doctor.client, stay)
    cover = head.writes(stay, "cover")
    by_head = head.signs(cover, "ward_head", render_entry(cover), stamped=stamped)
    head.hands_in(cover, "ward_head", by_head)
    both = director.signs(cover, "director", by_head, stamped=stamped)
    parts.append(director.hands_in(cover, "director", both))
    closing = doctor.writes(stay, "closing", gathered=gathered(*parts))
    given = doctor.signs(closing, "giver", drawn(doctor, closing, parts), stamped=stamped)
    doctor.hands_in(closing, "giver", given)
    office.hands_in(closing, "receiver", office.signs(closing, "receiver", given, stamped=stamped))
    return stay


def _demand(town: Town, level: str) -> None:
    done = town.benhan_server("evidence", "archive", level, "--config", town.home.server_settings, "--since",
                              f"{datetime.now(UTC).date() - timedelta(days=1)}")
    assert done.returncode == 0, done.stderr


def until(office: Hand, stay: EncounterView, what: Callable[[Chart], bool]) -> Chart:
    """Wait for the server's own work, and press «Thử lại» now and then."""
    begun = pressed = time.monotonic()
    while not what(chart := office.client.chart(stay.id)):
        now = time.monotonic()
        assert now - begun < PATIENCE_S, ([(view.form.kind, view.evidence) for view in chart.entries],
                                          office.client.evidence_queue())
        if now - pressed > PRESSED_AGAIN_S:
            with suppress(Trouble):  # a disk that is busy for ten seconds: a person presses again
                office.client.retry_evidence(new_id())
            pressed = now
        time.sleep(0.3)
    return chart


def refused(office: Hand, stay: EncounterView, act: str) -> set[str]:
    with pytest.raises(Refusal) as told:
        office.client.close_record(stay.id, ClosingCommand(act=act), new_id())
    return {reason.code for reason in told.value.reasons}


def test_stamped_proved_closed_and_archived_and_every_judge_agrees(
    town: Town, hands: dict[str, Hand], tmp_path: Path,
) -> None:
    office = hands[OFFICE]
    _demand(town, "LT")
    stay = whole(hands, "Người Bệnh Lưu Trữ")
    chart = until(office, stay, lambda chart: all(view.evidence == "LT" for view in chart.entries))
    check = office.client.closing(stay.id)
    assert [point.reason["code"] for point in check.points] == ["closing_not_taken_in"]
    office.client.close_record(stay.id, ClosingCommand(act="completed", content=check.content), new_id())
    done = office.client.close_record(stay.id, ClosingCommand(act="archived", content=check.content), new_id())
    assert (done.row.state, done.row.level, done.archive) == (EncounterState.ARCHIVED, "LT", "LT")

    trust = Trust.from_pem(*(text.encode() for text in office.account.trust_roots))
    root = x509.load_pem_x509_certificate((town.home.trust / "training-root.pem").read_bytes())
    now = datetime.now(UTC)
    for view in chart.entries:
        signed, lasting = office.client.file(view.file), office.client.file(view.evidence_file)
        assert lasting.startswith(signed)
        verdict = judge(lasting, trust, now)
        assert (verdict.good, verdict.level) == (True, EvidenceLevel.LT)
        assert outside.poppler(signed, tmp_path), "pdfsig knows no file with evidence behind its signature"
        assert outside.qpdf(lasting, tmp_path)
        assert outside.ades(lasting, root.public_bytes(Encoding.DER), now) == "OK"
    assert town.benhan_server("verify", "--home", town.home.folder).returncode == 0


def test_with_the_stamps_away_the_record_waits_or_goes_in_visibly_weaker(town: Town, hands: dict[str, Hand]) -> None:
    office = hands[OFFICE]
    town.proofs.down.add("tsa")
    stay = whole(hands, "Người Bệnh Không Dấu")
    chart = until(office, stay, lambda chart: len(chart.entries) == 4)
    assert {(view.evidence, view.evidence_pending) for view in chart.entries} == {("B", True)}

    def tried() -> bool:
        tasks = [task for task in office.client.evidence_queue().tasks if task.encounter == stay.id]
        assert len(tasks) == 4
        return all(task.attempts and task.next_at > task.since for task in tasks)

    ends = time.monotonic() + PATIENCE_S
    while not tried():
        assert time.monotonic() < ends
        time.sleep(0.5)
    office.client.close_record(stay.id, ClosingCommand(act="completed"), new_id())
    _demand(town, "T")
    assert refused(office, stay, "archived") == {"evidence_below_demand"}

    town.proofs.down.clear()
    office.client.retry_evidence(new_id())
    until(office, stay, lambda chart: all(view.evidence == "LT" for view in chart.entries))
    town.proofs.down.add("tsa")
    weaker = whole(hands, "Người Bệnh Mức Thấp")
    _demand(town, "B")
    office.client.close_record(weaker.id, ClosingCommand(act="completed"), new_id())
    done = office.client.close_record(weaker.id, ClosingCommand(act="archived"), new_id())
    assert (done.row.level, done.acts[-1].demanded) == ("B", "B")
    assert office.client.chart(weaker.id).encounter.archived_level == "B"
    strong = office.client.close_record(stay.id, ClosingCommand(act="archived"), new_id())
    assert strong.row.level == "LT"


def test_a_certificate_revoked_after_the_stamp_proves_and_one_revoked_before_never(
    town: Town, hands: dict[str, Hand],
) -> None:
    office, authority = hands[OFFICE], town.proofs.authorities["issuing"]
    town.proofs.down |= {"ocsp", "crl"}
    # Nobody was asked about these two before: an answer that was fresh when they signed would settle it for good.
    after = whole({**hands, DOCTOR: Hand(town, "son.nguyenvan")}, "Người Bệnh Thu Hồi Sau")
    before = whole({**hands, DOCTOR: Hand(town, "nghia.tranhuu")}, "Người Bệnh Thu Hồi Trước")
    now = datetime.now(UTC).replace(microsecond=0)
    authority.revoked |= {certificate_of(office, after, "Nguyễn Văn Sơn"): now + timedelta(seconds=1),
                          certificate_of(office, before, "Trần Hữu Nghĩa"): now - timedelta(hours=1)}
    time.sleep(1.5)
    town.proofs.down.clear()
    office.client.retry_evidence(new_id())
    until(office, after, lambda chart: all(view.evidence == "LT" for view in chart.entries))
    until(office, before, lambda _: "closing_evidence_failed" in points(office, before))
    assert not points(office, after) - {"closing_not_taken_in"}
    assert "closing_evidence_failed" in refused(office, before, "completed"), "at whatever level is demanded"


def certificate_of(office: Hand, stay: EncounterView, name: str) -> int:
    """The serial number of the certificate with which somebody signed here."""
    return next(int(mark.certificate_serial, 16) for view in office.client.chart(stay.id).entries
                for mark in view.signatures if mark.full_name == name)


def points(office: Hand, stay: EncounterView) -> set[str]:
    return {point.reason["code"] for point in office.client.closing(stay.id).points}
