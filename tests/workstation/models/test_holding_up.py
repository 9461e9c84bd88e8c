"""What a signature waits for, who holds it up and since when, from the chart alone and with the server's names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from records.entries import FormRef, State
from records.messages import Chart, DraftView, EntryView, SignatureView
from tests.workstation import hospital
from tests.workstation.models.desks import account, draft
from workstation.models.cases import case_of_draft, first_slot, kind_of
from workstation.models.holding_up import HoldUp, before, of_view

NOW = datetime.now(UTC).replace(microsecond=0)
RECORD = FormRef(code="01/BV1", edition="2024-01-01", kind="cover")
NOTE = FormRef(code="06/BV2", edition="2024-01-01", kind="procedure")
CONSENT = FormRef(code="01/BV2", edition="2024-01-01", kind="consent")


def part(kind: str, **changes: Any) -> EntryView:
    ref = RECORD.model_copy(update={"kind": kind})
    return hospital.entry(UUID(int=800 + len(kind)), form=ref, occurred_at=NOW - timedelta(hours=5), **changes)


def mark(slot: str, at: datetime) -> SignatureView:
    return hospital.entry(UUID(int=1)).signatures[0].model_copy(update={"slot": slot, "signed_at": at})


def lines(chart: Chart, ref: FormRef, names: Any = None, **values: Any) -> list[HoldUp]:
    written = draft(form=ref, values=values)
    case = case_of_draft(chart, written, account(), ())
    return list(before(chart, ref, case, first_slot(kind_of(ref)).key, names or {}))


def test_an_earlier_part_that_is_not_written_is_named_and_one_that_is_written_names_its_writer() -> None:
    part_b = RECORD.model_copy(update={"kind": "part_b"})
    assert [(one.what, one.who) for one in lines(hospital.chart(), part_b)] == [("A. Bệnh án: chưa ghi", "")]
    others = DraftView(entry=UUID(int=9), encounter=hospital.ENCOUNTER, person=hospital.OTHER, base_version=0,
                       person_name="Nguyễn Văn Sơn", form=RECORD.model_copy(update={"kind": "part_a"}),
                       occurred_at=NOW, values={}, revision=1, updated_at=NOW - timedelta(minutes=40))
    (one,) = lines(hospital.chart(drafts=[others]), part_b)
    assert (one.what, one.who, one.since) == ("A. Bệnh án: đang soạn", "Nguyễn Văn Sơn", others.updated_at)
    assert lines(hospital.chart([part("part_a")]), part_b) == []


def test_a_paper_that_waits_says_for_whose_slot_and_since_the_signature_before() -> None:
    at = NOW - timedelta(hours=3)
    cover = part("cover", state=State.PARTLY_SIGNED, signatures=(mark("ward_head", at),), open_slots=("director",))
    chart = hospital.chart([part("part_a"), part("part_b"), cover])
    (one,) = of_view(chart, cover, {})
    assert (one.what, one.who, one.since) == ("Bìa bệnh án: chữ ký “Giám đốc bệnh viện”", "Giám đốc bệnh viện", at)
    (named,) = of_view(chart, cover, {(cover.id, "director"): ("Hoàng Minh Tuấn",)})
    assert named.who == "Hoàng Minh Tuấn"
    (several,) = of_view(chart, cover, {(cover.id, "director"): ("A", "B")})
    assert several.who == "Giám đốc bệnh viện"


def test_the_closing_waits_for_each_child_that_is_not_signed() -> None:
    at = NOW - timedelta(hours=3)
    cover = part("cover", state=State.PARTLY_SIGNED, signatures=(mark("ward_head", at),), open_slots=("director",))
    chart = hospital.chart([part("part_a"), part("part_b"), cover])
    told = lines(chart, RECORD.model_copy(update={"kind": "closing"}))
    assert [(one.what, one.since) for one in told] == [("Bìa bệnh án: chữ ký “Giám đốc bệnh viện”", at)]


def test_an_operation_waits_for_the_patient_whose_consent_is_not_whole() -> None:
    at = NOW - timedelta(hours=1)
    paper = hospital.entry(UUID(int=90), form=CONSENT, state=State.PARTLY_SIGNED, open_slots=("patient",),
                           signatures=(mark("surgeon", at - timedelta(hours=1)), mark("anaesthetist", at)))
    (one,) = lines(hospital.chart([paper]), NOTE, performed_at=NOW.isoformat())
    assert (one.what, one.who, one.since) == (
        "Giấy cam kết phẫu thuật, thủ thuật, gây mê: chữ ký “Người bệnh hoặc người đại diện”", "người bệnh", at)
    assert lines(hospital.chart(), NOTE, performed_at=NOW.isoformat()) == []
