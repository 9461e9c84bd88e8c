"""Images of a disc as they are read: the same tools, below a band that says whose name is on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QFrame, QWidget

from records.errors import Reason
from records.image_identity import compared, is_somebody_else
from workstation.models.images.disc import DiscPerson, DiscReading
from workstation.models.images.disc_words import fit_words, named_words
from workstation.views import style
from workstation.views.actions import ALLOWED, ActionSet, key_of
from workstation.views.images.dark import ViewerButton
from workstation.views.images.panel import ImagesPanel
from workstation.views.images.place import ReaderPlace
from workstation.views.widgets.states import Empty
from workstation.views.widgets.text import column, frame, label, row

if TYPE_CHECKING:  # images from a disc are read without the language of the wire
    from records.messages import PatientView

_MINE = ("images.send_disc", "images.leave_disc")


class DiscPlace(ReaderPlace):
    """One person's images of one disc; thrown away when others are opened."""

    reading: DiscReading

    def __init__(self, reading: DiscReading, unreadable: Sequence[tuple[Path, Reason]], actions: ActionSet, *,
                 leave: Callable[[], object], send: Callable[[DiscPerson], object] | None = None,
                 parent: QWidget | None = None) -> None:
        panel = ImagesPanel(_head(reading.person), key_of("images.prior"), "không giữ lại: ảnh từ đĩa")
        super().__init__(reading, panel, actions, parent)
        self.whose, self.fits = label("", "viewer_strong", wrap=True), label("", "viewer_alert", wrap=True)
        self.above.addWidget(self._band(reading.person, unreadable, leave, send))
        actions.bind("images.leave_disc", leave, self._reads)
        if send is not None:
            actions.bind("images.send_disc", lambda: send(reading.person), self._reads)
        actions.bind("images.key_image", lambda: self.tell(
            "Ảnh từ đĩa chưa ở kho ảnh: gửi vào kho trước, rồi chọn ảnh chính từ hồ sơ."), lambda: ALLOWED)
        self.compare(None)
        reading.studies.load()

    def title(self) -> str:
        return f"Ảnh từ đĩa · {self.reading.person.name}"

    def stop(self) -> None:
        self._actions.unbind(*_MINE)
        super().stop()

    def compare(self, patient: PatientView | None) -> None:
        """Whether they fit the patient whose chart is open now."""
        if patient is None:
            words, differs = "Chưa mở hồ sơ nào để so.", False
        else:
            fit = compared(self.reading.person.named, patient)
            differs = is_somebody_else(fit)
            words = (f"{'KHÁC NGƯỜI BỆNH' if differs else 'Người bệnh'} đang mở {patient.full_name.upper()}: "
                     f"{fit_words(fit)}.")
        self.fits.setText(words)
        style.set_role(self.fits, "viewer_alert" if differs else "viewer")

    def show_nothing(self) -> None:
        self.show_page(Empty("Đĩa này không có ảnh nào xem được của người này.", "Đóng ảnh từ đĩa", "",
                             lambda: self._actions.trigger("images.leave_disc")))

    def _band(self, person: DiscPerson, unreadable: Sequence[tuple[Path, Reason]], leave: Callable[[], object],
              send: Callable[[DiscPerson], object] | None) -> QFrame:
        self.whose.setText(f"ẢNH TỪ ĐĨA, không thuộc hồ sơ · {named_words(person.named, person.name)}")
        words = column(self.whose, self.fits, gap=1)
        if unreadable:
            bad = label(f"{len(unreadable)} tệp hỏng không mở được.", "viewer_alert")
            bad.setToolTip("\n".join(f"{path.name}: {why.vietnamese}" for path, why in unreadable[:40]))
            words.addWidget(bad)
        band = frame("viewer_disc")
        layout = row(gap=8, margins=(10, 5, 8, 5))
        layout.addLayout(words, 1)
        if send is not None:
            layout.addWidget(ViewerButton("Gửi vào kho ảnh", icon="cloud-up", on_click=lambda: send(person)))
        layout.addWidget(ViewerButton("Đóng ảnh từ đĩa", icon="x", on_click=leave))
        band.setLayout(layout)
        band.setAccessibleName(self.whose.text())
        return band


def _head(person: DiscPerson) -> QFrame:
    """Whose they are, as the files say it; in the place of our patient's banner, and plainly not one."""
    named = person.named
    ground = frame("viewer_row")
    ground.setLayout(column(label("ẢNH TỪ ĐĨA · tên ghi trên ảnh", "viewer_alert"),
                            label(person.name, "viewer_title", wrap=True),
                            label(named_words(named, "").strip(), "viewer", wrap=True), gap=1, margins=(14, 8, 8, 8)))
    return ground
