"""Correcting what is signed: the old version at the left, the new one at the right, violet bars at what changes."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QApplication, QFrame, QScrollArea, QWidget

from records.forms import Field
from workstation.models.editor import EditorModel
from workstation.models.timeline import in_sentence
from workstation.views.chart.correction_row import LEFT, CorrectionRow
from workstation.views.chart.correction_side import CorrectionSide
from workstation.views.chart.form_editor import FieldLines
from workstation.views.chart.states import signature_words
from workstation.views.widgets import times
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import Elided, KeyCap, column, frame, label, row


class CorrectionView(FieldLines):
    """A row a field; writing begins where the cursor goes. The side panel asks why."""

    only_changes_changed = pyqtSignal(bool)

    def __init__(self, model: EditorModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        base = model.base
        self._old = dict(base.body.get("values", {})) if base is not None else {}
        self.rows: dict[str, CorrectionRow] = {}
        self.side = CorrectionSide(model)
        self._only_changes = False
        self._title = label("", "title")
        self._saved = label("", "ok")
        self._saved_icon = Icon("device-floppy", "ok")
        inside = QWidget()
        inside.setProperty("role", "panel")
        self._list = column(gap=0)
        for field in model.kind.fields:
            self._list.addWidget(self._row(field))
        self._list.addLayout(row(
            KeyCap("F8"), label("chỗ đổi sau", "small_second"), 4, KeyCap("Shift+F8"),
            label("chỗ đổi trước", "small_second"), 4, KeyCap("Alt+1"),
            label("chỉ xem mục có đổi. Bản cũ luôn đọc được và in được.", "small_second"), None,
            gap=4, margins=(12, 6, 12, 6)))
        self._list.addStretch(1)
        inside.setLayout(self._list)
        self.page = QScrollArea()
        self.page.setWidgetResizable(True)
        self.page.setWidget(inside)
        layout = column(self._head(), self._columns_head(), gap=0)
        layout.addWidget(self.page, 1)
        self.paper = _OnPaper(model)
        layout.addWidget(self.paper)
        self.setLayout(layout)
        self.moved.connect(lambda widget: self.page.ensureWidgetVisible(widget, 0, 60))
        model.saved_changed.connect(self._say_saved)
        self.refresh()
        self._say_saved()

    def _head(self) -> QFrame:
        head = frame("band")
        head.setFixedHeight(40)
        base = self.model.base
        number = base.version if base is not None else 0
        at = self.model.occurred_at
        word = "Khôi phục" if self.model.is_fixed else "Đính chính"
        self._title.setText(f"{word} {in_sentence(self.model.form.short_name)}, lần ghi {times.clock(at)} "
                            f"ngày {times.day_month(at)}")
        signed_at = base.signatures[-1].signed_at if base is not None and base.signatures else at
        head.setLayout(row(
            Icon("git-compare", "ink"), self._title, Chip(f"Phiên bản {number} đã ký {times.clock(signed_at)}", "ok",
                                                           "shield-check"),
            Chip(f"Phiên bản {number + 1}, nháp", "amended"), None, self._saved_icon, self._saved,
            gap=8, margins=(12, 0, 12, 0)))
        return head

    def _columns_head(self) -> QFrame:
        head = frame("head")
        base = self.model.base
        number = base.version if base is not None else 0
        who = f" · {signature_words(base.signatures[-1])}" if base is not None and base.signatures else ""
        first = label("Mục", "bold")
        first.setFixedWidth(LEFT)
        line = row(first, gap=0, margins=(0, 5, 0, 5))
        first.setContentsMargins(10, 0, 0, 0)
        line.addWidget(Elided(f"Phiên bản {number}{who}", "bold"), 1)
        line.addWidget(label(f"Phiên bản {number + 1} · sẽ ký", "bold"), 1)
        head.setLayout(line)
        return head

    def _row(self, field: Field) -> CorrectionRow:
        made = self.rows[field.key] = CorrectionRow(self.model, field, self._old.get(field.key))
        self.add(made.line)
        return made

    def _say_saved(self) -> None:
        words = self.model.saved_line
        self._saved.setText(words)
        self._saved_icon.setVisible(bool(words))

    def refresh(self) -> None:
        super().refresh()
        changed = {change.key for change in self.model.changes()}
        for key, made in self.rows.items():
            made.refresh(changed=key in changed)
            asked = (self.model.shown(key) and not made.line.blank.idle) or made.has_old
            made.setVisible(asked and (key in changed or not self._only_changes))
        self.paper.refresh()

    def show_only_changes(self, *, only: bool) -> None:
        """Alt+1: leave out what stays as it was."""
        self._only_changes = only
        self.refresh()
        self.only_changes_changed.emit(only)

    @property
    def only_changes(self) -> bool:
        """Whether unchanged fields are left out."""
        return self._only_changes

    def first(self) -> QWidget | None:
        changed = self.model.changes()
        if changed:
            return self.rows[changed[0].key].line.blank.target()
        text = [made for made in self.rows.values() if made.has_old and made.field.type == "text"]
        return (text or list(self.rows.values()))[0].cell

    def go_to(self, key: str) -> bool:
        if key not in self.rows:
            return self.side.take_focus()
        self.rows[key].write()
        self.moved.emit(self.rows[key])
        return True

    def stops(self, wanted: Sequence[str]) -> list[str]:
        """Where F8 stops: changed fields, those that need something, and the reason while there is none."""
        keys = {change.key for change in self.model.changes()} | set(wanted)
        order = [key for key in self.order() if key in keys]
        return order if self.side.reason_good() else [*order, REASON]

    def order(self) -> list[str]:
        """Fields as printed, the reason last."""
        return [*self.rows, REASON]

    def has_focus_at(self) -> str:
        if self.side.isAncestorOf(QApplication.focusWidget()):
            return REASON
        focus = QApplication.focusWidget()
        return next((key for key, made in self.rows.items() if made.isAncestorOf(focus)), "")


REASON = ":reason"
"""The stop of F8 at the reason; no field has a colon in its key."""


class _OnPaper(QFrame):
    """What will stand below the entry on paper."""

    def __init__(self, model: EditorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        head = frame("head")
        head.setLayout(row(Icon("printer", "ink"), label("Sẽ hiện trên bản in, ngay dưới lần ghi", "bold"), None,
                           KeyCap("Ctrl+P"), label("xem cả trang", "small_second"), margins=(12, 4, 12, 4)))
        self._text = label("", wrap=True)
        self._text.setProperty("role", "paper")
        box = frame("paper")
        box.setLayout(column(self._text, margins=(12, 6, 12, 6)))
        layout = column(head, gap=0)
        layout.addLayout(row(box, margins=(12, 8, 12, 8)))
        self.setLayout(layout)

    def refresh(self) -> None:
        """The very words of the paper: reason, fields, versions, who."""
        self._text.setText("\n".join(self._model.paper_lines()))
