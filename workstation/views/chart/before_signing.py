"""«Trước khi ký»: what signing still demands, in words, and who holds it up since when; F8 goes to what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QWidget

from records.errors import Reason
from records.messages import Chart, EntryView
from workstation.models.account import utc_now
from workstation.models.editor import EditorModel
from workstation.models.holding_up import BeforeMine, HoldUp, of_view
from workstation.models.order_choice import OrderChoice
from workstation.views.chart.problems import missing, wrong
from workstation.views.widgets import times
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.text import Elided, KeyCap, clear, column, frame, label, row

HEIGHT, LINE = 33, 22
MOST = 4
"""Lines of what comes first; more are counted."""

SHORT = "abbreviation"
"""R38: an abbreviation outside the approved list, told apart from what is missing and from unusual numbers."""


class BeforeSigning(QFrame):
    """The foot of the editor: ticks for what is done, amber or red words for what is not; below, what comes first."""

    def __init__(self, model: EditorModel, before: BeforeMine | None = None, choice: OrderChoice | None = None,
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "foot")
        self._model, self._before, self._choice = model, before, choice
        self._facts = row(gap=6)
        first = QWidget()
        first.setFixedHeight(HEIGHT)
        outer = row(label("Trước khi ký", "bold"), gap=12, margins=(10, 0, 10, 0))
        outer.addLayout(self._facts, 1)
        self._way: QFrame = frame("bare")
        self._way.setLayout(row(KeyCap("F8"), label("tới chỗ còn thiếu", "small_second"), gap=4))
        outer.addWidget(self._way)
        first.setLayout(outer)
        self._first = column(gap=0, margins=(10, 0, 10, 0))
        both = column(first, gap=0)
        both.addLayout(self._first)
        self.setLayout(both)
        model.checked.connect(self.refresh)
        if before is not None:
            before.changed.connect(self.refresh)
        if choice is not None:
            choice.changed.connect(self.refresh)
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
        asks = self._choice is not None and self._choice.asks
        if asks:
            spoken.append(_fact(self._facts, "Chọn chỉ định mà phiếu trả lời", "attention"))
        if not (still or faults or asks):
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
        self._way.setVisible(bool(faults or still or short or asks))
        spoken += self._show_first()
        self.setAccessibleName("Trước khi ký: " + "; ".join(spoken))

    def _show_first(self) -> list[str]:
        """What comes before this signature: whose it is, and since when it waits."""
        clear(self._first)
        told = [(f"{reason.vietnamese} {reason.todo}".strip(), "alert-triangle")
                for reason in self._before.reasons] if self._before is not None else []
        lines = self._before.lines if self._before is not None else ()
        now = utc_now()
        told += [(line_words(one, now), "clock") for one in lines]
        for words, shape in told[:MOST]:
            line = QWidget()
            line.setFixedHeight(LINE)
            text = Elided(words, "attention")
            layout = row(Icon(shape, "attention"), text, gap=6)
            layout.setStretch(1, 1)
            line.setLayout(layout)
            self._first.addWidget(line)
        if len(told) > MOST:
            self._first.addWidget(label(f"… và {len(told) - MOST} chỗ nữa", "small_second"))
        shown = min(len(told), MOST + 1)
        self.setFixedHeight(HEIGHT + LINE * shown + (4 if shown else 0))
        return [words for words, _ in told]


def line_words(one: HoldUp, now: datetime) -> str:
    """«Chờ B. Tổng kết bệnh án: chữ ký “Bác sỹ điều trị” · Lê Thu Hà, từ 24/11 22:10 (2 giờ)»."""
    words = f"Chờ {one.what}" + (f" · {one.who}" if one.who else "")
    if one.since is None:
        return words
    return f"{words}, từ {times.day_and_clock(one.since, now)} ({times.span(now - one.since)})"


def why_it_waits(chart: Chart | None, view: EntryView) -> str:
    """For whom a paper waits that is not mine to sign, in one sentence; empty when it waits for nobody."""
    held = next(of_view(chart, view, {}), None) if chart is not None else None
    return f"{line_words(held, utc_now())}." if held is not None else ""


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
