"""Three columns beside each other, of which those at the sides fold: the middle gets their room."""

from __future__ import annotations

from PyQt6.QtWidgets import QFrame, QWidget

from workstation.views.widgets.text import frame, row


class ThreeColumns(QWidget):
    """Left and right have their own widths; whatever is left belongs to the middle."""

    def __init__(self, left: QWidget, middle: QWidget, side: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._left, self._side = left, side
        self._left_line, self._right_line = _divider(), _divider()
        self._columns = row(left, self._left_line, gap=0)
        self._columns.addWidget(middle, 1)
        self._columns.addWidget(self._right_line)
        self._columns.addWidget(side)
        self.setLayout(self._columns)

    def fold_left(self, *, fold: bool) -> None:
        """Fold the left column, or bring it back."""
        self._left.setVisible(not fold)
        self._left_line.setVisible(not fold)

    def toggle_side(self) -> None:
        """Fold the right column, or bring it back."""
        shown = self._side.isHidden()
        self._side.setVisible(shown)
        self._right_line.setVisible(shown)

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
        side.show()
        self._right_line.show()


def _divider() -> QFrame:
    line = frame("divider")
    line.setFixedWidth(1)
    return line
