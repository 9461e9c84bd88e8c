"""A text with its changes marked: red and struck out what went, green and underlined what came."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QWidget

from workstation.views import style
from workstation.views.chart.differences import Piece


class MarkedText(QLabel):
    """Read only. Colour, line and the spoken words «bỏ», «thêm» say the same thing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._shown: tuple[tuple[Piece, ...], str] = ((), "ink")
        style.announcer().changed.connect(self._draw)

    def show_pieces(self, pieces: Sequence[Piece], ink: str = "ink") -> None:
        """These pieces; «gone» and «new» are marked."""
        self._shown = (tuple(pieces), ink)
        self._draw()

    def _draw(self) -> None:
        pieces, ink = self._shown
        self.setText(f'<span style="color:{style.colour_name(ink)}">{"".join(map(_marked, pieces))}</span>')
        self.setAccessibleName("".join(_spoken(piece) for piece in pieces))


def _marked(piece: Piece) -> str:
    words = escape(piece.text).replace("\n", "<br/>")
    if piece.fate == "same":
        return words
    ink, ground, line = ("critical", "critical_tint", "line-through") if piece.fate == "gone" else (
        "ok", "ok_tint", "underline")
    return (f'<span style="color:{style.colour_name(ink)}; background-color:{style.colour_name(ground)}; '
            f'text-decoration:{line}">{words}</span>')


def _spoken(piece: Piece) -> str:
    return {"same": piece.text, "gone": f" [bỏ: {piece.text}] ", "new": f" [thêm: {piece.text}] "}[piece.fate]
