"""The evidence of a patient's confirmation on the screen, for who may see it and said why (R8)."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPixmap
from PyQt6.QtWidgets import QWidget

from records.errors import Refusal
from records.messages import EntryView, PatientView
from workstation.models.desk import Desk
from workstation.models.opening_capture import LEAST_REASON, Shown, open_capture
from workstation.views.prompts import AskText, Dialog, Told
from workstation.views.widgets import times
from workstation.views.widgets.buttons import PrimaryButton
from workstation.views.widgets.text import frame, label, row

HIGHEST = 400
_HINT = "Lý do được ghi vào nhật ký cùng tên người xem. Chỉ xem để giải quyết chính lần xác nhận này."


class CaptureDialog(Dialog):
    """A picture or lines, once; closed, nothing of it stays on the PC."""

    def __init__(self, shown: Shown, reason: str, parent: QWidget, *, patient: PatientView) -> None:
        super().__init__(shown.title, parent, patient=patient, detail="Bằng chứng xác nhận", width=620)
        self.picture = label("")
        pixmap = QPixmap()
        if shown.picture and pixmap.loadFromData(shown.picture):
            ground = frame("card")
            fitting = pixmap.scaled(560, HIGHEST, Qt.AspectRatioMode.KeepAspectRatio,
                                    Qt.TransformationMode.SmoothTransformation)
            self.picture.setPixmap(fitting if pixmap.height() > HIGHEST or pixmap.width() > fitting.width() else pixmap)
            ground.setLayout(row(None, self.picture, None, margins=(8, 8, 8, 8)))
            self.body.addWidget(ground)
        elif shown.picture:
            self.body.addWidget(label("Máy này không vẽ được ảnh đó.", "attention"))
        at = f"{times.clock_seconds(shown.taken_at)} {times.full_date(shown.taken_at)}"
        for line in (f"Lấy lúc {at}", *shown.lines):
            self.body.addWidget(label(line, wrap=True))
        self.body.addWidget(label(f"Đã ghi nhật ký, lý do: {reason}", "small_second", wrap=True))
        done = PrimaryButton("Đóng", "Esc", on_click=self.accept)
        self.verbs(done)
        done.setFocus()


def ask_and_show(desk: Desk, view: EntryView, patient: PatientView, parent: QWidget) -> None:
    """First the reason, then the evidence."""

    def show(reason: str, shown: Shown) -> None:
        CaptureDialog(shown, reason, parent, patient=patient).show_over()

    def refused(refusal: Refusal) -> None:
        Told("Chưa xem được bằng chứng", refusal, parent, patient=patient).show_over()

    def ask(reason: str) -> None:
        if len(reason) < LEAST_REASON:
            refused(Refusal.because("capture_reason_short", least=LEAST_REASON))
            return
        open_capture(desk, view, reason, partial(show, reason), refused)

    AskText("Xem bằng chứng xác nhận", "Lý do xem", "Xem", parent, on_text=ask, hint=_HINT, patient=patient).show_over()
