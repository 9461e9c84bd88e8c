"""What the signature board says in sentences: why a paper stops where it stops, when a record is looked through."""

from __future__ import annotations

from datetime import datetime

from records.messages import ChainView, ReviewView, SlotView
from workstation.config import ZONE


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


def clock(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%H:%M}"


def _day(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%H:%M %d/%m}"


def _who(slot: SlotView) -> str:
    return slot.who[0] if len(slot.who) == 1 else "một trong các người có quyền"
