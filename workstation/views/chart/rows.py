"""Blanks that are tables: rows that are always there (risk table), and small tables that grow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QLabel, QWidget

from records.errors import Reason
from records.forms import Field
from workstation.views.chart.blanks import Blank
from workstation.views.chart.icon_button import IconButton
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.text import column, label, row

Make = Callable[[Field], Blank]
FEW_COLUMNS = 3


def own_reasons(reasons: Sequence[Reason], key: str, number: int) -> dict[str, list[Reason]]:
    """Of all reasons, those of one row, by column: they stand at `orders.1.dose`."""
    place = f"{key}.{number}."
    found: dict[str, list[Reason]] = {}
    for reason in reasons:
        if reason.where.startswith(place):
            found.setdefault(reason.where.removeprefix(place), []).append(reason)
    return found


class RowsBlank(Blank):
    """What all tables share: the rows as values, and what changes in one cell."""

    def __init__(self, field: Field, make: Make, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._make = make
        self.rows: list[dict[str, Any]] = []

    def change(self, at: int, key: str, value: Any) -> None:
        """A person changed a cell."""
        if value in (None, ""):
            self.rows[at].pop(key, None)
        else:
            self.rows[at][key] = value
        self.tell()

    def tell(self) -> None:
        """All rows as they are now; the person may still be filling an empty one."""
        self.edited.emit([dict(values) for values in self.rows] if any(self.rows) else None)


class FixedRows(RowsBlank):
    """Rows that are always there, each with its printed label: one line a row, columns beside each other."""

    def __init__(self, field: Field, make: Make, parent: QWidget | None = None) -> None:
        super().__init__(field, make, parent)
        self.rows = [{} for _ in field.fixed_rows]
        self.cells: dict[tuple[int, str], Blank] = {}
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for place, part in enumerate(field.fields, start=1):
            head = label(part.label, "caption", wrap=True)
            head.setToolTip(part.help)
            grid.addWidget(head, 0, place)
        for at, words in enumerate(field.fixed_rows):
            grid.addWidget(label(words, wrap=True), at + 1, 0)
            for place, part in enumerate(field.fields, start=1):
                grid.addWidget(self._cell(at, part, words), at + 1, place)
        grid.setColumnStretch(len(field.fields), 1)
        self.setLayout(grid)

    def _cell(self, at: int, part: Field, words: str) -> Blank:
        made = self._make(part.model_copy(update={"help": ""}))
        made.edited.connect(partial(self.change, at, part.key))
        made.target().setAccessibleName(f"{words}: {part.label}")
        self.cells[at, part.key] = made
        return made

    def show_value(self, value: Any) -> None:
        given = value if isinstance(value, list) else []
        self.rows = [dict(given[at]) if at < len(given) else {} for at in range(len(self.field.fixed_rows))]
        for (at, key), blank in self.cells.items():
            blank.show_value(self.rows[at].get(key))

    def target(self) -> QWidget:
        for (at, key), blank in self.cells.items():
            if key == self.field.fields[0].key and key not in self.rows[at]:
                return blank.target()
        return next(iter(self.cells.values())).target()

    def note(self, problems: Sequence[Reason], warnings: Sequence[Reason]) -> None:
        for at in range(len(self.field.fixed_rows)):
            wrong = own_reasons(problems, self.field.key, at + 1)
            unusual = own_reasons(warnings, self.field.key, at + 1)
            for part in self.field.fields:
                self.cells[at, part.key].note(wrong.get(part.key, ()), unusual.get(part.key, ()))


class SmallTable(RowsBlank):
    """A table of few columns: each row is a line of blanks with a cross; the last line adds one."""

    def __init__(self, field: Field, make: Make, parent: QWidget | None = None) -> None:
        super().__init__(field, make, parent)
        self._lines = column(gap=4)
        self._cells: list[dict[str, Blank]] = []
        self.add = KeyButton(f"Thêm {field.label.lower()}", small=True, on_click=self._add)
        layout = column(gap=4)
        layout.addLayout(self._lines)
        layout.addLayout(row(self.add, None))
        self.setLayout(layout)

    def show_value(self, value: Any) -> None:
        given = [dict(item) for item in value] if isinstance(value, list) else []
        if given == [item for item in self.rows if item] and self._cells:
            return
        self.rows = given
        self._build()

    def _build(self) -> None:
        while self._lines.count():
            item = self._lines.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        self._cells = []
        for at, values in enumerate(self.rows):
            self._lines.addWidget(self._line(at, values))

    def _line(self, at: int, values: Mapping[str, Any]) -> QWidget:
        cells: dict[str, Blank] = {}
        layout = row(gap=8)
        for part in self.field.fields:
            made = cells[part.key] = self._make(part)
            made.show_value(values.get(part.key))
            made.edited.connect(partial(self.change, at, part.key))
            if len(self.field.fields) > 1:
                layout.addWidget(label(part.label, "small_second"))
            layout.addWidget(made, 1 if part.type in ("line", "text", "coded") else 0)
            if part.unit:
                layout.addWidget(label(part.unit, "small_second"))
        layout.addWidget(IconButton("x", f"Bỏ dòng {at + 1}", on_click=partial(self._remove, at)))
        self._cells.append(cells)
        line = QWidget()
        line.setLayout(layout)
        return line

    def _add(self) -> None:
        if len(self.rows) < self.field.max_rows:
            self.rows.append({})
            self._build()
            next(iter(self._cells[-1].values())).target().setFocus()

    def _remove(self, at: int) -> None:
        del self.rows[at]
        self._build()
        self.add.setFocus()
        self.tell()

    def target(self) -> QWidget:
        return next(iter(self._cells[0].values())).target() if self._cells else self.add

    def note(self, problems: Sequence[Reason], warnings: Sequence[Reason]) -> None:
        for at, cells in enumerate(self._cells):
            wrong = own_reasons(problems, self.field.key, at + 1)
            unusual = own_reasons(warnings, self.field.key, at + 1)
            for key, blank in cells.items():
                blank.note(wrong.get(key, ()), unusual.get(key, ()))


class GatheredBlank(Blank):
    """The signed entries that a composition puts together: read, never typed."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._names: dict[str, str] = {}
        self._words: QLabel = label("", wrap=True)
        self._words.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setLayout(row(self._words, gap=0))

    def show_value(self, value: Any) -> None:
        items = value if isinstance(value, list) else []
        lines = [f"{number}. {self._names.get(item['kind'], item['kind'])} · phiên bản {item['version']} · "
                 f"SHA-256 {str(item['sha256'])[:16]}…" for number, item in enumerate(items, start=1)]
        self._words.setText("\n".join(lines) or "Chưa có phần nào đã ký đủ.")

    def name_kinds(self, names: dict[str, str]) -> None:
        """How the form calls the kinds that are listed."""
        self._names = names

    def target(self) -> QWidget:
        return self._words
