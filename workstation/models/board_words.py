"""What the signature board says in sentences: why a paper stops where it stops, when a record is looked through."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from records.deadlines import REMIND_AGAIN
from records.messages import ChainView, ReminderView, ReviewView, SlotView, WaitingView
from workstation.config import ZONE
from workstation.models.account import utc_now


def why_here(chain: ChainView) -> str:
    """Why the paper stops where it stops, in one sentence."""
    opened = next((slot for slot in chain.slots if slot.state == "open"), None)
    if opened is None:
        waiting = next((slot for slot in chain.slots if slot.waits_for), None)
        return waiting.waits_for[0] if waiting is not None else "Không còn chữ ký nào chờ."
    others = sum(slot.state == "waiting" for slot in chain.slots)
    after = f" {others} chữ ký sau còn chờ chữ ký này." if others else " Ngoài chữ ký này không thiếu gì."
    return f"Chờ {_who(opened)} ký “{opened.label}”.{after}"


def why_review(review: ReviewView, days: int) -> str:
    """R22: how often, when last, until when."""
    last = f"lần gần nhất {_day(review.reviewed_at)}" if review.reviewed_at is not None else "chưa duyệt lần nào"
    return (f"Trưởng khoa duyệt toàn bộ hồ sơ ít nhất mỗi {days} ngày; {last}, hạn {_day(review.due)}. "
            "Chữ ký của Trưởng khoa trong hồ sơ là một lần duyệt.")


def why_no_reminder(paper: WaitingView | ReviewView | None, chain: ChainView | None, me: UUID) -> str:
    """Why I can remind nobody of that paper now; empty when I can."""
    if paper is None:
        return "Chưa chọn văn bản."
    if isinstance(paper, ReviewView):
        return "Duyệt hồ sơ không có chỗ ký riêng để nhắc."
    if paper.holder is None:
        return "Nhiều người ký được chỗ này, không nhắc riêng ai."
    if paper.holder == me:
        return "Văn bản này chờ chính bạn."
    last = _last_reminder(paper, chain)
    return f"Đã nhắc lúc {clock(last.at)}, nhắc lại được từ {clock(last.at + REMIND_AGAIN)}." if last else ""


def _last_reminder(paper: WaitingView, chain: ChainView | None) -> ReminderView | None:
    """The reminder of this signature that is too fresh for another."""
    if chain is None or chain.entry != paper.entry:
        return None
    return next((one for one in chain.reminders if (one.slot, one.to) == (paper.slot, paper.holder)
                 and utc_now() < one.at + REMIND_AGAIN), None)


def clock(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%H:%M}"


def _day(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%H:%M %d/%m}"


def _who(slot: SlotView) -> str:
    return slot.who[0] if len(slot.who) == 1 else "một trong các người có quyền"
