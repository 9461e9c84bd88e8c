"""What a measurement says: its figures with their units, how far they can be trusted, and the words on the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from imaging.geometry import Calibration
from records.errors import Reason, reason_words

_NO_RULER = {"measure_across_regions": "qua hai vùng thước khác nhau",
             "measure_outside_regions": "ra ngoài vùng có thước"}
_OF_COLOURS = "màu trên hình, không phải trị số của mô"


@dataclass(frozen=True)
class Reading:
    """Figures of one mark. `size` is millimetres, degrees, mm², or pixels when there is no calibration (`unit` says).

    `why` is the code of the reason why there is no better unit, or why there is no figure at all. The rest is a
    region's: its values in `values_unit` (empty: stored values of no told unit).
    """

    size: float | None
    unit: str
    calibration: Calibration
    why: str = ""
    pixels: int | None = None
    mean: float | None = None
    deviation: float | None = None
    least: float | None = None
    greatest: float | None = None
    values_unit: str = ""
    colours: tuple[float, float, float] | None = None
    """A region's mean red, green and blue, 0 to 255, where the picture has colours and no values."""

    def as_json(self) -> dict[str, Any]:
        """The reading as it is kept with its mark."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reading:
        """A kept reading; raises ValueError or KeyError when it is none."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        if colours := values.get("colours"):
            red, green, blue = colours
            values["colours"] = (float(red), float(green), float(blue))
        return cls(**{**values, "calibration": Calibration(values["calibration"])})

    @property
    def reason(self) -> Reason | None:
        """Why it says less than one would wish."""
        return Reason(self.why) if self.why in reason_words() else None


def words_of(reading: Reading) -> tuple[str, ...]:
    """Lines to be written beside a mark: the figures first, then what must be known to trust them."""
    size = _size_words(reading)
    if reading.colours is not None:
        return tuple(filter(None, (f"{_colour_words(reading.colours)} · {size}", _OF_COLOURS, _trust(reading))))
    if reading.pixels is None or reading.mean is None:
        return tuple(filter(None, (size, _trust(reading))))
    unit = f" {reading.values_unit}" if reading.values_unit else ""
    digits = 2 if reading.values_unit.startswith("SUV") else 0
    mean, deviation, least, greatest = (
        decimal(value or 0.0, digits) for value in (reading.mean, reading.deviation, reading.least, reading.greatest))
    return tuple(filter(None, (f"TB {mean}{unit} · SD {deviation} · {size}", f"từ {least} đến {greatest}",
                               _trust(reading))))


def headline(reading: Reading) -> str:
    """The one figure for a list."""
    if reading.mean is None:
        return _size_words(reading)
    unit = f" {reading.values_unit}" if reading.values_unit else ""
    return f"TB {decimal(reading.mean, 2 if reading.values_unit.startswith('SUV') else 0)}{unit}"


def decimal(value: float, digits: int) -> str:
    """A figure as it is written in Vietnamese: decimal comma, a real minus sign, never «−0»."""
    written = f"{value:.{digits}f}"
    if not written.strip("-0."):
        written = written.lstrip("-")
    return written.replace("-", "−").replace(".", ",")


def _size_words(reading: Reading) -> str:
    if reading.size is None:
        return "—"
    about = "≈ " if reading.calibration is Calibration.ESTIMATED and reading.unit != "°" else ""
    if reading.unit == "mm²" and reading.size >= 100:
        return f"{about}{decimal(reading.size / 100, 1)} cm²"
    space = "" if reading.unit == "°" else " "
    return f"{about}{decimal(reading.size, 0 if reading.unit == 'px²' else 1)}{space}{reading.unit}"


def _colour_words(colours: tuple[float, float, float]) -> str:
    """As the picture has them; a grey one that came as colours has one brightness."""
    if max(colours) - min(colours) < 0.5:
        return f"TB sáng {decimal(sum(colours) / 3, 0)}/255"
    red, green, blue = (decimal(one, 0) for one in colours)
    return f"TB đỏ {red}, lục {green}, lam {blue} /255"


def _trust(reading: Reading) -> str:
    """Pixel spacing versus imager spacing said plainly (PS3.3 10.7.1.3)."""
    if reading.size is None:
        return "" if reading.reason is None else reading.reason.vietnamese
    if reading.unit in ("px", "px²"):
        return _NO_RULER.get(reading.why, "không có thước")
    if reading.unit == "°":
        return ""
    return {Calibration.AT_DETECTOR: "theo cảm biến", Calibration.ESTIMATED: "ước lượng"}.get(reading.calibration, "")
