"""The editor that a form's sections make: every field in printed order, neighbours of a group beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QApplication, QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from records.forms import Field, Section
from workstation.models.editor import EditorModel
from workstation.views.chart.earlier import Last
from workstation.views.chart.field_line import FieldLine
from workstation.views.widgets.text import column, label, row

MOST_BESIDE = 4
LONG = ("text", "rows", "gathered", "coded", "choices", "images", "order")


class FieldLines(QWidget):
    """The lines of several fields joined to one model: shows values and problems, knows where to jump."""

    moved = pyqtSignal(QWidget)
    """The cursor went to this widget by a jump: bring it into view."""

    def __init__(self, model: EditorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.lines: dict[str, FieldLine] = {}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._reveal)
        model.value_changed.connect(self._show_value)
        model.checked.connect(self.refresh)

    def add(self, line: FieldLine) -> FieldLine:
        """Take a line into the editor."""
        self.lines[line.field.key] = line
        return line

    def _show_value(self, key: str) -> None:
        if key in self.lines:
            self.lines[key].show_value()
        elif not key:
            for line in self.lines.values():
                line.show_value()

    def refresh(self) -> None:
        """Problems, warnings, and which fields are asked for."""
        for line in self.lines.values():
            line.refresh()

    def first(self) -> QWidget | None:
        """Where writing begins: the first field that is shown, empty and long enough to be written."""
        shown = [line for key, line in self.lines.items()
                 if self.model.shown(key) and not line.blank.passed_over]
        empty = [line for line in shown if self.model.value(line.field.key) in (None, "", [])]
        return (empty or shown)[0].blank.target() if shown else None

    def go_to(self, key: str) -> bool:
        """Put the cursor into a field; False when it is not here."""
        line = self.lines.get(key)
        if line is None:
            return False
        target = line.blank.target()
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.moved.emit(target)
        return True

    def reveal_focus(self) -> None:
        """Bring the widget with the cursor into view, once the layout has given it its place."""
        self._soon.start(0)

    def _reveal(self) -> None:
        focus = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            self.moved.emit(focus)

    def has_focus_at(self) -> str:
        """The key of the field where the cursor is."""
        for key, line in self.lines.items():
            if line.isAncestorOf(QApplication.focusWidget()):
                return key
        return ""


class FormEditor(FieldLines):
    """All sections of an entry kind, one below the other."""

    def __init__(self, model: EditorModel, *, narrow: bool = False, last: Mapping[str, Last] | None = None,
                 parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self._narrow = narrow
        self._last = last or {}
        layout = column(gap=6, margins=(12, 8, 12, 12) if narrow else (16, 10, 16, 16))
        for section in model.kind.sections:
            self._section(layout, section)
        layout.addStretch(1)
        self.setLayout(layout)

    def _section(self, layout: QVBoxLayout, section: Section) -> None:
        fields = section.fields
        alone = len(fields) == 1 and fields[0].label == section.title and not fields[0].number
        if not alone and section.title:
            number = section.number if section.number not in ("+", "-") else ""
            layout.addSpacing(4)
            layout.addWidget(label(f"{number}. {section.title}" if number else section.title, "heading", wrap=True))
        if alone and section.number:
            fields = (fields[0].model_copy(update={"number": section.number}),)
        if self._narrow:
            for field in fields:
                layout.addWidget(self._line(field, "narrow"))
            return
        for together in beside_each_other(fields):
            if len(together) == 1:
                layout.addWidget(self._line(together[0], "wide"))
            else:
                layout.addLayout(self._grid(together))

    def _grid(self, fields: Sequence[Field]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        across = min(MOST_BESIDE, len(fields))
        for at, field in enumerate(fields):
            grid.addWidget(self._line(field, "wide"), at // across, at % across, Qt.AlignmentFlag.AlignTop)
        for place in range(across):
            grid.setColumnStretch(place, 1)
        return grid

    def _line(self, field: Field, shape: str) -> FieldLine:
        return self.add(FieldLine(self.model, field, shape=shape, last=self._last.get(field.key)))


def beside_each_other(fields: Sequence[Field]) -> Iterator[list[Field]]:
    """Runs of short neighbours of the same group; every other field alone."""
    run: list[Field] = []
    for field in fields:
        joins = run and field.group and field.group == run[-1].group and field.type not in LONG
        if run and not joins:
            yield run
            run = []
        run.append(field)
        if field.type in LONG:
            yield run
            run = []
    if run:
        yield run


class Scrolled(QScrollArea):
    """An editor that may be longer than the screen; jumps bring their field into view."""

    def __init__(self, inside: QWidget, above: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        ground = QWidget()
        ground.setProperty("role", "panel")
        layout = column(gap=0)
        if above is not None:
            layout.addWidget(above)
        layout.addWidget(inside)
        ground.setLayout(layout)
        self.setWidget(ground)
        if isinstance(inside, FieldLines):
            inside.moved.connect(lambda widget: self.ensureWidgetVisible(widget, 0, 60))


class HintLine(QFrame):
    """One line below a narrow editor: the last value and the usual range of the field where the cursor is."""

    def __init__(self, lines: FieldLines, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "foot")
        self._lines = lines
        self._words = label("", "small_second", wrap=True)
        self.setFixedHeight(42)
        self.setLayout(row(self._words, margins=(12, 3, 12, 3)))
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._moved)

    def _moved(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self._lines.isAncestorOf(now):
            line = self._lines.lines.get(self._lines.has_focus_at())
            self._words.setText(line.hint if line is not None else "")
