"""Blanks for dates and instants: typed as people write them, read back in full when the cursor leaves."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from PyQt6.QtWidgets import QWidget

from records.deadlines import ZONE
from records.forms import Field
from workstation.views.chart.blanks import LineBlank

_DATE = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})(?:[/.\- ](\d{4}|\d{2}))?")
_TIME = re.compile(r"(\d{1,2})(?:[:hg](\d{2})?| giờ ?(\d{2})?)")


def today() -> date:
    """The ward's calendar day."""
    return datetime.now(UTC).astimezone(ZONE).date()


def read_date(text: str, on: date) -> date | None:
    """17/11/2026, 17/11 (of this year), 17.11.26; None when it is no date."""
    found = _DATE.search(text)
    if found is None:
        return None
    day, month, year = found.groups()
    whole = on.year if year is None else int(year) + (2000 if len(year) == 2 else 0)
    try:
        return date(whole, int(month), int(day))
    except ValueError:
        return None


def read_moment(text: str, on: date) -> datetime | None:
    """03:10 17/11/2026, 17/11 3g10, 03:10 alone (on that day); None when it is no instant."""
    found = _TIME.search(text)
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2] or found[3] or 0)
    rest = text[:found.start()] + " " + text[found.end():]
    day = read_date(rest, on) if rest.strip() else on
    if day is None or hour > 23 or minute > 59:
        return None
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


class DateBlank(LineBlank):
    """A calendar date; a year alone where the form allows it."""

    def __init__(self, field: Field, now: Callable[[], date] = today, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._today = now
        self.line.setPlaceholderText("ngày/tháng/năm" + (" hoặc năm" if field.year_only else ""))
        self.keep_width(132)
        self.line.editingFinished.connect(lambda: self.line.setText(self.shown(self.read())))

    def read(self) -> Any:
        text = self.line.text().strip()
        if self.field.year_only and re.fullmatch(r"\d{4}", text):
            return text
        found = read_date(text, self._today())
        return found.isoformat() if found is not None else text or None

    def shown(self, value: Any) -> str:
        text = "" if value is None else str(value)
        return f"{text[8:]}/{text[5:7]}/{text[:4]}" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text


class MomentBlank(LineBlank):
    """A date and time in Vietnam's zone; a time alone means today."""

    def __init__(self, field: Field, now: Callable[[], date] = today, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._today = now
        self.line.setPlaceholderText("giờ:phút ngày/tháng")
        self.keep_width(148)
        self.line.editingFinished.connect(lambda: self.line.setText(self.shown(self.read())))

    def read(self) -> Any:
        text = self.line.text().strip()
        found = read_moment(text, self._today())
        return found.isoformat(timespec="seconds") if found is not None else text or None

    def shown(self, value: Any) -> str:
        try:
            return f"{datetime.fromisoformat(str(value)).astimezone(ZONE):%H:%M %d/%m/%Y}"
        except ValueError:
            return "" if value is None else str(value)
