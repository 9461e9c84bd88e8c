"""A paper is looked up by its code: what it was, and whether the record has gone on since."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtBoundSignal, pyqtSignal

from records.errors import Refusal
from records.messages import PrintedDocument, PrintView
from records.prints import code_in
from workstation.background import Query
from workstation.models.desk import Desk


class LookUpModel(QObject):
    """Asks the server about one code at a time; the answer to the last question counts."""

    found = pyqtSignal(object)
    """PrintView."""
    refused = pyqtSignal(object)
    """Refusal."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._asked = ""

    def ask(self, scanned: str) -> None:
        """The code as it was typed, or the whole address as a scanner types it."""
        code = self._asked = code_in(scanned)
        if code:
            self._desk.background.run(Query(
                "look a print up", lambda: self._desk.client.look_up(code),
                lambda view: self._answer(code, self.found, view), lambda why: self._answer(code, self.refused, why)))

    def _answer(self, code: str, told: pyqtBoundSignal, what: PrintView | Refusal) -> None:
        if code == self._asked:
            told.emit(what)


def verdict(view: PrintView) -> str:
    """One sentence: is the paper still what the record says."""
    if view.newest:
        return "Bản in này vẫn đúng với hồ sơ hiện nay."
    changed = sum(one.version != one.newest for one in view.documents)
    cancelled = sum(one.cancelled for one in view.documents)
    parts = [f"{changed} lần ghi đã đính chính"] if changed else []
    parts += [f"{cancelled} lần ghi đã hủy"] if cancelled else []
    replaced = sum(one.replaced for one in view.documents)
    parts += [f"{replaced} giấy đã được cấp lại"] if replaced else []
    parts += [f"{view.added} lần ghi ký sau khi in"] if view.added else []
    return f"Bản in này không còn mới nhất: {', '.join(parts)}."


def state_of(document: PrintedDocument) -> str:
    """What became of one entry since it was printed; empty: nothing."""
    if document.cancelled:
        return "đã hủy"
    if document.replaced:
        return "đã được cấp lại bằng giấy khác"
    return "" if document.version == document.newest else f"nay là phiên bản {document.newest}"
