"""Key Object Selection (PS3.3 A.35.4, template TID 2010): which images matter and why, read and written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from pydicom.dataset import Dataset
from pydicom.uid import KeyObjectSelectionDocumentStorage

from imaging.attributes import item, items, text
from imaging.objects.references import MOST_REFERENCES, ImageReference, by_series, of_series, reference_of
from imaging.objects.references import written_reference as written
from imaging.objects.writing import Code, Making, as_file, begun, date_of, time_of
from records.errors import Refusal

_STORAGE = "1.2.840.10008.5.1.4.1.1."
OF_INTEREST = Code("113000", "DCM", "Of Interest")
_DESCRIPTION = Code("113012", "DCM", "Key Object Description")
_OBSERVER = Code("121008", "DCM", "Person Observer Name")
TITLES = {
    "113000": "Đáng chú ý", "113001": "Loại vì chất lượng", "113002": "Cho bác sĩ chỉ định", "113003": "Cho phẫu thuật",
    "113004": "Cho giảng dạy", "113005": "Cho hội chẩn", "113006": "Cho điều trị", "113007": "Cho người bệnh",
    "113008": "Cho đồng nghiệp soát lại", "113009": "Cho nghiên cứu", "113010": "Vấn đề chất lượng",
    "113013": "Tốt nhất trong nhóm", "113018": "Để in", "113020": "Đính kèm báo cáo", "113021": "Cho pháp lý",
    "113022": "Tập cách trình bày", "113030": "Bản kê", "113031": "Bản kê có chữ ký",
    "113032": "Toàn bộ lần chụp", "113033": "Toàn bộ lần chụp, có chữ ký", "113034": "Toàn bộ lần thu nhận",
    "113035": "Toàn bộ lần thu nhận, có chữ ký", "113036": "Nhóm khung hình để xem cùng nhau",
    "113037": "Loại vì an toàn người bệnh", "113038": "Chọn nhầm dòng trên danh sách của máy",
    "113039": "Đã hết thời hạn lưu giữ", "128195": "Cho chẩn đoán", "128203": "Cho hội chẩn ung bướu"}
"""CID 7010 in our words."""
CHOICES = (
    OF_INTEREST, Code("113002", "DCM", "For Referring Provider"), Code("113005", "DCM", "For Conference"),
    Code("113003", "DCM", "For Surgery"), Code("113006", "DCM", "For Therapy"),
    Code("113020", "DCM", "For Report Attachment"), Code("113008", "DCM", "For Peer Review"),
    Code("113004", "DCM", "For Teaching"), Code("113009", "DCM", "For Research"),
    Code("113007", "DCM", "For Patient"), Code("113018", "DCM", "For Printing"))
"""Why a reader marks images. Those that need a modifier (rejections, quality, best of a set) are left to devices."""


@dataclass(frozen=True)
class KeyObjects:
    """What was selected, under which title, with what words; `observer` is the person who selected."""

    title: Code
    description: str
    images: tuple[ImageReference, ...]
    observer: str = ""

    @property
    def title_words(self) -> str:
        """The title in Vietnamese where we have words for it, else its own meaning."""
        own = TITLES.get(self.title.value) if self.title.scheme == "DCM" else None
        return own or self.title.meaning or "Không có tên"


def read_key_objects(dataset: Dataset) -> KeyObjects:
    """Refuses what selects nothing."""
    if text(dataset, "SOPClassUID") != KeyObjectSelectionDocumentStorage:
        raise Refusal.because("object_other_kind", wanted="Key Object Selection")
    places = _places(dataset)
    description, observer, images = "", "", []
    for entry in islice(items(dataset, "ContentSequence"), MOST_REFERENCES):
        concept = text(item(entry, "ConceptNameCodeSequence"), "CodeValue")
        if text(entry, "ValueType") == "TEXT" and concept == _DESCRIPTION.value:
            description = "\n".join(filter(None, (description, text(entry, "TextValue"))))
        elif text(entry, "ValueType") == "PNAME" and concept == _OBSERVER.value:
            observer = text(entry, "PersonName")
        else:
            found = reference_of(item(entry, "ReferencedSOPSequence"))
            if found is not None:
                study, series = places.get(found.instance_uid, ("", ""))
                images.append(ImageReference(found.class_uid, found.instance_uid, found.frames, series, study))
    if not images:
        raise Refusal.because("key_objects_name_none")
    title = item(dataset, "ConceptNameCodeSequence")
    return KeyObjects(Code(text(title, "CodeValue"), text(title, "CodingSchemeDesignator"), text(title, "CodeMeaning")),
                      description, tuple(images), observer)


def _places(dataset: Dataset) -> dict[str, tuple[str, str]]:
    """Study and series of each instance, as the evidence sequence tells them."""
    return {found.instance_uid: (found.study_uid, found.series_uid) for found in _evidence(dataset)}


def _evidence(dataset: Dataset) -> Iterator[ImageReference]:
    for keyword in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence"):
        for study in islice(items(dataset, keyword), 1000):
            yield from of_series(items(study, "ReferencedSeriesSequence"), text(study, "StudyInstanceUID"))


def written_key_objects(selected: KeyObjects, of: Dataset, making: Making) -> bytes:
    """As a file in the study of the picture `of`; every image needs its study and series."""
    if not selected.images:
        raise Refusal.because("key_objects_name_none")
    made = begun(of, making, KeyObjectSelectionDocumentStorage, "KO")
    made.ReferencedPerformedProcedureStepSequence = []
    made.ContentDate, made.ContentTime = date_of(making.at), time_of(making.at)
    made.CurrentRequestedProcedureEvidenceSequence = _by_study(selected.images)
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = [selected.title.item()]
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2010"
    made.ContentTemplateSequence = [template]
    content = []
    if selected.observer:
        content.append(_said("HAS OBS CONTEXT", "PNAME", _OBSERVER, PersonName=selected.observer))
    if selected.description:
        content.append(_said("CONTAINS", "TEXT", _DESCRIPTION, TextValue=selected.description))
    made.ContentSequence = content + [_shown(image) for image in selected.images]
    return as_file(made)


def value_type(class_uid: str) -> str:
    """What TID 2010 calls an object of that class: an image, a waveform, else a composite (reports, documents)."""
    kind = class_uid.removeprefix(_STORAGE)
    if kind == class_uid or not kind.startswith(("9.", "11.", "88.", "104.")):
        return "IMAGE"
    return "WAVEFORM" if kind.startswith("9.") else "COMPOSITE"


def _by_study(images: tuple[ImageReference, ...]) -> list[Dataset]:
    found = []
    for uid in dict.fromkeys(image.study_uid for image in images):
        entry = Dataset()
        entry.StudyInstanceUID = uid
        plain = [ImageReference(image.class_uid, image.instance_uid, (), image.series_uid, uid)
                 for image in images if image.study_uid == uid]
        entry.ReferencedSeriesSequence = by_series(plain, "ReferencedSOPSequence")
        found.append(entry)
    return found


def _said(relation: str, kind: str, concept: Code, **value: str) -> Dataset:
    entry = Dataset()
    entry.RelationshipType, entry.ValueType = relation, kind
    entry.ConceptNameCodeSequence = [concept.item()]
    for keyword, told in value.items():
        setattr(entry, keyword, told)
    return entry


def _shown(image: ImageReference) -> Dataset:
    entry = Dataset()
    entry.RelationshipType, entry.ValueType = "CONTAINS", value_type(image.class_uid)
    entry.ReferencedSOPSequence = [written(image)]
    return entry
