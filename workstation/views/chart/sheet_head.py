"""The head of the middle column: which sheet, where the draft is kept, and the acts on it."""

from __future__ import annotations

from functools import partial

from PyQt6.QtGui import QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QFrame, QWidget

from records.forms import Form
from workstation.views.actions import ActionSet, key_of
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.painting import ChipText
from workstation.views.widgets.text import Elided, label, row

_MARGINS = 12 + 10
_ACTS = (("chart.as_yesterday", "Như hôm qua"), ("chart.correct", "Đính chính"), ("chart.write", "Ghi"))


def form_mark(form: Form) -> str:
    """The number that people know the form by; a form without one of its own goes by its printed code."""
    return form.code if any(letter.isdigit() for letter in form.code) else form.printed_code


class SheetHead(QFrame):
    """36 px above the sheet: icon, name, number, state; saved when; «Như hôm qua», «Ký»."""

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "band")
        self.setFixedHeight(36)
        self._actions = actions
        self._writing = self._has_form = False
        self._icon = Icon("file-text", "ink")
        self._title = label("", "title")
        self._code, self._state, self._cached = Chip(""), Chip(""), Chip("", "attention", "cloud-off")
        self._detail = Elided("", "second")
        self._saved_icon, self._saved = Icon("device-floppy", "ok"), label("", "ok")
        self.buttons = {name: KeyButton(words, key_of(name), small=True, on_click=partial(actions.trigger, name))
                        for name, words in _ACTS}
        self.sign = PrimaryButton("Ký", key_of("chart.sign"), on_click=lambda: actions.trigger("chart.sign"))
        layout = row(self._icon, self._title, self._code, gap=8, margins=(12, 3, 10, 3))
        layout.addWidget(self._state)
        layout.addWidget(self._cached)
        layout.addWidget(self._detail, 1)
        for widget in (self._saved_icon, self._saved, *self.buttons.values(), self.sign):
            layout.addWidget(widget)
        self.setLayout(layout)
        self.show_state(None)
        self.show_saved("")
        self.show_cached("")
        actions.changed.connect(self.refresh)

    def show_form(self, form: Form | None, icon_name: str, part: str = "", detail: str = "") -> None:
        """Another sheet or part of it."""
        self._icon.show_as(icon_name, "ink")
        self._title.setText("" if form is None else part or form.short_name)
        self._has_form = form is not None
        if form is not None:
            self._code.show_as(ChipText(form_mark(form)))
        self._detail.say(detail)
        self._fit()

    def show_state(self, chip: ChipText | None) -> None:
        """Where the entry stands."""
        self._state.setVisible(chip is not None)
        if chip is not None:
            self._state.show_as(chip)
        self._fit()

    def show_writing(self, *, writing: bool) -> None:
        """While something is written, beginning something else is not offered beside it."""
        self._writing = writing
        self.refresh()

    def show_saved(self, words: str) -> None:
        """«Đã lưu nháp 03:12:41»."""
        self._saved.setText(words)
        for widget in (self._saved_icon, self._saved):
            widget.setVisible(bool(words))
        self._fit()

    @property
    def saved_words(self) -> str:
        """What it says of saving."""
        return self._saved.text()

    @property
    def cached_words(self) -> str:
        """What it says of the age of what is shown; nothing when the server has just answered."""
        return self._cached.chip.text if not self._cached.isHidden() else ""

    def show_cached(self, words: str) -> None:
        """«Bản lúc 02:46» while the server is away."""
        self._cached.setVisible(bool(words))
        if words:
            self._cached.show_as(ChipText(words, "attention", "cloud-off"))
        self._fit()

    def refresh(self) -> None:
        """Only acts that can be done now stand here; the main one says why not when it cannot."""
        for name, button in self.buttons.items():
            button.setVisible(self._actions.why_not(name) == "" and not (name == "chart.write" and self._writing))
        why = self._actions.why_not("chart.sign")
        self.sign.setVisible(why != " ")
        self.sign.refuse(why.strip())
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._fit()  # only now the style has given the words their size

    def _fit(self) -> None:
        """No word is cut at 125 % and 150 %: the keys go first, then the form's number, then the icon."""
        buttons = (*self.buttons.values(), self.sign)
        for folded in range(4):
            for button in buttons:
                button.fold_key(fold=folded > 0)
            self._code.setVisible(self._has_form and folded < 2)
            self._icon.setVisible(folded < 3)
            shown = [one for one in (self._icon, self._title, self._code, self._state, self._cached, self._saved_icon,
                                     self._saved, *buttons) if not one.isHidden()]
            if sum(one.sizeHint().width() + 8 for one in shown) + _MARGINS <= self.width():
                return
