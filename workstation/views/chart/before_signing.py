"""«Trước khi ký»: what signing still demands, in words; F8 goes to it."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QWidget

from records.errors import Reason
from workstation.models.editor import EditorModel
from workstation.views.chart.problems import missing, wrong
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import Elided, KeyCap, clear, frame, label, row

SHORT = "abbreviation"
"""R38: an abbreviation outside the approved list, told apart from what is missing and from unusual numbers."""


class BeforeSigning(QFrame):
    """The foot of the editor: ticks for what is done, amber or red words for what is not."""

    def __init__(self, model: EditorModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "foot")
        self.setFixedHeight(33)
        self._model = model
        self._facts = row(gap=6)
        outer = row(label("Trước khi ký", "bold"), gap=12, margins=(10, 0, 10, 0))
        outer.addLayout(self._facts, 1)
        self._way: QFrame = frame("bare")
        self._way.setLayout(row(KeyCap("F8"), label("tới chỗ còn thiếu", "small_second"), gap=4))
        outer.addWidget(self._way)
        self.setLayout(outer)
        model.checked.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say it anew."""
        clear(self._facts)
        model = self._model
        faults, demanded = wrong(model), missing(model)
        short = [reason for reason in demanded if reason.code == SHORT]
        still = [reason for reason in demanded if reason.code != SHORT]
        spoken: list[str] = []
        if faults:
            spoken.append(_fact(self._facts, f"{len(faults)} chỗ cần sửa: {faults[0].vietnamese}", "critical"))
        if still:
            spoken.append(_fact(self._facts, _missing_words(still), "attention"))
        elif not faults:
            spoken.append(_fact(self._facts, "Đủ mục bắt buộc", "ok"))
        for field in model.kind.fields:
            if field.type == "coded" and field.required:
                value = model.value(field.key)
                code = value.get("code") if isinstance(value, dict) else None
                if value:
                    spoken.append(_fact(self._facts, f"{field.label} {'có' if code else 'chưa có'} mã",
                                        "ok" if code else "attention"))
        if short:
            words = dict.fromkeys(f"{one.facts['word']} ({one.facts['full']})" for one in short)
            spoken.append(_fact(self._facts, f"Viết đủ chữ: {', '.join(words)}", "attention"))
        warnings = [reason for reason in model.warnings() if reason.code != SHORT]
        if warnings:
            spoken.append(_fact(self._facts, f"{len(warnings)} số khác thường, vẫn ký được", "attention"))
        self._facts.addStretch(1)
        self._way.setVisible(bool(faults or still or short))
        self.setAccessibleName("Trước khi ký: " + "; ".join(spoken))


def _missing_words(missing: Sequence[Reason]) -> str:
    if len(missing) == 1:
        return missing[0].vietnamese.rstrip(".")
    named = [str(reason.facts.get("label", "")) or reason.vietnamese.rstrip(".") for reason in missing]
    return f"Còn thiếu {len(missing)} mục: {', '.join(named[:3])}" + (" …" if len(named) > 3 else "")


def _fact(line: QHBoxLayout, words: str, ink: str) -> str:
    shape = "check" if ink == "ok" else "alert-triangle"
    line.addWidget(Icon(shape, ink))
    role = "critical" if ink == "critical" else "attention" if ink == "attention" else "ok"
    long = len(words) > 40
    text: QWidget = Elided(words, role) if long else label(words, role)  # type: ignore[arg-type]  # three roles of the kit
    line.addWidget(text, 3 if long else 0)
    line.addSpacing(8)
    return words
