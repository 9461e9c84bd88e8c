"""Waveforms: generated ones whose truth is computed, and a real one as pydicom reads it; the sheet's millimetres."""

from __future__ import annotations

from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom import uid
from pydicom.dataset import Dataset
from pydicom.waveforms.numpy_handler import multiplex_array

from imaging.image import open_image
from imaging.objects.kinds import Kind, kind_of
from imaging.objects.tracing import Scale, is_standard, reach, rows_sheet, standard_sheet
from imaging.objects.waveform import Group, read_waveforms
from imaging.sources import OnDisk
from records.errors import Refusal
from tests.imaging.samples import opened, phantom, public_files

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")


def code(value: str, scheme: str, meaning: str) -> Dataset:
    entry = Dataset()
    entry.CodeValue, entry.CodingSchemeDesignator, entry.CodeMeaning = value, scheme, meaning
    return entry


def channel(label: str, **attributes: Any) -> Dataset:
    entry = Dataset()
    entry.ChannelSourceSequence = [code("1", "SCPECG", f"Lead {label}")]
    entry.ChannelSensitivity, entry.ChannelSensitivityCorrectionFactor, entry.ChannelBaseline = "2.5", "1", "0"
    entry.ChannelSensitivityUnitsSequence = [code("uV", "UCUM", "microvolt")]
    entry.WaveformBitsStored = 16
    entry.FilterLowFrequency, entry.FilterHighFrequency = "0.05", "150"
    for keyword, value in attributes.items():
        setattr(entry, keyword, value)
    return entry


def group(
    samples: NDArray[Any], kind: str = "SS", rate: float = 500, labels: tuple[str, ...] = LEADS, **attributes: Any
) -> Dataset:
    entry = Dataset()
    entry.WaveformOriginality = "ORIGINAL"
    entry.NumberOfWaveformSamples, entry.NumberOfWaveformChannels = samples.shape
    entry.SamplingFrequency = str(rate)
    entry.ChannelDefinitionSequence = [channel(label) for label in labels]
    entry.WaveformBitsAllocated, entry.WaveformSampleInterpretation = 8 * samples.dtype.itemsize, kind
    entry.WaveformData = samples.tobytes() + bytes(samples.nbytes % 2)
    entry["WaveformData"].VR = "OW"
    for keyword, value in attributes.items():
        setattr(entry, keyword, value)
    return entry


