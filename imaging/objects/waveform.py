"""Waveforms (PS3.3 C.10.9): channels of samples as physical values, read stretch by stretch; what is marked on them.

Filters that the file names were at work when it was recorded: they are told, not applied again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from imaging.attributes import integer, item, items, number, numbers, raw, text
from records.errors import Refusal

MOST_GROUPS, MOST_CHANNELS, MOST_MARKS = 64, 512, 20_000
_TO_MILLIVOLT = {"V": 1000.0, "mV": 1.0, "uV": 0.001, "nV": 1e-6}
_DTYPES = {"SB": "i1", "UB": "u1", "SS": "i2", "US": "u2", "SL": "i4", "UL": "u4"}
_COMPANDED = frozenset(("MB", "AB"))


@dataclass(frozen=True)
class Channel:
    """One trace. Physical value = sample × `factor` + `baseline`, in `unit` (mV for all that is a voltage).

    Filter edges in Hz, None where the file does not say; `skew_s` is how much later its samples were taken.
    """

    label: str
    unit: str
    factor: float
    baseline: float
    low_hz: float | None = None
    high_hz: float | None = None
    notch_hz: float | None = None
    skew_s: float = 0.0
    calibrated: bool = True


@dataclass(frozen=True)
class Mark:
    """An annotation: words, a measured value, or both; at `at_s` from the group's begin where it has a place."""

    text: str
    at_s: float | None = None
    until_s: float | None = None


