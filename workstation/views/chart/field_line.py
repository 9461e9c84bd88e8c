"""A blank with its label, unit, last value, and what is wrong with it, in words below it."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QWidget

from records.errors import Reason
from records.forms import Field
from workstation.models.editor import EditorModel
from workstation.views import style
from workstation.views.chart.blanks import Blank, NumberBlank
from workstation.views.chart.earlier import Last
from workstation.views.chart.images_blank import ImagesBlank
from workstation.views.chart.making import make_blank
from workstation.views.chart.problems import wrong
from workstation.views.chart.rows import GatheredBlank
from workstation.views.widgets.text import column, label, row

NARROW_LABEL = 112


def field_title(field: Field) -> str:
    """Number and label as the paper has them."""
    number = field.number if field.number not in ("", "+", "-") else ""
    return f"{number}. {field.label}" if number.isdigit() else f"{number} {field.label}".strip()


class FieldLine(QWidget):
    """One field of the editor, joined to its model. `narrow`: label at the left; else above; "letter": number alone."""

    def __init__(self, model: EditorModel, field: Field, *, shape: str = "wide", last: Last | None = None,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._model = model
        self._last = last
        self.blank: Blank = make_blank(field, narrow=shape != "wide")
        if isinstance(self.blank, GatheredBlank):
            self.blank.name_kinds({kind.key: kind.name for kind in model.form.kinds})
        if isinstance(self.blank, ImagesBlank):
            self.blank.open_wanted.connect(model.pictures.show)
        self.blank.show_value(model.value(field.key))
        self.blank.edited.connect(self._edited)
        if last is not None and isinstance(self.blank, NumberBlank):
            self.blank.show_last(last.value, last.words(field))
        self.note: QLabel = label("", "small_second", wrap=True)
        self.unit: QLabel = label(field.unit, "small_second")
        self._lay_out(shape)
        self.refresh()

    def _lay_out(self, shape: str) -> None:
        line = row(gap=6)
        if shape == "letter":
            head = label(self.field.number, "new")
            head.setFixedWidth(20)
            head.setContentsMargins(0, 5, 0, 0)
            head.setToolTip(self.field.label)
            line.addWidget(head, 0, Qt.AlignmentFlag.AlignTop)
        elif shape == "narrow" and self.field.type not in (
                "text", "rows", "coded", "choices", "gathered", "images", "order"):
            head = label(self.field.label, wrap=True)
            head.setFixedWidth(NARROW_LABEL)
            line.addWidget(head)
        stretches = self.field.type not in ("int", "decimal", "date", "instant")
        below = column(gap=1)
        line.addWidget(self.blank, int(stretches))
        if self.field.unit:
            line.addWidget(self.unit)
        if not stretches:
            line.addStretch(1)
        if shape == "wide" or (shape == "narrow" and line.count() == 1):
            below.addWidget(label(field_title(self.field), "caption", wrap=True))
        below.addLayout(line)
        below.addWidget(self.note)
        below.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setLayout(below)

    def _edited(self, value: object) -> None:
        self._model.set_value(self.field.key, value)

    @property
    def hint(self) -> str:
        """The last value and what is taken: «Lần trước 51,5 kg (16/11). Nhận 0,3–300 kg.»"""
        parts = [self._last.words(self.field)] if self._last is not None else []
        low, high = self.field.warn_min or self.field.min, self.field.warn_max or self.field.max
        if low is not None and high is not None:
            parts.append(f"Thường {low}–{high} {self.field.unit}".replace(".", ",").rstrip())
        return ". ".join([*parts, self.field.help] if self.field.help else parts)

    def show_value(self) -> None:
        """The model changed it: computed, merged, taken over."""
        self.blank.show_value(self._model.value(self.field.key))

    def refresh(self) -> None:
        """Whether it is asked for now, and what is wrong with it."""
        # Without a parent a shown widget would flash up as a window of its own; the layout shows it later.
        shown = self._model.shown(self.field.key) and not self.blank.idle
        if self.parent() is not None or not shown:
            self.setVisible(shown)
        if isinstance(self.blank, ImagesBlank):
            self.blank.offer(self._model.pictures.chosen)
        problems, warnings = wrong(self._model, self.field.key), self._model.warnings(self.field.key)
        self.blank.note(problems, warnings)
        words = _words(self.field, problems) or _words(self.field, warnings)
        role = "critical" if problems else "attention" if warnings else "small_second"
        if not words and (self.field.computed or self.field.given):
            words = "tự tính" if self.field.computed else "chương trình ghi"
        style.set_role(self.note, role)
        self.note.setText(words)
        self.note.setVisible(bool(words))


def _words(field: Field, reasons: tuple[Reason, ...]) -> str:
    """What stands below the blank; rows say their own where they are."""
    return " ".join(reason.vietnamese for reason in reasons if reason.where == field.key)
