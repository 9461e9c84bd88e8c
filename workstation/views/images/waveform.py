"""The pane of an ECG or other waveform: paper speed, gain, leads, time; what the ruler measures; what the file says."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt
from PyQt6.QtGui import QImage, QKeyEvent, QPainter, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from imaging.objects.tracing import GAINS, SPEEDS, Reach, Scale, Sheet, is_standard, rows_sheet, standard_sheet
from imaging.objects.waveform import Group, Waveforms
from workstation.views.images.paper import Laying, Paper, pixels_per_mm
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.flow import Flow
from workstation.views.widgets.text import column, frame, label

PAGE_S = 10.0
_TOLD_HIGH, _FOOT_FROM = 52, 260
HINT = "Đo thời gian và biên độ: kéo chuột trên giấy, hoặc Enter rồi dùng mũi tên"
_LAYING = {Laying.START: "Mũi tên đưa tới điểm đầu, Enter đặt", Laying.END: "Mũi tên đưa tới điểm cuối, Enter đặt"}
_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
_FINE_MM, _COARSE_MM, _SCROLL_MM = 0.5, 5.0, 25.0
"""Of an arrow with the ruler (with Shift: a large square), and of the paper without one."""


class WaveformPane(QWidget):
    """Shows one multiplex group at a time, a page of ten seconds of it."""

    def __init__(self, waveforms: Waveforms, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._waveforms, self._place, self._start = waveforms, 0, 0.0
        self.scale = Scale()
        self._fitted = False
        self.paper = Paper()
        self.reading = label(HINT, "text")
        self._page = label("", "small_second", wrap=True)
        self._said = label("", "small_second", wrap=True)
        self._ground = QScrollArea()
        self._ground.setWidget(self.paper)
        self._ground.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._ground.setAccessibleName("Giấy ghi sóng")
        self.speed = KeyButton("", small=True, on_click=self._next_speed)
        self.gain = KeyButton("", small=True, on_click=self._next_gain)
        self.leads = KeyButton("", small=True, on_click=self._other_leads)
        self.fit = KeyButton("", small=True, on_click=self._other_size)
        self.group = KeyButton("", small=True, on_click=self._next_group)
        self.back = KeyButton("◀ 10 giây trước", small=True, on_click=lambda: self.turn(-1))
        self.on = KeyButton("10 giây sau ▶", small=True, on_click=lambda: self.turn(1))
        self._standard = True
        self.setAccessibleName("Sóng ghi: Enter và mũi tên để đo")
        self._lay_out()
        self.paper.measured.connect(self._measured)
        self._draw()

    def _lay_out(self) -> None:
        head, foot = frame("head"), frame("foot")
        head.setLayout(Flow(self.speed, self.gain, self.leads, self.fit, self.group, self.back, self.on,
                            margins=(8, 4, 8, 4)))
        self._foot = foot
        self._told = QScrollArea()
        self._told.setWidget(self._said)
        self._told.setWidgetResizable(True)
        self._told.setFrameShape(QFrame.Shape.NoFrame)
        self._told.setMaximumHeight(_TOLD_HIGH)
        self._told.setAccessibleName("Máy ghi điện tim đọc và đánh dấu")
        foot.setLayout(column(self.reading, self._page, self._told, margins=(8, 4, 8, 6)))
        self.setLayout(column(head, gap=0))
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.addWidget(self._ground, 1)
            layout.addWidget(foot)
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(0, 0, 0, 0)
        self.group.setVisible(len(self._waveforms.groups) > 1)

    @property
    def shown(self) -> Group:
        """The group that is on the paper."""
        return self._waveforms.groups[self._place]

    @property
    def standard(self) -> bool:
        """Whether the twelve leads stand in the standard's order."""
        return self._standard and is_standard(self.shown)

    def picture(self, width: int) -> QImage:
        """The page that is shown, so many pixels wide, for a report."""
        sheet, paper = self._sheet(), Paper()
        paper.show_sheet(sheet, width / sheet.width)
        made = QImage(paper.size(), QImage.Format.Format_RGB32)
        painter = QPainter(made)
        paper.draw(painter, QRectF(made.rect()))
        painter.end()
        return made

    @property
    def words(self) -> str:
        """«giây 0-10, 25 mm/s, 10 mm/mV; 812 ms · 74/phút · +0,10 mV»: the page, and what the ruler measures on it."""
        end = min(self.shown.seconds, self._start + PAGE_S)
        page = f"giây {_figure(self._start)}-{_figure(end)}, {self.speed.text()}, {self.gain.text()}"
        return page if self.paper.reach is None else f"{page}; {_told(self.paper.reach)}"

    def _sheet(self) -> Sheet:
        return standard_sheet(self.shown, self.scale, self._start) if self.standard else rows_sheet(
            self.shown, self.scale, self._start, PAGE_S)

    def turn(self, pages: int) -> None:
        """Ten seconds on or back; stays at either end."""
        last = max(0.0, self.shown.seconds - PAGE_S)
        self._start = min(last, max(0.0, self._start + pages * PAGE_S))
        self._draw()

    def _draw(self) -> None:
        group = self.shown
        sheet = self._sheet()
        per_mm, real = pixels_per_mm(self.screen())
        if self._fitted:
            viewport = self._ground.viewport()
            per_mm = max(0.5, ((viewport.width() if viewport is not None else 800) - 4) / sheet.width)
        self.paper.show_sheet(sheet, per_mm)
        self._say(group, real)

    def _say(self, group: Group, real: bool) -> None:
        self.speed.say(f"{self.scale.mm_per_s:g} mm/s".replace(".", ","))
        self.gain.say(f"{self.scale.mm_per_mv:g} mm/mV".replace(".", ","))
        self.leads.say("Từng kênh" if self.standard else "12 chuyển đạo")
        self.leads.setVisible(is_standard(group))
        self.fit.say("Cỡ thật" if self._fitted else "Vừa khung")
        self.group.say(f"Nhóm {self._place + 1}/{len(self._waveforms.groups)}: {group.label or 'sóng ghi'}")
        long = group.seconds > PAGE_S + 0.05
        self.back.setVisible(long)
        self.on.setVisible(long)
        self.back.refuse("" if self._start > 0 else "Đây là đầu bản ghi.")
        self.on.refuse("" if self._start < group.seconds - PAGE_S - 0.05 else "Đây là cuối bản ghi.")
        self._page.setText(" · ".join(filter(None, self._facts(group, real))))
        words = self._by_device()
        self._said.setText("\n".join(words))
        self._told.setVisible(bool(words))

    def _facts(self, group: Group, real: bool) -> list[str]:
        lead = group.channels[0]
        band = "" if lead.low_hz is None and lead.high_hz is None else (
            f"lọc khi ghi {_figure(lead.low_hz)}-{_figure(lead.high_hz)} Hz"
            + (f", chặn {_figure(lead.notch_hz)} Hz" if lead.notch_hz else ""))
        end = min(group.seconds, self._start + PAGE_S)
        page = f"giây {_figure(self._start)}-{_figure(end)} của {_figure(group.seconds)}"
        size = "" if real or self._fitted else "màn hình không cho biết cỡ thật: đo theo ô giấy"
        bare = "" if all(channel.calibrated for channel in group.channels) else (
            "tệp không ghi độ nhạy: biên độ không phải mV thật")
        return [page, f"{group.rate_hz:g} Hz", band, bare, size]

    def _by_device(self) -> list[str]:
        """What the device itself concluded and marked on this page: whose word it is stands before it."""
        marks = [f"{mark.text} ({mark.at_s:.2f} s)".replace(".", ",") for mark in self._waveforms.marks[self._place]
                 if mark.at_s is not None and self._start <= mark.at_s < self._start + PAGE_S][:12]
        found = [finding.text for finding in self._waveforms.findings][:40]
        return [f"{whose}: {' · '.join(words)}" for whose, words in (("Máy đọc", found), ("Máy đánh dấu", marks))
                if words]

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and (
                event.key() == Qt.Key.Key_Escape and self.paper.reach is not None):
            event.accept()  # Esc takes the ruler away before it leads back to the chart
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None or not self._keyed(event):
            super().keyPressEvent(event)

    def _keyed(self, event: QKeyEvent) -> bool:
        """The ruler and the paper by keyboard alone; whether the key was meant for them."""
        key = Qt.Key(event.key())
        match key:
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                viewport = self._ground.viewport() or self._ground
                self.paper.put(QPointF(self.paper.mapFrom(viewport, viewport.rect().center())))
            case Qt.Key.Key_Escape:
                return self.paper.take_away()
            case Qt.Key.Key_PageDown | Qt.Key.Key_PageUp:
                self.turn(1 if key == Qt.Key.Key_PageDown else -1)
            case _ if key in _ARROWS:
                self._go(*_ARROWS[key], coarse=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            case _:
                return False
        return True

    def _go(self, right: int, down: int, *, coarse: bool) -> None:
        if self.paper.laying is Laying.NONE:
            for bar, by in ((self._ground.horizontalScrollBar(), right), (self._ground.verticalScrollBar(), down)):
                if bar is not None:
                    bar.setValue(bar.value() + round(by * _SCROLL_MM * self.paper.scale))
            return
        step = _COARSE_MM if coarse else _FINE_MM
        self.paper.move_by(right * step, down * step)
        end = self.paper.end.toPoint()
        self._ground.ensureVisible(end.x(), end.y())

    def _measured(self, found: Reach | None) -> None:
        told = "" if found is None or self.paper.laying is Laying.START else _told(found)
        self.reading.setText(" · ".join(filter(None, (told, _LAYING.get(self.paper.laying, "")))) or HINT)

    def _next_speed(self) -> None:
        self.scale = replace(self.scale, mm_per_s=_next(SPEEDS, self.scale.mm_per_s))
        self._draw()

    def _next_gain(self) -> None:
        self.scale = replace(self.scale, mm_per_mv=_next(GAINS, self.scale.mm_per_mv))
        self._draw()

    def _other_leads(self) -> None:
        self._standard = not self._standard
        self._draw()

    def _other_size(self) -> None:
        self._fitted = not self._fitted
        self._draw()

    def _next_group(self) -> None:
        self._place, self._start = (self._place + 1) % len(self._waveforms.groups), 0.0
        self._draw()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._foot.setVisible(self.height() >= _FOOT_FROM)  # in a small viewport the strip has the room
        if self._fitted:
            self._draw()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._draw()  # only now it is known on which screen


def _told(found: Reach) -> str:
    beat = f" · {found.per_minute:.0f}/phút" if found.per_minute is not None else ""
    height = f"{found.amplitude:+.2f}".replace(".", ",").replace("-", "−")
    return f"{found.milliseconds:.0f} ms{beat} · {height} {found.unit or '(không rõ đơn vị)'}"


def _next(values: tuple[float, ...], now: float) -> float:
    return values[(values.index(now) + 1) % len(values)] if now in values else values[0]


def _figure(value: float | None) -> str:
    return "?" if value is None else f"{value:g}".replace(".", ",")
