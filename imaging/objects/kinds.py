"""Which kind of DICOM object a file is, and so what shows it: a picture, or something that is none."""

from __future__ import annotations

from enum import StrEnum

from pydicom.dataset import Dataset
from pydicom.uid import (
    ColorSoftcopyPresentationStateStorage,
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
)

from imaging.attributes import items, text

_PRESENTATION = "1.2.840.10008.5.1.4.1.1.11."
_ENCAPSULATED = "1.2.840.10008.5.1.4.1.1.104."
PRESENTATIONS = (GrayscaleSoftcopyPresentationStateStorage, ColorSoftcopyPresentationStateStorage)
"""Those that are read: the others blend, fuse or colour several pictures."""


class Kind(StrEnum):
    """What a file is."""

    PICTURE = "picture"
    PRESENTATION = "presentation"
    KEY_OBJECTS = "key objects"
    REPORT = "report"
    DOCUMENT = "document"
    WAVEFORM = "waveform"
    OTHER = "other"
    """Neither a picture nor anything that is read here."""


KIND_WORDS = {Kind.PICTURE: "Ảnh", Kind.PRESENTATION: "Cách trình bày đã lưu", Kind.KEY_OBJECTS: "Ảnh then chốt",
              Kind.REPORT: "Báo cáo có cấu trúc", Kind.DOCUMENT: "Tài liệu", Kind.WAVEFORM: "Sóng ghi",
              Kind.OTHER: "Đối tượng khác"}


def kind_of(dataset: Dataset) -> Kind:
    """By the SOP class where it says it, else by what the data set holds."""
    uid = text(dataset, "SOPClassUID")
    if uid == KeyObjectSelectionDocumentStorage:
        return Kind.KEY_OBJECTS
    if uid.startswith(_PRESENTATION):
        return Kind.PRESENTATION
    if uid.startswith(_ENCAPSULATED) or "EncapsulatedDocument" in dataset:
        return Kind.DOCUMENT
    if items(dataset, "WaveformSequence"):
        return Kind.WAVEFORM
    if text(dataset, "ValueType").upper() == "CONTAINER":
        return Kind.REPORT
    return Kind.PICTURE if text(dataset, "Rows") or text(dataset, "PhotometricInterpretation") else Kind.OTHER


def is_pdf(dataset: Dataset) -> bool:
    """Whether a document is one that pages are shown of."""
    return text(dataset, "SOPClassUID") == EncapsulatedPDFStorage or (
        text(dataset, "MIMETypeOfEncapsulatedDocument").lower() == "application/pdf")
