"""Dialogs: each names its patient, has a verb on its button, and never stands upon another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtGui import QKeyEvent, QShowEvent
from PyQt6.QtWidgets import QDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from records.errors import Refusal, Trouble
from workstation.views.widgets.banner import dialog_head
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.fields import LineField, TextField
from workstation.views.widgets.states import InTrouble, Refused
from workstation.views.widgets.text import column, frame, label, row

if TYPE_CHECKING:  # images from a disc are read without the language of the wire
    from records.messages import PatientView

EDGE = 6
"""Between a dialog and the edge of its screen, in points."""


class Dialog(QDialog):
    """The base of all dialogs: patient's line, title, body, one row of verbs.

    Subclasses put widgets into `body` and call `verbs`. It is window-modal and opens with `show_over`; nothing waits in
    a nested event loop, so saving and sending go on behind it.
    """

    def __init__(self, title: str, parent: QWidget, *, patient: PatientView | None = None, detail: str = "",
                 width: int = 480) -> None:
        super().__init__(parent.window())
        self.setWindowTitle(f"{title} — Bệnh Án")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFixedWidth(width)
        # A line around it, because on a bare screen (a kiosk, a remote desktop) no window manager draws one.
        self.setProperty("role", "framed")
        outer = column(gap=0, margins=(1, 1, 1, 1))
        if patient is not None:
            outer.addWidget(dialog_head(patient, detail))
        ground = frame("panel")
        self.body: QVBoxLayout = column(label(title, "title", wrap=True), gap=8, margins=(16, 14, 16, 14))
        ground.setLayout(self.body)
        outer.addWidget(ground, 1)
        self._foot: QFrame = frame("foot")
        outer.addWidget(self._foot)
        self.setLayout(outer)
        self.setAccessibleName(title)

    def verbs(self, primary: PrimaryButton, *others: KeyButton) -> None:
        """The row at the bottom: the main verb at the right, the ways out at its left."""
        layout = row(None, gap=8, margins=(16, 10, 16, 10))
        for button in (*others, primary):
            layout.addWidget(button)
        self._foot.setLayout(layout)

    def show_over(self) -> None:
        """Open it, unless another dialog is open: dialogs do not stack, the one that is open is brought forward."""
        window = self.parent()
        others = [one for one in window.findChildren(Dialog) if one is not self and one.isVisible()] if window else []
        if others:
            others[0].raise_()
            others[0].activateWindow()
            self.deleteLater()
            return
        self.open()

    def fit(self) -> None:
        """As high as its lines at this width (Qt guesses wrapped lines for a narrower one); again when they change."""
        layout = self.layout()
        if layout is not None and self.minimumHeight() < self.maximumHeight():
            layout.activate()
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def showEvent(self, event: QShowEvent | None) -> None:
        # Always at the same place: a third from the top of its window, in the middle.
        super().showEvent(event)
        window = self.parentWidget()
        if window is not None:
            self._keep_within(window)
        self.fit()
        if window is not None:
            space, room = window.geometry(), _room(window)
            left = space.x() + (space.width() - self.width()) // 2
            top = space.y() + max(48, (space.height() - self.height()) // 3)
            self.move(QPoint(max(room.left(), min(left, room.right() - self.width() + 1)),
                             max(room.top(), min(top, room.bottom() - self.height() + 1))))

    def _keep_within(self, window: QWidget) -> None:
        """No larger than the screen, of which a scale of 125 % leaves 1093×614 points: no verb lies outside."""
        room = _room(window)
        if self.width() > room.width():
            self.setFixedWidth(room.width())
        if self.height() > room.height() and self.minimumHeight() == self.maximumHeight():
            self.setFixedHeight(room.height())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        # Enter belongs to the button or field that has the focus; QDialog would press a default button instead.
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
            return
        super().keyPressEvent(event)


def _room(window: QWidget) -> QRect:
    """Where a dialog over that window may be: its screen, and the window wherever it is."""
    screen = window.screen()
    whole = window.geometry() if screen is None else window.geometry().united(screen.availableGeometry())
    return whole.adjusted(EDGE, EDGE, -EDGE, -EDGE)


class Question(Dialog):
    """A question with one verb that does it and one that does not."""

    def __init__(self, title: str, text: str, verb: str, parent: QWidget, *, on_yes: Callable[[], object],
                 stay: str = "Thôi", patient: PatientView | None = None, detail: str = "") -> None:
        super().__init__(title, parent, patient=patient, detail=detail)
        self.body.addWidget(label(text, wrap=True))
        self.accepted.connect(on_yes)
        yes = PrimaryButton(verb, "Enter", on_click=self.accept)
        self.verbs(yes, KeyButton(stay, "Esc", on_click=self.reject))
        yes.setFocus()


class AskText(Dialog):
    """Asks for a text that must not be empty, such as the reason of a correction."""

    def __init__(self, title: str, field_name: str, verb: str, parent: QWidget, *, on_text: Callable[[str], object],
                 hint: str = "", text: str = "", patient: PatientView | None = None, detail: str = "") -> None:
        super().__init__(title, parent, patient=patient, detail=detail)
        self.field = TextField(field_name, text, lines=3)
        self._why = label(hint, "small_second", wrap=True)
        for widget in (label(field_name, "caption"), self.field, self._why):
            self.body.addWidget(widget)
        self._on_text = on_text
        self.verbs(PrimaryButton(verb, "Ctrl+Enter", on_click=self._take),
                   KeyButton("Thôi", "Esc", on_click=self.reject))
        self.field.setFocus()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if (event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
                and event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self._take()
            return
        super().keyPressEvent(event)

    def _take(self) -> None:
        text = self.field.toPlainText().strip()
        if not text:
            self.field.set_tone("critical", "Ô này cần có chữ.")
            self._why.setText("Ô này cần có chữ.")
            self.field.setFocus()
            return
        self.accept()
        self._on_text(text)


class AskSecret(Dialog):
    """Asks for a password and hands it on; it is not kept."""

    def __init__(self, title: str, field_name: str, verb: str, parent: QWidget, *, on_text: Callable[[str], object],
                 hint: str = "") -> None:
        super().__init__(title, parent)
        self.field = LineField(field_name, icon_name="lock")
        self.field.setEchoMode(LineField.EchoMode.Password)
        self.body.addWidget(label(field_name, "caption"))
        self.body.addWidget(self.field)
        if hint:
            self.body.addWidget(label(hint, "small_second", wrap=True))
        self._on_text = on_text
        self.field.returnPressed.connect(self._take)
        self.verbs(PrimaryButton(verb, "Enter", on_click=self._take), KeyButton("Thôi", "Esc", on_click=self.reject))
        self.field.setFocus()

    def _take(self) -> None:
        text = self.field.text()
        if text:
            self.field.clear()
            self.accept()
            self._on_text(text)


class Told(Dialog):
    """Says a refusal or a trouble: what is so, then what to do."""

    def __init__(self, title: str, what: Refusal, parent: QWidget, *, patient: PatientView | None = None,
                 detail: str = "") -> None:
        super().__init__(title, parent, patient=patient, detail=detail)
        if isinstance(what, Trouble):
            words = " ".join(reason.vietnamese for reason in what.reasons)
            self.body.addWidget(InTrouble(words, " ".join(reason.todo for reason in what.reasons)))
        else:
            self.body.addWidget(Refused("Chưa làm được", what.reasons))
        done = PrimaryButton("Đã hiểu", "Enter", on_click=self.accept)
        self.verbs(done)
        done.setFocus()


class Notice(Dialog):
    """Says something that needs no decision: the keys of this place, a self-test's answers."""

    def __init__(self, title: str, content: QWidget, parent: QWidget, *, width: int = 560) -> None:
        super().__init__(title, parent, width=width)
        self.body.addWidget(content)
        done = PrimaryButton("Đóng", "Esc", on_click=self.accept)
        self.verbs(done)
        done.setFocus()


class WorkList(Dialog):
    """A list of cards, one a thing to decide; `rows` holds them, refusals are told above."""

    def __init__(self, title: str, parent: QWidget, *, width: int, height: int) -> None:
        super().__init__(title, parent, width=width)
        self.setFixedHeight(height)
        self.rows = column(gap=0)
        inside = QWidget()
        inside.setProperty("role", "panel")
        inside.setLayout(self.rows)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # no verb lies beside the window
        scroll.setWidget(inside)
        self.words = label("", "critical", wrap=True)
        self.words.hide()
        self.body.addWidget(self.words)
        self.body.addWidget(scroll, 1)
        self.verbs(PrimaryButton("Đóng", "Esc", on_click=self.reject))

    def tell(self, why: Refusal) -> None:
        """What was refused."""
        self.words.setText(why.vietnamese)
        self.words.show()
