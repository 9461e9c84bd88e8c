"""One record from admission to the records office: signed in its order with real tokens, handed over with CDA."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from records.entries import State
from records.messages import Chart, EncounterView
from records.pades import judge
from records.render import render_entry
from records.trust import Trust
from tests.journeys.conftest import Town
from tests.journeys.hands import (
    DIRECTOR,
    DOCTOR,
    HEAD,
    OFFICE,
    Hand,
    admitted,
    drawn,
    everybody,
    gathered,
    left,
    refused,
)

pytestmark = pytest.mark.xdist_group("journeys")


@pytest.fixture
def hands(town: Town) -> dict[str, Hand]:
    return everybody(town)


@pytest.fixture
def stay(hands: dict[str, Hand]) -> EncounterView:
    return admitted(hands[DOCTOR].client, "Người Bệnh Ra Viện")


def test_a_record_goes_from_part_a_to_the_records_office_in_its_order(
    town: Town, hands: dict[str, Hand], stay: EncounterView, tmp_path: Path,
) -> None:
    doctor, head, director, office = (hands[name] for name in (DOCTOR, HEAD, DIRECTOR, OFFICE))
    with refused("kind_waits_for_kind"):
        doctor.signs_part(stay, "part_b")
    parts = [doctor.signs_part(stay, "part_a", systolic=120), doctor.signs_part(stay, "part_b")]
    left(doctor.client, stay)

    cover = head.writes(stay, "cover")
    paper = render_entry(cover)
    with refused("slot_waits_for_slot"):
        director.hands_in(cover, "director", director.signs(cover, "director", paper))
    by_head = head.signs(cover, "ward_head", paper)
    half = head.hands_in(cover, "ward_head", by_head)
    assert (half.state, half.open_slots) == (State.PARTLY_SIGNED, ("director",))
    with refused("kind_waits_for_kind", "children_unsigned"):
        early = doctor.writes(stay, "closing", gathered=gathered(*parts, half))
        doctor.hands_in(early, "giver", doctor.signs(early, "giver", drawn(doctor, early, [*parts, half])))
    parts.append(director.hands_in(cover, "director", director.signs(cover, "director", by_head)))
    assert [mark.slot for mark in parts[-1].signatures] == ["ward_head", "director"]

    closing = doctor.writes(stay, "closing", gathered=gathered(*parts))
    given = doctor.signs(closing, "giver", drawn(doctor, closing, parts))
    doctor.hands_in(closing, "giver", given)
    received = office.signs(closing, "receiver", given)
    done = office.hands_in(closing, "receiver", received)
    assert (done.state, done.open_slots) == (State.SIGNED, ())
    chart = office.client.chart(stay.id)
    assert {view.state for view in chart.entries} == {State.SIGNED}
    assert not {clock.kind for clock in chart.clocks if clock.state != "done"}
    assert_good_everywhere(town, office, chart, tmp_path)


def assert_good_everywhere(town: Town, hand: Hand, chart: Chart, folder: Path) -> None:
    """Every file as it came back from the server: checked without it, and the whole store walked."""
    files = []
    for view in chart.entries:
        files.append(folder / f"{view.form.kind}.pdf")
        files[-1].write_bytes(hand.client.file(view.file))
    checked = town.benhan_server("check", "--trust", town.home.trust, *files)
    assert (checked.returncode, len(files)) == (0, 4), checked.stdout
    trust = Trust.from_pem(*(text.encode() for text in hand.account.trust_roots))
    closing = judge((folder / "closing.pdf").read_bytes(), trust, datetime.now(UTC))
    assert [signature.signer for signature in closing.signatures] == ["Lê Thu Hà", "Vũ Thị Lan"]
    verified = town.benhan_server("verify", "--home", town.home.folder)
    assert verified.returncode == 0, verified.stdout
