"""Three columns beside each other, of which those at the sides fold: the middle gets their room."""

from __future__ import annotations

from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QWidget

from workstation.views.widgets.text import frame, row

NARROW = 1000
"""Of less width (150 % of a ward's screen) only one side has room beside the middle."""


class ThreeColumns(QWidget):
    """Left and right have their own widths; whatever is left belongs to the middle."""

    def __init__(self, left: QWidget, middle: QWidget, side: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._left, self._side, self._usual = left, side, side
        self._narrow = self._left_folded = False
        self._left_line, self._right_line = _divider(), _divider()
        self._columns = row(left, self._left_line, gap=0)
        self._columns.addWidget(middle, 1)
        self._columns.addWidget(self._right_line)
        self._columns.addWidget(side)
        self.setLayout(self._columns)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Narrow: the usual side folds until it is asked for; with room again, it is back."""
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        if narrow != self._narrow:
            self._narrow = narrow
            if self._side is self._usual and self._side.isHidden() != narrow:
                self.toggle_side()

    def fold_left(self, *, fold: bool) -> None:
        """Fold the left column, or bring it back; where there is room for one side only, in the place of the other."""
        if not fold and self._narrow and self._side is self._usual and not self._side.isHidden():
            self.toggle_side()
        self._left_folded = False
        self._show_left(shown=not fold)

    def toggle_side(self) -> None:
        """Fold the right column, or bring it back."""
        shown = self._side.isHidden()
        self._side.setVisible(shown)
        self._right_line.setVisible(shown)
        self._make_room(wanted=shown)

    def _make_room(self, *, wanted: bool) -> None:
        """Narrow: the left column goes while there is something at the right, and comes back after it."""
        if wanted and self._narrow and not self._left.isHidden():
            self._left_folded = True
            self._show_left(shown=False)
        elif not wanted and self._left_folded:
            self._left_folded = False
            self._show_left(shown=True)

    def _show_left(self, *, shown: bool) -> None:
        self._left.setVisible(shown)
        self._left_line.setVisible(shown)

    def swap_side(self, one: QWidget, other: QWidget) -> None:
        """One, then the other, each time that it is asked."""
        if self._side.isHidden():
            self.toggle_side()
        else:
            self.show_side(other if self._side is one else one)

    def show_side(self, side: QWidget) -> None:
        """Another widget at the right; what one writes in is always shown, the usual one as it was left."""
        if side is self._side:
            return
        if self._columns.indexOf(side) < 0:
            self._columns.addWidget(side)
        self._side.hide()
        self._side = side
        shown = side is not self._usual or not self._narrow
        side.setVisible(shown)
        self._right_line.setVisible(shown)
        self._make_room(wanted=shown)


def _divider() -> QFrame:
    line = frame("divider")
    line.setFixedWidth(1)
    return line
