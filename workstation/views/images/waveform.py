"""The pane of an ECG or other waveform: paper speed, gain, leads, time; what the ruler measures; what the file says."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QImage, QPainter, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from imaging.objects.tracing import GAINS, SPEEDS, Reach, Scale, Sheet, is_standard, rows_sheet, standard_sheet
from imaging.objects.waveform import Group, Waveforms
from workstation.views.images.paper import Paper, pixels_per_mm
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.flow import Flow
from workstation.views.widgets.text import column, frame, label

PAGE_S = 10.0
_TOLD_HIGH, _FOOT_FROM = 52, 260
HINT = "Kéo chuột trên giấy để đo thời gian và biên độ"


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
        return page if self.paper.reach is None else f"{page}; {self.reading.text()}"

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

    def _measured(self, found: Reach | None) -> None:
        if found is None:
            self.reading.setText(HINT)
            return
        beat = f" · {found.per_minute:.0f}/phút" if found.per_minute is not None else ""
        height = f"{found.amplitude:+.2f}".replace(".", ",").replace("-", "−")
        self.reading.setText(f"{found.milliseconds:.0f} ms{beat} · {height} {found.unit or '(không rõ đơn vị)'}")

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


def _next(values: tuple[float, ...], now: float) -> float:
    return values[(values.index(now) + 1) % len(values)] if now in values else values[0]


def _figure(value: float | None) -> str:
    return "?" if value is None else f"{value:g}".replace(".", ",")
