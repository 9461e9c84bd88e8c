"""The window of `benhan --images`: images of a disc or folder, with no server, no sign-in and no record beside them."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QMainWindow, QProgressBar, QStackedWidget, QWidget

from records.errors import Reason, Refusal
from workstation.background import Background
from workstation.emitting import emitter
from workstation.models.images.disc import DiscModel, DiscPerson, DiscReading, DiscStage
from workstation.models.images.loading import Loader
from workstation.views.actions import ActionSet, Place, key_of
from workstation.views.images.disc_place import DiscPlace
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.key_line import KeyLine
from workstation.views.widgets.text import column, label, row

WIDTH, HEIGHT = 1366, 700
LEAST_WIDTH, LEAST_HEIGHT = 900, 440
SETTLED_MS = 100
"""After the first picture: by then it is painted, and what was left for later may be loaded."""
_SHOWN_AFTER_MS = 300
"""How far it is, is told of a disc that takes longer: what comes at once does not flicker."""


class ReaderWindow(QMainWindow):
    """Opens what one person has there; asks whose it is where there are several."""

    settled = pyqtSignal()
    """The first picture is on the screen, or it is said why there is none."""
    stopping = pyqtSignal()

    def __init__(self, model: DiscModel, loader: Loader, background: Background) -> None:
        super().__init__()
        self._model, self._loader, self._background = model, loader, background
        self.actions_ = ActionSet(self)
        self.place: DiscPlace | None = None
        self._keys: KeyLine | None = None
        self._settled = False
        self._words, self._bar = label("", "viewer", wrap=True), QProgressBar()
        self._other = KeyButton("Mở đĩa, thư mục khác…", key_of("open_disc"), on_click=self.ask_for_disc)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._waiting())
        self.setCentralWidget(self._pages)
        self.resize(WIDTH, HEIGHT)
        self.setMinimumSize(LEAST_WIDTH, LEAST_HEIGHT)
        self.setWindowTitle("Ảnh từ đĩa — Bệnh Án")
        self.actions_.bind("help", self._help)
        self.actions_.bind("open_disc", self.ask_for_disc)
        self.actions_.bind("back", self._back)
        self.actions_.changed.connect(self._show_keys)
        self.actions_.enter(Place.IMAGES)
        self._hears = ((model.changed, self._changed), (model.went_on, self._went_on), (model.refused, self._refused))
        for told, hears in self._hears:
            told.connect(hears)
        background.failed.connect(self._failed)
        self._changed()

    def _waiting(self) -> QWidget:
        """Before there is a picture: how far the disc is read, or why there is none and what to do."""
        page = QWidget()
        page.setProperty("role", "viewer_ground")
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(8)
        for widget in (self._words, self._bar, self._other):
            widget.hide()
        inside = column(self._words, self._bar, gap=8, margins=(24, 24, 24, 24))
        inside.addLayout(row(self._other, None))
        inside.addStretch(1)
        page.setLayout(inside)
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_SHOWN_AFTER_MS)
        self._slow.timeout.connect(self._words.show)
        self._slow.timeout.connect(self._bar.show)
        return page

    # What is read

    def _changed(self) -> None:
        if self._model.stage is DiscStage.READING:
            self._bar.setMaximum(0)
            self._words.setText(f"Đang tìm tệp trong {self._model.place}…")
            self._slow.start()
        elif self._model.stage is DiscStage.READ:
            self._slow.stop()
            self._choose()

    def _choose(self) -> None:
        persons, place = self._model.persons, self._model.place
        if len(persons) == 1:
            self.open_disc(persons[0], "", self._model.unreadable)
        elif persons:
            self._say("Trên đĩa này có ảnh của nhiều người: hãy chọn xem của ai.")
            for told, hears in self._hears:  # the dialog listens to it from now on
                told.disconnect(hears)
            self._ask(self._model)
        else:
            self._refused(Refusal.because("disc_empty", place=place.name or str(place)))

    def _went_on(self, done: int, of: int) -> None:
        self._bar.setMaximum(max(1, of))
        self._bar.setValue(done)
        self._words.setText(f"Đang đọc {self._model.place}: {done}/{of} tệp…")

    def _refused(self, why: Refusal) -> None:
        self._slow.stop()
        broken = len(self._model.unreadable)
        words = [f"{reason.vietnamese} {reason.todo}".strip() for reason in why.reasons]
        self._say(" ".join([*words, *([f"{broken} tệp hỏng, không mở được."] if broken else [])]))

    def _say(self, words: str) -> None:
        self._words.setText(words)
        self._words.show()
        self._bar.hide()
        self._other.show()
        self._settle()

    # What is shown

    def open_disc(self, person: DiscPerson, study: str, unreadable: tuple[tuple[Path, Reason], ...]) -> DiscPlace:
        """One person's images; those that were open before go."""
        self._close_place()
        reading = DiscReading(person, self._loader, self._background)
        place = self.place = DiscPlace(reading, unreadable, self.actions_, leave=self.close)
        reading.setParent(place)
        place.fits.hide()  # there is no chart here to compare with
        page, keys = QWidget(), KeyLine()
        self._keys = keys
        layout = column(gap=0)
        layout.addWidget(place, 1)
        layout.addWidget(keys)
        page.setLayout(layout)
        place.note_changed.connect(keys.show_note)
        reading.filled.connect(self._settle)
        reading.refused.connect(self._settle)
        self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)
        self.setWindowTitle(f"{place.title()} — Bệnh Án")
        keys.show_note(place.note())
        if study:
            place.open_at(study)
        if not place.grid.cells:
            self._settle()
        self.actions_.refresh()
        place.enter()
        return place

    def ask_for_disc(self) -> None:
        """Ctrl+O: another disc or folder, then whose images of it; the list again when nobody's was chosen from it."""
        self._ask(self._model if self.place is None and self._model.persons else DiscModel(self._background))

    def _ask(self, model: DiscModel) -> None:
        from workstation.views.images.disc import DiscDialog  # behind the first picture

        dialog = DiscDialog(model, None, self.open_disc, self)
        if model is not self._model:
            model.setParent(dialog)
        dialog.show_over()

    def tell(self, what: Refusal, title: str = "") -> None:
        """A refusal that has no place of its own on the screen."""
        from workstation.views.prompts import Told

        Told(title or "Chưa làm được", what, self).show_over()

    def _failed(self, _name: str, why: Refusal) -> None:
        self.tell(why)

    def _help(self) -> None:
        from workstation.views.help import show_help

        show_help(self.actions_, self)

    def _show_keys(self) -> None:
        if self._keys is not None:
            self._keys.show_keys(self.actions_.hints())

    def _back(self) -> None:
        if self.place is not None:
            self.place.back()

    def _settle(self, *_told: object) -> None:
        if not self._settled:
            self._settled = True
            QTimer.singleShot(SETTLED_MS, emitter(self, self.settled))

    def _close_place(self) -> None:
        if self.place is not None:
            page = self._pages.currentWidget()
            self.place.stop()
            self.place = self._keys = None
            if page is not None:
                self._pages.removeWidget(page)
                page.hide()
                page.deleteLater()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self._model.cancel()
        self._close_place()
        self.stopping.emit()
        super().closeEvent(event)


