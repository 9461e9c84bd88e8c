"""A state as word, shape and colour at once."""

from __future__ import annotations

from PyQt6.QtCore import QSize
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from workstation.views.widgets.painting import CHIP_HEIGHT, ChipText, Tone, chip_width, paint_chip


class Chip(QWidget):
    """A chip: Nháp, Đã ký, 2 mới, 8 Cao."""

    def __init__(self, text: str, tone: Tone = "neutral", icon: str = "", *, strong: str = "",
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chip = ChipText(text, tone, icon, strong)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self._chip.spoken)

    def show_as(self, chip: ChipText) -> None:
        """Another state from now on."""
        self._chip = chip
        self.setAccessibleName(chip.spoken)
        self.updateGeometry()
        self.update()

    @property
    def chip(self) -> ChipText:
        """What it shows."""
        return self._chip

    def sizeHint(self) -> QSize:
        return QSize(chip_width(self._chip), CHIP_HEIGHT + 2)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        paint_chip(QPainter(self), self.rect(), self._chip)


def draft_chip() -> Chip:
    """Not signed, kept."""
    return Chip("Nháp", "attention", "pencil")


def signed_chip() -> Chip:
    """Signed and accepted."""
    return Chip("Đã ký", "ok", "shield-check")


def amended_chip(text: str = "Đã đính chính") -> Chip:
    """Corrected after it was signed."""
    return Chip(text, "amended", "git-compare")