@dataclass(frozen=True, eq=False)
class Group:
    """One multiplex group: channels of one rate. Samples stay packed until a stretch is asked for."""

    label: str
    rate_hz: float
    samples: int
    offset_s: float
    channels: tuple[Channel, ...]
    padding: int | None
    _packed: bytes
    _kind: str
    _stored: int
    _big: bool

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples / self.rate_hz

    def values(self, channel: int, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """A stretch of a channel in its unit; NaN where the file says that there is no sample."""
        start, stop = max(0, start), min(self.samples, self.samples if stop is None else stop)
        if stop <= start:
            return np.zeros(0, np.float32)
        found = self.channels[channel]
        stored = self._stored_values(channel, start, stop)
        values = (stored * np.float64(found.factor) + found.baseline).astype(np.float32)
        if self.padding is not None:
            values[stored == self.padding] = np.nan
        return values

    def _stored_values(self, channel: int, start: int, stop: int) -> NDArray[np.int64]:
        if self._kind in _COMPANDED:
            codes = np.frombuffer(self._packed, np.uint8).reshape(-1, len(self.channels))[start:stop, channel]
            return (_mu_law if self._kind == "MB" else _a_law)(codes)
        dtype = np.dtype(_DTYPES[self._kind]).newbyteorder(">" if self._big else "<")
        found = np.frombuffer(self._packed, dtype).reshape(-1, len(self.channels))[start:stop, channel]
        whole = found.astype(np.int64)
        spare = 8 * dtype.itemsize - self._stored
        if spare > 0:  # unused high bits may hold anything: the sign is carried up, or they are masked
            whole = (whole << (64 - self._stored)) >> (64 - self._stored) if dtype.kind == "i" else (
                whole & ((1 << self._stored) - 1))
        return whole


@dataclass(frozen=True, eq=False)
class Waveforms:
    """All groups of a file, and what stands beside them."""

    groups: tuple[Group, ...]
    marks: tuple[tuple[Mark, ...], ...]
    """For each group, those that are its."""
    findings: tuple[Mark, ...]
    """Those of no place: statements and measurements of the whole recording."""


def read_waveforms(dataset: Dataset, *, big_endian: bool = False) -> Waveforms:
    """Refuses when not one group can be drawn; groups that cannot be are left out then."""
    groups: list[tuple[int, Group]] = []
    refusals: list[Refusal] = []
    entries = items(dataset, "WaveformSequence")
    if not entries:
        raise Refusal.because("waveform_missing")
    for place, entry in enumerate(islice(entries, MOST_GROUPS), 1):
        try:
            groups.append((place, _group(entry, place, big_endian)))
        except Refusal as refused:
            refusals.append(refused)
    if not groups:
        raise refusals[0]
    found = [(integers, mark) for entry in islice(items(dataset, "WaveformAnnotationSequence"), MOST_MARKS)
             for integers, mark in (_mark(entry, dict(groups)),) if mark.text]
    marks = tuple(tuple(mark for place, mark in found if place == number) for number, _ in groups)
    placed = {number for number, _ in groups}
    return Waveforms(tuple(group for _, group in groups), marks,
                     tuple(mark for place, mark in found if place not in placed))


def _group(entry: Dataset, place: int, big_endian: bool) -> Group:
    rate, samples = number(entry, "SamplingFrequency"), integer(entry, "NumberOfWaveformSamples")
    channels = tuple(_channel(told, index, rate or 1.0) for index, told in enumerate(
        islice(items(entry, "ChannelDefinitionSequence"), MOST_CHANNELS), 1))
    if rate is None or not 0.01 <= rate <= 1e7 or samples is None or samples < 1 or not channels:
        raise Refusal.because("waveform_attributes_broken", group=place)
    kind = text(entry, "WaveformSampleInterpretation").upper()
    allocated = integer(entry, "WaveformBitsAllocated")
    if kind not in _DTYPES and kind not in _COMPANDED:
        raise Refusal.because("waveform_samples_unknown", group=place, kind=kind or "?")
    width = 1 if kind in _COMPANDED else np.dtype(_DTYPES[kind]).itemsize
    if allocated is not None and allocated != 8 * width:
        raise Refusal.because("waveform_samples_unknown", group=place, kind=f"{kind} {allocated}")
    data = raw(entry, "WaveformData")
    told = integer(entry, "NumberOfWaveformChannels")
    if (told is not None and told != len(channels)) or not isinstance(data, bytes):
        raise Refusal.because("waveform_attributes_broken", group=place)
    row = width * len(channels)
    if len(data) < row * samples:
        raise Refusal.because("waveform_cut", group=place, held=len(data) // row, told=samples)
    stored = min(integer(item_, "WaveformBitsStored") or 8 * width for item_ in items(
        entry, "ChannelDefinitionSequence"))
    offset = (number(entry, "MultiplexGroupTimeOffset") or 0) / 1000
    return Group(text(entry, "MultiplexGroupLabel"), rate, samples, offset, channels, _padding(entry, kind, big_endian),
                 data[:row * samples], kind,
                 stored if 0 < stored <= 8 * width else 8 * width, big_endian)


def _padding(entry: Dataset, kind: str, big_endian: bool) -> int | None:
    """In the samples' own form, of whichever VR it was written in."""
    value = raw(entry, "WaveformPaddingValue")
    if isinstance(value, bytes) and kind in _DTYPES:
        dtype = np.dtype(_DTYPES[kind]).newbyteorder(">" if big_endian else "<")
        return int(np.frombuffer(value[:dtype.itemsize], dtype)[0]) if len(value) >= dtype.itemsize else None
    return integer(entry, "WaveformPaddingValue") if isinstance(value, int) else None


def _channel(entry: Dataset, place: int, rate: float) -> Channel:
    unit_code = text(item(entry, "ChannelSensitivityUnitsSequence"), "CodeValue")
    sensitivity = number(entry, "ChannelSensitivity")
    scale = _TO_MILLIVOLT.get(unit_code)
    per = 1.0 if scale is None else scale
    correction = number(entry, "ChannelSensitivityCorrectionFactor")
    source = item(entry, "ChannelSourceSequence")
    skew, late = number(entry, "ChannelTimeSkew"), number(entry, "ChannelSampleSkew")
    notch = number(entry, "NotchFilterFrequency")
    return Channel(
        label=text(entry, "ChannelLabel") or _lead(text(source, "CodeMeaning")) or f"Kênh {place}",
        unit="mV" if scale is not None else unit_code,
        factor=(1.0 if sensitivity is None else sensitivity) * (1.0 if correction is None else correction) * per,
        baseline=(number(entry, "ChannelBaseline") or 0.0) * per, low_hz=number(entry, "FilterLowFrequency"),
        high_hz=number(entry, "FilterHighFrequency"), notch_hz=notch or None, skew_s=skew or (late or 0.0) / rate,
        calibrated=sensitivity is not None)


def _lead(meaning: str) -> str:
    """«Lead aVR (…)» as it is written on paper."""
    words = meaning.removeprefix("Lead ").split("(")[0].strip()
    return words[:16]


def _mark(entry: Dataset, groups: dict[int, Group]) -> tuple[int, Mark]:
    """To which group it belongs (0: none), and what it says."""
    channels = numbers(entry, "ReferencedWaveformChannels")
    place = int(channels[0]) if channels and 0 < channels[0] < 1e6 else 0
    meaning = text(item(entry, "ConceptNameCodeSequence"), "CodeMeaning")
    value = text(entry, "UnformattedTextValue") or text(item(entry, "ConceptCodeSequence"), "CodeMeaning")
    measured = text(entry, "NumericValue")
    if measured:
        unit = text(item(entry, "MeasurementUnitsCodeSequence"), "CodeValue")
        value = f"{measured} {'' if unit in ('1', '{unity}') else unit}".strip()
    words = ": ".join(filter(None, (meaning, value)))
    group = groups.get(place)
    at = numbers(entry, "ReferencedSamplePositions")
    if group is not None and at:
        times = [(position - 1) / group.rate_hz for position in at[:2]]
    else:
        times = [offset / 1000 for offset in numbers(entry, "ReferencedTimeOffsets")[:2]]
    times = [moment for moment in times if math.isfinite(moment)]
    if not times:
        return 0, Mark(words)
    return place, Mark(words, times[0], times[1] if len(times) > 1 else None)


def _mu_law(codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """ITU-T G.711."""
    turned = ~codes.astype(np.int64) & 0xFF
    magnitude = (((turned & 0x0F) << 3) + 0x84 << ((turned & 0x70) >> 4)) - 0x84
    return np.where(turned & 0x80, -magnitude, magnitude)


def _a_law(codes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """ITU-T G.711."""
    turned = codes.astype(np.int64) ^ 0x55
    segment, part = (turned & 0x70) >> 4, (turned & 0x0F) << 4
    magnitude = np.where(segment == 0, part + 8, (part + 0x108) << np.maximum(segment - 1, 0))
    return np.where(turned & 0x80, magnitude, -magnitude)
