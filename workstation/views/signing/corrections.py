"""Results that I ordered and that were corrected or cancelled: told until I have seen both texts (R36)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from PyQt6.QtWidgets import QScrollArea, QWidget

from records.entries import Version
from records.errors import Refusal
from records.messages import CorrectionNotice
from workstation.views.actions import ActionSet, key_of
from workstation.views.prompts import Dialog
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import Elided, PanelHead, clear, column, frame, label, row

SHOWN = 2
WIDTH, HEIGHT = 900, 460


class CorrectionsPanel(QWidget):
    """Above what waits for my signature; takes no room while there is nothing to tell."""

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._rows = column(gap=0)
        self.setLayout(self._rows)
        self.setAccessibleName("Kết quả đã sửa mà bạn được báo")

    def show_notices(self, notices: tuple[CorrectionNotice, ...]) -> None:
        """The newest first; of many the first ones, and how many more."""
        clear(self._rows)
        if not notices:
            return
        see = KeyButton("Xem", key_of("signing.corrected"), small=True,
                        on_click=lambda: self._actions.trigger("signing.corrected"))
        self._rows.addWidget(PanelHead("git-compare", "Kết quả đã sửa, bạn chưa xem",
                                       label(str(len(notices)), "attention_bold"), see))
        now = datetime.now(UTC)
        for one in notices[:SHOWN]:
            self._rows.addWidget(_card(one, now))
        if len(notices) > SHOWN:
            self._rows.addLayout(row(label(f"và {len(notices) - SHOWN} kết quả nữa", "small_second"),
                                     margins=(10, 4, 10, 6)))


class CorrectionDialog(Dialog):
    """What the result said and what it says now; «Đã xem» puts on record that I know."""

    def __init__(self, notice: CorrectionNotice, parent: QWidget, *, on_seen: Callable[[], object],
                 on_chart: Callable[[], object]) -> None:
        super().__init__(f"{notice.title} {_became(notice)}", parent, width=WIDTH)
        self.setFixedHeight(HEIGHT)
        self._notice = notice
        why = row(Icon("git-compare", "amended"), label(f"Lý do: {notice.reason}", "amended", wrap=True), gap=6)
        why.setStretch(1, 1)
        self.body.addWidget(label(_of_whom(notice), "bold"))
        self.body.addWidget(label(f"{_versions(notice)}, {notice.by} {_act(notice)} {times.clock(notice.at)} "
                                  f"{times.full_date(notice.at)}{_told_as(notice)}", "second", wrap=True))
        self.body.addLayout(why)
        self._words = label("Đang mở hai bản…", "second", wrap=True)
        self.body.addWidget(self._words)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self.body.addWidget(self._scroll, 1)
        self.seen = PrimaryButton("Đã xem", "Enter", on_click=lambda: self._leave(on_seen))
        self.seen.refuse("Chưa mở được hai bản để xem.")
        self.verbs(self.seen, KeyButton("Để sau", "Esc", on_click=self.reject),
                   KeyButton("Mở hồ sơ", on_click=lambda: self._leave(on_chart)))

    def show_texts(self, old: Version, new: Version) -> None:
        """Both are here: the released one left, the one in its place right."""
        from workstation.views.chart.version_view import beside  # the chart's parts need not load with the place

        self._words.hide()
        if self._notice.cancelled:
            heads = (f"Phiên bản {old.version} đã hủy", "Không có bản thay")
            shown = beside(old, old.model_copy(update={"values": {}}), whole=False, heads=heads)
        else:
            shown = beside(old, new, whole=True)
        self._scroll.setWidget(shown)
        self.seen.refuse("")
        self.seen.setFocus()

    def tell(self, why: Refusal) -> None:
        """They could not be had: nothing was seen yet."""
        self._words.setText(why.vietnamese)

    def _leave(self, act: Callable[[], object]) -> None:
        self.accept()
        act()


def _card(one: CorrectionNotice, now: datetime) -> QWidget:
    ground = frame("section")
    changed = f": {', '.join(one.changed)}" if one.changed else ""
    lines = column(gap=0, margins=(10, 4, 10, 4))
    lines.addLayout(row(label(_of_whom(one), "bold"), None, label(times.day_and_clock(one.at, now), "second")))
    lines.addWidget(Elided(f"{one.title} {_became(one)}{changed}", "amended"))
    lines.addWidget(Elided(f"Lý do: {one.reason}{_told_as(one)}", "small_second"))
    ground.setLayout(lines)
    return ground


def _of_whom(one: CorrectionNotice) -> str:
    where = f"{one.ward_name}, giường {one.bed}" if one.bed else one.ward_name
    return f"{one.patient}, {one.birth_date[:4]} · {where}"


def _became(one: CorrectionNotice) -> str:
    return "đã hủy" if one.cancelled else "đã sửa"


def _versions(one: CorrectionNotice) -> str:
    number = f"Phiên bản {one.number}"
    return number if one.cancelled else f"{number} thay phiên bản {one.of_number}"


def _act(one: CorrectionNotice) -> str:
    return "hủy lúc" if one.cancelled else "ký lúc"


def _told_as(one: CorrectionNotice) -> str:
    """In whose place, or why this person at all."""
    if one.for_name:
        return f" · báo cho {one.for_name}, bạn đang ký thay"
    return "" if one.named else " · không tìm thấy người chỉ định, báo các bác sĩ của khoa"
