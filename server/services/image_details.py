"""What a search answers beyond the columns: any attribute that an image's header holds (QIDO-RS includefield), and what
the standard demands of images that came before there was a column for it.

It is read from the sealed header of the image, or of the first image of the series or study. What a column says stands:
a person may have settled whose it is otherwise than the file says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.datadict import tag_for_keyword

from server.services import image_metadata
from server.services.hospital import Desk
from server.store import images
from server.store.image_search import Level

MOST_WHOLE = 1000
"""Answers to a question for all attributes: each is as long as its image's header."""
UIDS = {Level.STUDY: "StudyInstanceUID", Level.SERIES: "SeriesInstanceUID", Level.IMAGE: "SOPInstanceUID"}
_DEMANDED = {Level.STUDY: (), Level.SERIES: ("PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime",
                                             "RequestAttributesSequence"), Level.IMAGE: ("BitsAllocated",)}
"""Columns that were added when there were images (PS3.18 tables 10.6.3-4, 10.6.3-5)."""
_OF_STUDY = (
    "IssuerOfPatientID", "PatientBirthTime", "OtherPatientIDsSequence", "OtherPatientNames", "EthnicGroup",
    "PatientComments", "PatientAge", "PatientSize", "PatientWeight", "Occupation", "AdditionalPatientHistory",
    "MedicalAlerts", "Allergies", "PregnancyStatus", "AdmissionID", "AdmittingDiagnosesDescription",
    "InstitutionName", "ProcedureCodeSequence", "NameOfPhysiciansReadingStudy", "PhysiciansOfRecord",
    "RequestingService", "ReferencedStudySequence", "TimezoneOffsetFromUTC")
_OF_SERIES = (
    "ProtocolName", "OperatorsName", "PerformingPhysicianName", "PatientPosition", "Manufacturer",
    "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions", "InstitutionalDepartmentName",
    "FrameOfReferenceUID", "PositionReferenceIndicator", "PerformedProcedureStepID",
    "PerformedProcedureStepDescription", "PerformedProtocolCodeSequence", "AnatomicalOrientationType",
    "SmallestPixelValueInSeries", "LargestPixelValueInSeries", "ReferencedPerformedProcedureStepSequence")
_WHOLE = {Level.STUDY: _OF_STUDY, Level.SERIES: (*_OF_STUDY, *_OF_SERIES)}
_PIXELS = "7FE00010"


@dataclass(frozen=True)
class Included:
    """What is asked for beside the columns: tags as DICOM JSON writes them, or all that belongs to the level."""

    tags: frozenset[str] = frozenset()
    whole: bool = False


def of(
    desk: Desk, level: Level, rows: Sequence[Mapping[str, Any]], included: Included, root: str,
) -> dict[str, dict[str, Any]]:
    """Further attributes in DICOM's JSON of what was found, by its UID; `root` is the address of DICOMweb."""
    name = UIDS[level]
    asked = bool(included.tags or included.whole)
    told = images.told_of(desk.db, level, [row[name] for row in rows if asked or _came_before(level, row)]) if (
        asked or any(_came_before(level, row) for row in rows)) else {}
    keys = desk.keys.of_many(desk.db, {one.study for one in told.values()}) if told else {}
    studies = {row[name]: row["StudyInstanceUID"] for row in rows}
    found = {}
    for uid, one in told.items():
        if one.study in keys:
            address = f"{root}/studies/{studies[uid]}/series/{one.series_uid}/instances/{one.uid}"
            header = json.loads(image_metadata.told(one.opened(keys[one.study]), address))
            found[uid] = _chosen(level, header, included)
    return found


def _came_before(level: Level, row: Mapping[str, Any]) -> bool:
    return any(row[keyword] is None for keyword in _DEMANDED[level]) and (
        level is not Level.IMAGE or row["Rows"] is not None)


def _chosen(level: Level, header: Mapping[str, Any], included: Included) -> dict[str, Any]:
    if included.whole and level is Level.IMAGE:
        return {tag: told for tag, told in header.items() if tag != _PIXELS}
    tags = included.tags | _tags(_DEMANDED[level]) | (_tags(_WHOLE[level]) if included.whole else frozenset())
    return {tag: header[tag] for tag in tags if tag in header and tag != _PIXELS}


def _tags(keywords: Sequence[str]) -> frozenset[str]:
    return frozenset(f"{tag:08X}" for keyword in keywords if (tag := tag_for_keyword(keyword)) is not None)
