"""Two people on one entry: both texts are kept and shown, and the person chooses: 1 mine, 2 theirs, 3 join."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from records.entries import FieldChange
from workstation.models.editor import EditorModel
from workstation.views.chart.differences import differences
from workstation.views.chart.marked_text import MarkedText
from workstation.views.chart.reading import safe_words
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import clear, column, frame, label, row


class TwoTexts(QFrame):
    """One panel a field, above the foot of the editor; typing goes on beside it. The digits work inside it alone."""

    settled = pyqtSignal()

    def __init__(self, model: EditorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "offline")
        self._model = model
        self._layout: QVBoxLayout = column(gap=6, margins=(10, 8, 10, 8))
        self.setLayout(self._layout)
        self.choices: dict[str, TextChoice] = {}
        model.conflict_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """The fields that still have two texts."""
        had_focus = self.isAncestorOf(QApplication.focusWidget())
        clear(self._layout)
        self.choices = {}
        fields = self._model.conflict_fields
        if self.parent() is not None or not fields:
            self.setVisible(bool(fields))
        theirs = self._model.theirs
        if not fields or theirs is None:
            if had_focus:
                self.settled.emit()
            return
        words = (f"{theirs.person_name} cũng vừa sửa lúc {times.clock(theirs.updated_at)}. "
                 "Cả hai bản đều được giữ; hãy chọn bản dùng cho từng ô.")
        head = label(words, "attention_bold", wrap=True)
        line = row(Icon("users", "attention"), head, gap=6)
        line.setStretch(1, 1)
        self._layout.addLayout(line)
        for change in fields:
            made = self.choices[change.key] = TextChoice(self._model, change, theirs.person_name)
            self._layout.addWidget(made)
        self.setAccessibleName(words)
        if had_focus:
            next(iter(self.choices.values())).setFocus()


class TextChoice(QFrame):
    """One field: mine at the left, theirs at the right, three verbs."""

    def __init__(self, model: EditorModel, change: FieldChange, who: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._acts = {Qt.Key.Key_1: partial(model.keep_mine, change.key),
                      Qt.Key.Key_2: partial(model.keep_theirs, change.key),
                      Qt.Key.Key_3: partial(model.join, change.key)}
        field = next(field for field in model.kind.fields if field.key == change.key)
        mine = "" if change.new is None else safe_words(field, change.new)
        theirs = "" if change.old is None else safe_words(field, change.old)
        both = row(gap=12)
        both.addLayout(_side("Của tôi", mine, theirs), 1)
        both.addLayout(_side(f"Của {who}", theirs, mine), 1)
        layout = column(label(change.label, "bold"), gap=4, margins=(10, 6, 10, 8))
        layout.addLayout(both)
        verbs = (("Của tôi", "1", Qt.Key.Key_1), (f"Của {who}", "2", Qt.Key.Key_2), ("Ghép cả hai", "3", Qt.Key.Key_3))
        buttons = [KeyButton(words, key, small=True, on_click=self._acts[act]) for words, key, act in verbs]
        layout.addLayout(row(*buttons, None, gap=8))
        self.setLayout(layout)
        self.setAccessibleName(f"{change.label}: của tôi «{mine}», của {who} «{theirs}»")

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        act = next((act for key, act in self._acts.items() if event is not None and event.key() == key), None)
        if act is not None:
            act()
        else:
            super().keyPressEvent(event)


def _side(head: str, text: str, other: str) -> QVBoxLayout:
    """One of the two texts; what the other does not have is marked as coming with it."""
    shown = MarkedText()
    shown.show_pieces([piece for piece in differences(other, text) if piece.fate != "gone"])
    words: QWidget = shown if text else label("để trống", "second")
    holder = frame("bare")
    holder.setLayout(column(words, None, gap=0))
    return column(label(head, "caption"), holder, gap=2)
