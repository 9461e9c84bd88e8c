"""Who reminded me of a signature, on one quiet line; and the hospital's times beside it."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget

from records.messages import ReminderView, TimesView
from workstation.views.actions import ActionSet, key_of
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import label, row


class RemindedLine(QWidget):
    """Who reminded me of which signature; one line, no colour of alarm, put away with a key."""

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = label("", "small")
        self._away = KeyButton("Đã biết", key_of("signing.put_away"), small=True, kind="quiet",
                               on_click=lambda: actions.trigger("signing.put_away"))
        self.setLayout(row(Icon("send", "ink2"), self.words, self._away, gap=6))
        self.setVisible(False)

    def show_reminders(self, reminders: tuple[ReminderView, ...]) -> None:
        """The newest, and how many more there are."""
        said = ""
        if reminders:
            last = reminders[0]
            more = f" (và {len(reminders) - 1} lời nhắc nữa)" if len(reminders) > 1 else ""
            said = f"{last.by} nhắc lúc {times.clock(last.at)}: {last.title}, {last.patient}{more}"
        self.words.setText(said)
        self.setAccessibleName(said)
        if self.isVisibleTo(self.parentWidget()) != bool(said):
            self.setVisible(bool(said))


def times_words(told: TimesView | None) -> str:
    """The hospital's times, as its settings say them today."""
    if told is None:
        return ""
    return (f"Hạn: lần ghi {told.unsigned_row_minutes} phút · cấp cứu {told.emergency_record_hours} giờ · thường "
            f"{told.planned_record_hours} giờ · TK duyệt {told.review_days} ngày · ra viện {told.discharge_hours} giờ")
