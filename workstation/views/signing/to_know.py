"""Two short lists of the place «Ký» to know and not to act on: what I wait for, which records I am to look through."""

from __future__ import annotations

from datetime import UTC, datetime

from PyQt6.QtWidgets import QVBoxLayout

from records.messages import ReviewView
from workstation.models.waiting import HeldUp
from workstation.views.widgets import times
from workstation.views.widgets.text import Elided, PanelHead, clear, column, frame, label, row

SHOWN = 5


def show_others(place: QVBoxLayout, others: tuple[HeldUp, ...]) -> None:
    """What waits for another person's signature."""
    clear(place)
    if not others:
        return
    place.addWidget(PanelHead("clock", "Tôi đang chờ người khác", label(str(len(others)), "second")))
    now = datetime.now(UTC)
    for one in others[:SHOWN]:
        ground = frame("section")
        who = label(f"{one.patient} · {one.place}".removesuffix(" · "), "bold")
        waits = label(f"{one.slot} · từ {times.day_and_clock(one.since, now)}", "second")
        lines = column(gap=0, margins=(10, 4, 10, 4))
        lines.addLayout(row(who, None, waits))
        lines.addWidget(Elided(one.title, "small_second"))
        ground.setLayout(lines)
        place.addWidget(ground)
    _count(place, len(others), "văn bản")


def show_reviews(place: QVBoxLayout, reviews: tuple[ReviewView, ...]) -> None:
    """The records that a ward head is to look through (R22), opened from the board or the chart."""
    clear(place)
    if not reviews:
        return
    place.addWidget(PanelHead("clock", "Hồ sơ đến hạn tôi duyệt", label(str(len(reviews)), "second")))
    now = datetime.now(UTC)
    for one in reviews[:SHOWN]:
        late = one.due < now
        said = f"{'quá' if late else 'còn'} {times.span(abs(one.due - now))}"
        who = f"{one.patient} · Giường {one.bed}" if one.bed else one.patient
        ground = frame("section")
        ground.setLayout(row(label(who, "bold"), None, label(said, "attention" if late else "second"),
                             margins=(10, 4, 10, 4)))
        place.addWidget(ground)
    _count(place, len(reviews), "hồ sơ")


def _count(place: QVBoxLayout, count: int, what: str) -> None:
    if count > SHOWN:
        place.addLayout(row(label(f"và {count - SHOWN} {what} nữa", "small_second"), margins=(10, 4, 10, 6)))
