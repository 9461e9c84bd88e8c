"""Whose image and which: the attributes that a list, a match with an order, or a refusal names. Character sets read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from pydicom.dataset import Dataset

from imaging.attributes import integer, text


@dataclass(frozen=True)
class Identity:
    """Patient, study, series and instance as the file tells them, untouched; empty where it tells nothing."""

    patient_name: str
    patient_id: str
    birth_date: str
    sex: str
    study_uid: str
    series_uid: str
    instance_uid: str
    class_uid: str
    accession: str
    modality: str
    study_date: str
    study_time: str
    study_description: str
    series_description: str
    body_part: str
    laterality: str
    series_number: int | None
    instance_number: int | None
    character_sets: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def identity_of(dataset: Dataset) -> Identity:
    """From a data set; names keep their component groups (A=B=C) and their carets."""
    def told(keyword: str) -> str:
        return text(dataset, keyword)

    return Identity(
        patient_name=told("PatientName"), patient_id=told("PatientID"), birth_date=told("PatientBirthDate"),
        sex=told("PatientSex"), study_uid=told("StudyInstanceUID"), series_uid=told("SeriesInstanceUID"),
        instance_uid=told("SOPInstanceUID"), class_uid=told("SOPClassUID"), accession=told("AccessionNumber"),
        modality=told("Modality"), study_date=told("StudyDate"), study_time=told("StudyTime"),
        study_description=told("StudyDescription"), series_description=told("SeriesDescription"),
        body_part=told("BodyPartExamined"), laterality=told("Laterality") or told("ImageLaterality"),
        series_number=integer(dataset, "SeriesNumber"), instance_number=integer(dataset, "InstanceNumber"),
        character_sets=tuple(told("SpecificCharacterSet").split("\\")) if told("SpecificCharacterSet") else ())
