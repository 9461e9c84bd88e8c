"""The place «Hình ảnh» of one patient of the hospital: what arrives while they are read waits until it is asked for."""

from __future__ import annotations

from datetime import UTC, datetime

from PyQt6.QtWidgets import QWidget

from records.deadlines import ZONE
from records.errors import Refusal
from records.messages import EncounterView
from workstation.models.bed import bed_words
from workstation.models.images.patient_reading import ReadingModel
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet, key_of
from workstation.views.images.panel import ImagesPanel, patient_head
from workstation.views.images.place import ReaderPlace
from workstation.views.images.strip import STRIP_WIDTH
from workstation.views.widgets.states import Empty, InTrouble
from workstation.views.widgets.text import KeyCap, frame, label, row


class ImagesPlace(ReaderPlace):
    """Made for one person; thrown away when another's images are opened."""

    reading: ReadingModel

    def __init__(self, reading: ReadingModel, encounter: EncounterView | None, actions: ActionSet,
                 parent: QWidget | None = None) -> None:
        self._encounter = encounter
        panel = ImagesPanel(patient_head(reading.patient, encounter, datetime.now(UTC)), key_of("images.prior"))
        super().__init__(reading, panel, actions, parent)
        self.news_words = label("", "viewer_strong")
        self.news_words.setWordWrap(True)
        self.news = frame("viewer_news")
        inside = row(gap=4, margins=(6, 5, 4, 5))
        inside.addWidget(self.news_words, 1)
        inside.addWidget(KeyCap(key_of("images.take_in")))
        self.news.setLayout(inside)
        self.news.setFixedWidth(STRIP_WIDTH)
        self.news.hide()
        self.below_strip.addWidget(self.news)
        actions.bind("images.take_in", reading.studies.take_in,
                     lambda: ALLOWED if reading.studies.news.words else NOT_NOW)
        reading.studies.news_changed.connect(self._show_news)
        reading.studies.refused.connect(self._refused)
        reading.not_grown.connect(lambda why: self.tell(f"Chưa lấy được ảnh mới: {why.reasons[0].vietnamese}"))
        reading.studies.load()

    def title(self) -> str:
        name = self.reading.patient.full_name.upper()
        return " · ".join(filter(None, ("Hình ảnh", name, bed_words(self._encounter))))

    def show_nothing(self) -> None:
        waits = self.reading.studies.unsettled
        words = "Người bệnh này chưa có hình ảnh nào."
        if waits:
            words = (f"Có {waits} lần chụp ghi mã của người bệnh này nhưng khác tên, ngày sinh hoặc giới. "
                     "Kỹ thuật viên cần khớp trước khi xem.")
        elif gone := self.reading.studies.gone:
            words = (f"Không có hình ảnh để xem: {len(gone)} lần chụp đã tiêu hủy theo quy định "
                     f"(lần sau cùng ngày {gone[0].destroyed_at.astimezone(ZONE):%d/%m/%Y}: {gone[0].why}).")
        self.show_page(Empty(words, "Về hồ sơ", key_of("place.chart"),
                             lambda: self._actions.trigger("place.chart")))

    def _refused(self, why: Refusal) -> None:
        if not self.reading.studies.known:
            self.show_page(InTrouble(" ".join(reason.vietnamese for reason in why.reasons),
                                     " ".join(reason.todo for reason in why.reasons)))

    def _show_news(self) -> None:
        words = self.reading.studies.news.words
        self.news_words.setText(words)
        self.news.setVisible(bool(words) and self._hung)
        if words and not self._hung:
            self.reading.studies.take_in()
        self._actions.refresh()
