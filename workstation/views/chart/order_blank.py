"""The order that a result answers: those that wait below each other, a tick at the one that was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QWidget

from records.forms import Field
from workstation.models.account import utc_now
from workstation.models.answering import Ordered
from workstation.models.order_choice import OrderChoice
from workstation.views.chart.blanks import Blank
from workstation.views.chart.choices import Option
from workstation.views.chart.states import ORDERS
from workstation.views.widgets import times
from workstation.views.widgets.text import column, label

NONE = "Không trả lời chỉ định nào ở trên"


class OrderBlank(Blank):
    """Filled in from where the result was begun; arrows and Space choose another one, Delete none."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self.options: dict[str, Option] = {}
        self.question: QLabel = label("", "attention", wrap=True)
        self._choice: OrderChoice | None = None
        self._number = ""
        self._lines = column(gap=4)
        layout = column(self.question, gap=4)
        layout.addLayout(self._lines)
        self.setLayout(layout)
        self._build()

    def join(self, choice: OrderChoice) -> None:
        """From now on it shows and makes this choice."""
        self._choice = choice
        choice.changed.connect(self._build)
        self._build()

    @property
    def idle(self) -> bool:
        return not self.options

    @property
    def passed_over(self) -> bool:
        return self._choice is None or not self._choice.asks

    def show_value(self, value: Any) -> None:
        if str(value or "") != self._number:
            self._number = str(value or "")
            self._build()

    def target(self) -> QWidget:
        chosen = [option for option in self.options.values() if option.isChecked()]
        return next(iter([*chosen, *self.options.values()]), self)

    def _build(self) -> None:
        lines = self._wording()
        if list(lines) != list(self.options):
            self._lay_out(lines)
        for number, words in lines.items():
            self._tell(self.options[number], number, words)
        asks = self._choice is not None and self._choice.asks
        self.question.setText(f"{len(lines) - 1} chỉ định cùng chờ kết quả này. Chọn chỉ định mà phiếu trả lời."
                              if asks else "")
        self.question.setVisible(asks)

    def _lay_out(self, lines: Mapping[str, str]) -> None:
        """Other orders than before; the cursor stays at the one where it was."""
        had = next((number for number, option in self.options.items() if option.hasFocus()), None)
        before, self.options = self.options, {number: self._option(number, words) for number, words in lines.items()}
        for option in self.options.values():
            self._lines.addWidget(option)
            if had is not None:
                option.show()
        if had is not None and self.options:
            self.options.get(had, next(iter(self.options.values()))).setFocus(Qt.FocusReason.OtherFocusReason)
        for option in before.values():
            self._lines.removeWidget(option)
            option.hide()
            option.deleteLater()

    def _tell(self, option: Option, number: str, words: str) -> None:
        option.setText(words)
        option.setToolTip(words)
        option.setAccessibleName(words)
        option.setChecked(number == self._number if number else self._choice is not None and self._choice.declined)
        option.tone = "attention" if self._choice is not None and self._choice.asks else ""
        option.update()

    def _wording(self) -> dict[str, str]:
        """By number what each line says; the empty number is none of them."""
        now = utc_now()
        lines = {one.number: order_words(one, now) for one in self._choice.orders} if self._choice is not None else {}
        if self._number and self._number not in lines:
            lines[self._number] = f"Số {self._number}"
        return {**lines, "": NONE} if len(lines) > 1 else lines

    def _option(self, number: str, words: str) -> Option:
        made = Option(words, aligned=True)
        made.setAccessibleDescription(self.field.label)
        made.clicked.connect(lambda _on: self._choose("" if number == self._number else number))
        made.arrow.connect(partial(self._step, number))
        made.emptied.connect(lambda: self._choose(""))
        return made

    def _step(self, number: str, step: int) -> None:
        """To the neighbour; only Space or Enter chooses it, for choosing fills in other blanks."""
        numbers = list(self.options)
        self.options[numbers[(numbers.index(number) + step) % len(numbers)]].setFocus(Qt.FocusReason.OtherFocusReason)

    def _choose(self, number: str) -> None:
        if self._choice is not None:
            self._number = number
            self._choice.choose(number)
            self._build()
        else:
            self.edited.emit(number or None)


def order_words(one: Ordered, now: datetime) -> str:
    """«X-quang ngực thẳng · BS. Lê Thu Hà chỉ định 08:10 · đã chụp · số 2600000012»."""
    where = ORDERS[one.standing.state] if one.standing is not None else ""
    parts = [one.name, f"{one.orderer} chỉ định {times.day_and_clock(one.view.occurred_at, now)}", where,
             f"số {one.number}"]
    return " · ".join(filter(None, parts))
