"""Structured reports as text: every kind of content item, dcmtk's reading beside ours, and trees without end."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import uid
from pydicom.dataset import Dataset

from imaging.image import open_image
from imaging.objects.kinds import Kind, kind_of
from imaging.objects.report import MOST_DEPTH, MOST_LINES, Report, moment, person, read_report
from imaging.sources import OnDisk
from records.errors import Refusal
from tests.imaging.objects.test_waveform import code, recording
from tests.imaging.samples import opened, phantom, public_files, written

REAL = ("reportsi.dcm", "test-SR.dcm", "reportsi_with_empty_number_tags.dcm")


def entry(kind: str, name: str = "", relation: str = "CONTAINS", **values: Any) -> Dataset:
    made = Dataset()
    made.RelationshipType, made.ValueType = relation, kind
    if name:
        made.ConceptNameCodeSequence = [code("1", "99TEST", name)]
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def report(*content: Dataset, **attributes: Any) -> Dataset:
    made = recording(
        SOPClassUID=uid.ComprehensiveSRStorage,
        Modality="SR",
        ValueType="CONTAINER",
        ContinuityOfContent="SEPARATE",
        ConceptNameCodeSequence=[code("18748-4", "LN", "Diagnostic Imaging Report")],
        CompletionFlag="COMPLETE",
        VerificationFlag="VERIFIED",
        ContentDate="20261116",
        ContentTime="152000.5",
        ContentSequence=list(content),
        **attributes,
    )
    del made.WaveformSequence
    made.file_meta.MediaStorageSOPClassUID = uid.ComprehensiveSRStorage
    return made


def measured(value: str, unit: str, meaning: str = "", scheme: str = "UCUM") -> Dataset:
    made = Dataset()
    made.NumericValue, made.MeasurementUnitsCodeSequence = value, [code(unit, scheme, meaning or unit)]
    return made


def image(instance: str, *frames: int) -> Dataset:
    made = Dataset()
    made.ReferencedSOPClassUID, made.ReferencedSOPInstanceUID = uid.CTImageStorage, instance
    if frames:
        made.ReferencedFrameNumber = list(frames)
    return made


def read(dataset: Dataset) -> Report:
    return read_report(opened(dataset).dataset)


def test_every_kind_of_item_is_told() -> None:
    where = entry(
        "SCOORD",
        relation="INFERRED FROM",
        GraphicType="POLYLINE",
        GraphicData=[1, 2.25, 3, 4],
        ContentSequence=[entry("IMAGE", relation="SELECTED FROM", ReferencedSOPSequence=[image("1.2.3", 4, 5)])],
    )
    told = read(
        report(
            entry(
                "CONTAINER",
                "Findings",
                ContentSequence=[
                    entry("TEXT", "Finding", TextValue="Đám đông đặc\r\nthùy dưới"),
                    entry(
                        "CODE",
                        "Side",
                        ConceptCodeSequence=[code("R", "X", "Right")],
                        ContentSequence=[
                            entry(
                                "CODE", "Certainty", "HAS CONCEPT MOD", ConceptCodeSequence=[code("P", "X", "Probable")]
                            )
                        ],
                    ),
                    entry("NUM", "Length", MeasuredValueSequence=[measured("48.3", "mm")], ContentSequence=[where]),
                    entry("NUM", "Ratio", MeasuredValueSequence=[measured("0.6", "1", "no units")]),
                    entry("NUM", "Count", MeasuredValueSequence=[measured("3", "{nodules}", "nodules")]),
                    entry(
                        "NUM",
                        "Volume",
                        MeasuredValueSequence=[],
                        NumericValueQualifierCodeSequence=[code("114006", "DCM", "Measurement failure")],
                    ),
                ],
            ),
            entry("PNAME", "Person Observer Name", "HAS OBS CONTEXT", PersonName="Trần^Hữu Nghĩa"),
            entry("DATETIME", "At", DateTime="20261116152000"),
            entry("DATE", "On", Date="20261116"),
            entry("TIME", "From", Time="1520"),
            entry("UIDREF", "Study", UID="1.2.3.4"),
            entry("COMPOSITE", "", ReferencedSOPSequence=[image("9.9")]),
            entry("WAVEFORM", "ECG", ReferencedSOPSequence=[image("8.8")]),
            entry("TCOORD", "Seen", TemporalRangeType="SEGMENT", ReferencedTimeOffsets=["1.5", "2"]),
            entry("SCOORD3D", "", GraphicType="POINT", GraphicData=[1, 2, 3]),
            entry("STRANGE", "What"),
        )
    )
    assert told.plain.split("\n") == [
        "Diagnostic Imaging Report",
        "Đã hoàn tất · Đã xác nhận · 16/11/2026 15:20",
        "",
        "Findings",
        "    Finding: Đám đông đặc",
        "    thùy dưới",
        "    Side: Right",
        "        [Bổ nghĩa] Certainty: Probable",
        "    Length: 48,3 mm",
        "        [Suy từ] đường (1.0, 2.2; 3.0, 4.0)",
        "            [Chọn từ] ảnh 1.2.3, khung hình 4, 5",
        "    Ratio: 0,6",
        "    Count: 3 nodules",
        "    Volume: Measurement failure",
        "[Bối cảnh] Person Observer Name: Trần Hữu Nghĩa",
        "At: 16/11/2026 15:20",
        "On: 16/11/2026",
        "From: 15:20",
        "Study: 1.2.3.4",
        "đối tượng 9.9",
        "ECG: sóng ghi 8.8",
        "Seen: khoảng 1.5 s, 2 s",
        "điểm (1.0, 2.0, 3.0)",
        "What: (mục loại STRANGE, không đọc được)",
    ]
    references = [line.reference for line in told.lines if line.reference]
    assert [(found.instance_uid, found.frames) for found in references] == [("1.2.3", (4, 5)), ("9.9", ()), ("8.8", ())]


@pytest.mark.parametrize("name", [*REAL, "ours"])
def test_dcmtk_reads_the_same_tree(name: str, tmp_path: Path) -> None:
    file = tmp_path / "ours.dcm" if name == "ours" else public_files()[name]
    if name == "ours":
        file.write_bytes(
            written(
                report(
                    entry(
                        "CONTAINER",
                        "Findings",
                        ContinuityOfContent="SEPARATE",
                        ContentSequence=[
                            entry("TEXT", "Finding", TextValue="Opacity"),
                            entry("NUM", "Length", MeasuredValueSequence=[measured("48.3", "mm")]),
                        ],
                    ),
                    entry("CODE", "Side", ConceptCodeSequence=[code("R", "99TEST", "Right")]),
                    ReferringPhysicianName="",
                    StudyID="",
                    StudyDate="",
                    StudyTime="",
                    AccessionNumber="",
                    PatientBirthDate="",
                    PatientSex="",
                    SeriesNumber=1,
                    InstanceNumber=1,
                    Manufacturer="",
                    ReferencedPerformedProcedureStepSequence=[],
                    PerformedProcedureCodeSequence=[],
                )
            )
        )
    opened_ = open_image(OnDisk(file))
    assert kind_of(opened_.dataset) is Kind.REPORT
    ours = read_report(opened_.dataset)
    done = subprocess.run(
        ["dsrdump", "-Ph", "-Er", "-Ec", "-Ee", "-Ei", "+Pn", "+Pl", file], capture_output=True, check=False
    )
    theirs = [line for line in done.stdout.decode("utf-8", "replace").splitlines() if re.match(r"[\d.]+ +<", line)]
    if not theirs:
        pytest.fail(done.stderr.decode("utf-8", "replace"))
    depths = [line.split(" ")[0].count(".") - 1 for line in theirs[1:]]
    assert [line.depth for line in ours.lines] == depths
    for line, dumped in zip(ours.lines, theirs[1:], strict=True):
        written_otherwise = line.reference or re.search(" (NUM|DATE|TIME|DATETIME|PNAME|[ST]COORD)[: ]", dumped)
        for part in (line.name, "" if written_otherwise else line.value):
            said = part.split("\n")[0][:40]
            assert not said.isascii() or said in dumped


def test_a_real_report_says_what_it_measured() -> None:
    told = read_report(open_image(OnDisk(public_files()["test-SR.dcm"])).dataset)
    assert told.lines
    assert told.title
    assert any(re.search(r"\d,\d* ?(mm|cm)", line.value) for line in told.lines) or any(
        line.reference for line in told.lines
    )


def test_deep_and_huge_trees_end() -> None:
    deep = entry("TEXT", "Last", TextValue="x")
    for _ in range(200):
        deep = entry("CONTAINER", "Box", ContentSequence=[deep])
    told = read_report(report(deep))
    assert len(told.lines) == MOST_DEPTH + 1
    assert told.lines[-1].value == "(các mục sâu hơn không được nêu)"
    wide = [entry("TEXT", "Line", TextValue="x") for _ in range(500)]
    boxes = [entry("CONTAINER", "Box", ContentSequence=wide) for _ in range(45)]
    start = time.monotonic()
    told = read_report(report(*boxes))
    assert time.monotonic() - start < 10
    assert len(told.lines) == MOST_LINES
    assert told.cut
    assert told.plain.endswith("phần sau không được nêu.)")


def test_a_tree_that_holds_itself_ends() -> None:
    ring = entry("CONTAINER", "Ring")
    ring.ContentSequence = [ring]
    assert len(read_report(report(ring)).lines) == MOST_DEPTH + 1


def test_an_item_that_leads_to_another_says_where() -> None:
    lead = Dataset()
    lead.RelationshipType, lead.ReferencedContentItemIdentifier = "INFERRED FROM", [1, 2, 1]
    assert (
        read(report(entry("TEXT", "A", TextValue="b", ContentSequence=[lead]))).lines[1].words
        == "[Suy từ] xem mục 1.2.1"
    )


def test_small_words() -> None:
    assert person("Nguyễn^Thị Ánh^^BS=") == "Nguyễn Thị Ánh BS"
    assert (moment("20261116"), moment("0815", only_time=True), moment("nonsense")) == (
        "16/11/2026",
        "08:15",
        "nonsense",
    )
    with pytest.raises(Refusal, match="no content"):
        read_report(opened(phantom(np.zeros((2, 2), np.uint8))).dataset)
