"""Answers of a search written as DICOM JSON at once: just what pydicom writes of the same data set."""

from __future__ import annotations

from typing import Any

import pytest

from server.services.image_answers import answer, told
from server.store.image_search import ATTRIBUTES, Level

ROW: dict[str, Any] = {
    "StudyInstanceUID": "1.2.840.1", "PatientID": "26003120", "PatientName": "Lê^Thị Bưởi",
    "PatientBirthDate": "19550302", "PatientSex": "F", "AccessionNumber": "2600000007", "StudyID": "12",
    "StudyDate": "20261126", "StudyTime": "101500",
    "StudyDescription": "CT ngực", "ReferringPhysicianName": "Hà^Lê", "ModalitiesInStudy": ["CT", "SR"],
    "NumberOfStudyRelatedInstances": 162, "NumberOfStudyRelatedSeries": 3, "SeriesInstanceUID": "1.2.840.1.1",
    "Modality": "CT", "SeriesNumber": 2, "SeriesDescription": "Phổi", "BodyPartExamined": "CHEST", "Laterality": "",
    "SeriesDate": "20261126", "SeriesTime": "101501.25", "StationName": "CT1", "NumberOfSeriesRelatedInstances": 80,
    "SOPInstanceUID": "1.2.840.1.1.7", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "InstanceNumber": 7, "Rows": 512,
    "Columns": 512, "NumberOfFrames": 1, "BitsAllocated": 16, "PerformedProcedureStepStartDate": "20261126",
    "PerformedProcedureStepStartTime": "101000",
    "RequestAttributesSequence": [{"00400009": {"vr": "SH", "Value": ["S7"]}}],
}
EMPTY: dict[str, Any] = {"ModalitiesInStudy": [], "PatientName": "", "SeriesNumber": None, "NumberOfFrames": None,
                         "BitsAllocated": None, "PerformedProcedureStepStartDate": "",
                         "PatientSex": "", "StudyDescription": None, "AccessionNumber": ""}


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("changes", [
    {}, EMPTY, {"PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう"}, {"PatientName": "A^B\\C^D"},
    {"StudyID": "1\\2"},
    {"ModalitiesInStudy": ["US"]}, {"InstanceNumber": 0, "SeriesNumber": -1}, {"StudyDescription": "Nước dùng \"lạ\""},
], ids=str)
def test_it_says_what_the_data_set_says(level: Level, changes: dict[str, Any]) -> None:
    row = ROW | changes
    data = answer(row, ATTRIBUTES[level])
    if level is not Level.SERIES:
        data.InstanceAvailability = "ONLINE"
    assert told(row, level) == data.to_json_dict()


def test_a_group_of_a_name_that_is_empty_is_left_out() -> None:
    """PS3.18 F.2.2; a data set writes it as an empty text."""
    [name] = told({**ROW, "PatientName": "=山田^太郎="}, Level.STUDY)["00100010"]["Value"]
    assert name == {"Ideographic": "山田^太郎"}