def recording(*groups: Dataset, syntax: uid.UID = uid.ExplicitVRLittleEndian, **attributes: Any) -> Dataset:
    made = phantom(np.zeros((1, 1), np.uint8), syntax)
    for keyword in (
        "PixelData",
        "Rows",
        "Columns",
        "PhotometricInterpretation",
        "BitsAllocated",
        "BitsStored",
        "HighBit",
        "PixelRepresentation",
        "SamplesPerPixel",
    ):
        delattr(made, keyword)
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID = uid.TwelveLeadECGWaveformStorage
    made.Modality, made.WaveformSequence = "ECG", list(groups)
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def beats(count: int = 5000) -> NDArray[np.int16]:
    """Twelve leads, each another height, one spike a second at sample 250, 750, …"""
    time = np.arange(count)
    spike = ((time % 500) == 250) * 400 + (40 * np.sin(time / 40)).astype(int)
    return np.column_stack([(spike * (lead + 1) // 2).astype("<i2") for lead in range(12)])


def read(dataset: Dataset) -> Group:
    return read_waveforms(opened(dataset).dataset).groups[0]


def test_a_real_recording_is_as_pydicom_reads_it() -> None:
    file = public_files()["waveform_ecg.dcm"]
    theirs = pydicom.dcmread(file)
    image = open_image(OnDisk(file))
    assert kind_of(image.dataset) is Kind.WAVEFORM
    ours = read_waveforms(image.dataset)
    assert len(ours.groups) == len(theirs.WaveformSequence) == 2
    for place, found in enumerate(ours.groups):
        expected = multiplex_array(theirs, place, as_raw=False) / 1000  # theirs are microvolts
        assert found.seconds == found.samples / found.rate_hz
        for number, lead in enumerate(found.channels):
            assert lead.unit == "mV"
            assert np.abs(found.values(number) - expected[:, number]).max() < 1e-4
    assert is_standard(ours.groups[0])
    assert any(mark.text for marks in ours.marks for mark in marks) or ours.findings


def test_sensitivity_correction_and_baseline_make_millivolts() -> None:
    found = group(np.array([[0], [100], [-100]], "<i2"), labels=("V1",))
    found.ChannelDefinitionSequence = [
        channel(
            "V1",
            ChannelSensitivity="4",
            ChannelSensitivityCorrectionFactor="1.25",
            ChannelBaseline="-30",
            NotchFilterFrequency="50",
            ChannelTimeSkew="0.002",
        )
    ]
    read_ = read(recording(found))
    assert read_.values(0) == pytest.approx([-0.03, 0.47, -0.53])
    lead = read_.channels[0]
    assert (lead.label, lead.low_hz, lead.high_hz, lead.notch_hz, lead.skew_s) == ("V1", 0.05, 150.0, 50.0, 0.002)


@pytest.mark.parametrize(
    ("kind", "dtype"), [("SB", "i1"), ("UB", "u1"), ("SS", "<i2"), ("US", "<u2"), ("SL", "<i4"), ("UL", "<u4")]
)
def test_every_way_to_write_a_sample(kind: str, dtype: str) -> None:
    samples = np.array([[1, 2], [120, 3], [7, 127]], dtype)
    assert read(recording(group(samples, kind, labels=("I", "II")))).values(1) == pytest.approx([0.005, 0.0075, 0.3175])


def test_companded_samples_are_those_of_g711() -> None:
    codes = np.array([[0xFF], [0x7F], [0x80], [0x00]], np.uint8)
    found = group(codes, "MB", labels=("I",), ChannelDefinitionSequence=[channel("I", ChannelSensitivity="1000")])
    assert read(recording(found)).values(0) == pytest.approx([0, 0, 32124, -32124])
    found = group(
        np.array([[0xD5], [0x55], [0xAA], [0x2A]], np.uint8),
        "AB",
        labels=("I",),
        ChannelDefinitionSequence=[channel("I", ChannelSensitivity="1000")],
    )
    assert read(recording(found)).values(0) == pytest.approx([8, -8, 32256, -32256])


def test_padding_is_no_sample_and_unused_bits_are_not_read() -> None:
    found = group(np.array([[5], [-32768], [9]], "<i2"), labels=("I",), WaveformPaddingValue=b"\x00\x80")
    found["WaveformPaddingValue"].VR = "OW"
    assert np.isnan(read(recording(found)).values(0)).tolist() == [False, True, False]
    found = group(
        np.array([[0x1FFF], [0x1001]], "<i2"),
        labels=("I",),
        ChannelDefinitionSequence=[channel("I", WaveformBitsStored=12, ChannelSensitivity="1000")],
    )
    assert read(recording(found)).values(0) == pytest.approx([-1, 1])


def test_big_endian_samples_are_turned() -> None:
    found = group(np.array([[256], [3]], ">i2"), labels=("I",))
    image = opened(recording(found, syntax=uid.ExplicitVRBigEndian))
    assert read_waveforms(image.dataset, big_endian=True).groups[0].values(0) == pytest.approx([0.64, 0.0075])


def test_marks_and_measurements_are_told() -> None:
    beat, rate, words = Dataset(), Dataset(), Dataset()
    beat.ReferencedWaveformChannels, beat.TemporalRangeType = [1, 2], "POINT"
    beat.ReferencedSamplePositions = [251]
    beat.ConceptNameCodeSequence = [code("1", "X", "R peak")]
    rate.ReferencedWaveformChannels = [1, 0]
    rate.ConceptNameCodeSequence, rate.NumericValue = [code("2", "X", "Ventricular rate")], "60"
    rate.MeasurementUnitsCodeSequence = [code("/min", "UCUM", "per minute")]
    words.ReferencedWaveformChannels, words.UnformattedTextValue = [1, 0], "Nhịp xoang"
    found = read_waveforms(opened(recording(group(beats()), WaveformAnnotationSequence=[beat, rate, words])).dataset)
    assert [(mark.text, mark.at_s) for mark in found.marks[0]] == [("R peak", 0.5)]
    assert [mark.text for mark in found.findings] == ["Ventricular rate: 60 /min", "Nhịp xoang"]


def test_the_standard_sheet_is_paper() -> None:
    sheet = standard_sheet(read(recording(group(beats()))))
    assert [trace.label for trace in sheet.traces] == [
        "I",
        "aVR",
        "V1",
        "V4",
        "II",
        "aVL",
        "V2",
        "V5",
        "III",
        "aVF",
        "V3",
        "V6",
        "II",
    ]
    assert sheet.width == 2 * 6 + 8 + 250
    assert [trace.width for trace in sheet.traces] == [62.5] * 12 + [250]
    assert [trace.start_s for trace in sheet.traces[:4]] == [0, 2.5, 5, 7.5]
    pulse = sheet.pulses[0]
    assert float(pulse[:, 1].max() - pulse[:, 1].min()) == 10.0
    rhythm = sheet.traces[-1]
    tops = rhythm.stroke[np.isclose(rhythm.stroke[:, 1], rhythm.stroke[:, 1].min(), atol=1.0)]
    # Lead II: 400 × 2,5 µV = 1 mV = 10 mm above its sine; a second = 25 mm, the first spike at 0,5 s.
    assert tops[:, 0] - rhythm.left == pytest.approx(12.5 + 25 * np.arange(10), abs=0.001)
    found = reach(sheet, rhythm, (float(tops[0, 0]), float(tops[0, 1])), (float(tops[1, 0]), rhythm.middle))
    assert found.milliseconds == pytest.approx(1000, abs=0.1)
    assert found.per_minute == pytest.approx(60, abs=0.01)
    assert abs(found.amplitude) == pytest.approx(1.0, abs=0.11)


@pytest.mark.parametrize("scale", [Scale(50, 20), Scale(12.5, 5)])
def test_rows_at_another_speed_and_gain(scale: Scale) -> None:
    sheet = rows_sheet(read(recording(group(beats()))), scale, start_s=2.0, seconds=3.0)
    assert len(sheet.traces) == 12
    first = sheet.traces[0]
    assert first.width == 3 * scale.mm_per_s
    peak = first.stroke[first.stroke[:, 1].argmin()]
    assert (peak[0] - first.left) % scale.mm_per_s == pytest.approx(scale.mm_per_s / 2, abs=0.01)
    assert reach(sheet, first, (0, 0), (scale.mm_per_s, -scale.mm_per_mv)).milliseconds == pytest.approx(1000)
    assert reach(sheet, first, (0, 0), (scale.mm_per_s, -scale.mm_per_mv)).amplitude == pytest.approx(1.0)
    assert sheet.trace_at(first.left + 1, first.middle) is first


def test_a_long_recording_is_drawn_in_bounds_and_loses_no_spike() -> None:
    samples = np.zeros((2_000_000, 1), "<i2")
    samples[1_234_567] = 4000
    found = read(recording(group(samples, rate=1000, labels=("CM5",))))
    sheet = rows_sheet(found, seconds=found.seconds)
    stroke = sheet.traces[0].stroke
    assert len(stroke) <= 70_000
    assert float(sheet.traces[0].middle - stroke[:, 1].min()) == pytest.approx(100.0, rel=1e-3)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"SamplingFrequency": "0"}, "waveform_attributes_broken"),
        ({"NumberOfWaveformChannels": 3}, "waveform_attributes_broken"),
        ({"NumberOfWaveformSamples": 9000}, "waveform_cut"),
        ({"WaveformSampleInterpretation": "XX"}, "waveform_samples_unknown"),
        ({"WaveformBitsAllocated": 8}, "waveform_samples_unknown"),
        ({"ChannelDefinitionSequence": []}, "waveform_attributes_broken"),
    ],
)
def test_what_cannot_be_drawn_says_why_and_the_rest_is_drawn(broken: dict[str, Any], reason: str) -> None:
    bad = group(beats(), **broken)
    with pytest.raises(Refusal) as refused:
        read(recording(bad))
    assert refused.value.reasons[0].code == reason
    assert refused.value.reasons[0].vietnamese
    found = read_waveforms(opened(recording(bad, group(beats()))).dataset)
    assert [found_.samples for found_ in found.groups] == [5000]
    with pytest.raises(Refusal, match="no waveform"):
        read_waveforms(recording())
