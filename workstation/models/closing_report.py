"""The closing check on paper: what the record lacks, how far it can be proved, who did what with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from records.entries import EncounterState
from records.errors import Reason
from records.messages import ClosingView
from records.render.words import moment
from workstation.config import ZONE
from workstation.models.account import Account
from workstation.models.closing import DONE, LEVELS, demanded_words, proved_words
from workstation.models.printing import SYSTEM, Printed

if TYPE_CHECKING:
    from records.render.report import Part


def report_of(view: ClosingView, account: Account, at: datetime) -> Printed:
    """Drawn in the background."""
    from records.render.report import render_report

    person = f"{account.person.title} {account.person.full_name}".strip()
    foot = f"{SYSTEM} · {account.facility} · {person} in lúc {moment(at, seconds=True)}"
    pdf = render_report("PHIẾU SOÁT HỒ SƠ BỆNH ÁN", verdict_words(view), list(_parts(view)), foot=foot,
                        at=at.astimezone(ZONE))
    return Printed(pdf, "Phiếu soát hồ sơ", f"phieu-soat-{view.row.record_no}.pdf", "phiếu soát hồ sơ", pdf,
                   view.row.encounter, "")


def verdict_words(view: ClosingView) -> str:
    """The one sentence that matters."""
    if view.row.state is EncounterState.ARCHIVED:
        return f"Hồ sơ đã lưu trữ ở mức bằng chứng {LEVELS[view.row.level]}."
    many = sum(point.gravity == "mend" for point in view.points)
    return f"Còn {many} điểm phải sửa trước khi lưu trữ." if many else "Hồ sơ đủ để lưu trữ."


def _parts(view: ClosingView) -> Iterator[Part]:
    from records.render.report import Part

    row = view.row
    left = moment(row.discharged_at) if row.discharged_at else "chưa ra viện"
    yield Part("Hồ sơ", (("Người bệnh", row.patient), ("Số vào viện", row.record_no), ("Khoa", row.ward),
                         ("Vào viện", moment(view.admitted_at)), ("Ra viện", left),
                         ("Chẩn đoán", view.diagnosis or "chưa ghi"), ("Văn bản", str(view.papers))))
    yield Part("Bằng chứng của chữ ký", (("Mức của hồ sơ", LEVELS[row.level]), ("Từng văn bản", proved_words(view)),
                                         ("Yêu cầu", demanded_words(view))))
    for title, gravity in (("Phải sửa", "mend"), ("Nên xem", "look")):
        rows = tuple((", ".join(point.who) or "", f"{Reason.from_json(point.reason).vietnamese} ({point.rule})")
                     for point in view.points if point.gravity == gravity)
        yield Part(title, rows, "" if rows else "Không có.")
    yield Part("Đã làm với hồ sơ", tuple(
        (f"{moment(one.at)}", f"{one.person_name} {DONE[one.act]}; mức {one.level}, yêu cầu {one.demanded}"
         + (f". {one.remark}" if one.remark else "")) for one in view.acts), "" if view.acts else "Chưa có.")
