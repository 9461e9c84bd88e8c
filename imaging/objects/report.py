"""Structured reports (PS3.3 A.35) as text: the tree of content items in plain indented lines, every class alike.

Codes show their meaning, measurements their units, references what they lead to. The words between are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from pydicom.dataset import Dataset

from imaging.attributes import item, items, numbers, text
from imaging.objects.references import ImageReference, reference_of
from records.errors import Refusal

MOST_LINES, MOST_DEPTH, MOST_TEXT = 20_000, 60, 20_000
COMPLETION = {"COMPLETE": "Đã hoàn tất", "PARTIAL": "Chưa hoàn tất"}
VERIFICATION = {"VERIFIED": "Đã xác nhận", "UNVERIFIED": "Chưa xác nhận"}
_RELATIONS = {"HAS OBS CONTEXT": "Bối cảnh", "HAS ACQ CONTEXT": "Thu nhận", "INFERRED FROM": "Suy từ",
              "SELECTED FROM": "Chọn từ", "HAS CONCEPT MOD": "Bổ nghĩa", "HAS PROPERTIES": ""}
_FIGURES = {"POINT": "điểm", "MULTIPOINT": "các điểm", "POLYLINE": "đường", "CIRCLE": "đường tròn",
            "ELLIPSE": "hình bầu dục", "POLYGON": "đa giác", "ELLIPSOID": "khối bầu dục"}
_SPAN = {"POINT": "thời điểm", "MULTIPOINT": "các thời điểm", "SEGMENT": "khoảng", "MULTISEGMENT": "các khoảng",
         "BEGIN": "từ", "END": "đến"}
_REFERENCES = {"IMAGE": "ảnh", "WAVEFORM": "sóng ghi", "COMPOSITE": "đối tượng"}


@dataclass(frozen=True)
class Line:
    """One content item: how deep, its concept's name, what it says; the image when it is a reference to one."""

    depth: int
    name: str
    value: str
    relation: str = ""
    reference: ImageReference | None = None
    heading: bool = False

    @property
    def words(self) -> str:
        """As it is read, without its indentation."""
        said = f"{self.name}: {self.value}" if self.name and self.value else self.name or self.value
        return f"[{self.relation}] {said}" if self.relation else said


@dataclass(frozen=True)
class Report:
    """A whole report. `cut`: it was longer than can be shown, and the rest is left out."""

    title: str
    completion: str
    verification: str
    moment: str
    verifiers: tuple[str, ...]
    lines: tuple[Line, ...]
    cut: bool = False

    @property
    def plain(self) -> str:
        """The whole as plain text, four spaces a step."""
        head = [self.title, " · ".join(filter(None, (self.completion, self.verification, self.moment)))]
        head += [f"Người xác nhận: {name}" for name in self.verifiers]
        body = [f"{'    ' * line.depth}{part}" for line in self.lines for part in line.words.split("\n")]
        tail = ["(Báo cáo dài hơn mức hiển thị: phần sau không được nêu.)"] if self.cut else []
        return "\n".join([*filter(None, head), "", *body, *tail])


def read_report(dataset: Dataset) -> Report:
    """Refuses what holds no content tree."""
    if text(dataset, "ValueType").upper() != "CONTAINER":
        raise Refusal.because("report_has_no_content")
    found = list(islice(_lines(dataset), MOST_LINES + 1))
    day, hour = text(dataset, "ContentDate"), text(dataset, "ContentTime")
    verifiers = tuple(
        " · ".join(filter(None, (person(text(entry, "VerifyingObserverName")), text(entry, "VerifyingOrganization"),
                                 moment(text(entry, "VerificationDateTime")))))
        for entry in islice(items(dataset, "VerifyingObserverSequence"), 20))
    return Report(
        title=meaning(dataset, "ConceptNameCodeSequence") or "Báo cáo",
        completion=COMPLETION.get(text(dataset, "CompletionFlag"), ""),
        verification=VERIFICATION.get(text(dataset, "VerificationFlag"), ""), moment=moment(day + hour),
        verifiers=verifiers, lines=tuple(found[:MOST_LINES]), cut=len(found) > MOST_LINES)


def _lines(root: Dataset) -> Iterator[Line]:
    """Depth first without recursion, bounded in depth: what leads elsewhere by position is told, not followed."""
    waiting = [(0, iter(items(root, "ContentSequence")))]
    while waiting:
        depth, entries = waiting[-1]
        entry = next(entries, None)
        if entry is None:
            waiting.pop()
            continue
        yield _line(depth, entry)
        if len(waiting) < MOST_DEPTH:
            waiting.append((depth + 1, iter(items(entry, "ContentSequence"))))
        elif items(entry, "ContentSequence"):
            yield Line(depth + 1, "", "(các mục sâu hơn không được nêu)")


def _line(depth: int, entry: Dataset) -> Line:
    kind = text(entry, "ValueType").upper()
    relation = _RELATIONS.get(text(entry, "RelationshipType").upper(), "")
    at = numbers(entry, "ReferencedContentItemIdentifier")
    if at and not kind:
        return Line(depth, "", "xem mục " + ".".join(f"{place:g}" for place in at[:20]), relation)
    reference = reference_of(item(entry, "ReferencedSOPSequence")) if kind in _REFERENCES else None
    return Line(depth, meaning(entry, "ConceptNameCodeSequence"), _value(entry, kind, reference)[:MOST_TEXT], relation,
                reference, heading=kind == "CONTAINER")


def _value(entry: Dataset, kind: str, reference: ImageReference | None) -> str:
    if kind in _REFERENCES:
        return _referred(entry, kind, reference)
    read = _READERS.get(kind)
    return f"(mục loại {kind[:16] or '?'}, không đọc được)" if read is None else read(entry)


def _said(entry: Dataset) -> str:
    return text(entry, "TextValue").replace("\r\n", "\n").replace("\r", "\n") or "(không ghi)"


def _measured(entry: Dataset) -> str:
    value = item(entry, "MeasuredValueSequence")
    told = text(value, "NumericValue")
    if not told:
        return meaning(entry, "NumericValueQualifierCodeSequence") or "(không có số đo)"
    unit = item(value, "MeasurementUnitsCodeSequence")
    code = text(unit, "CodeValue")
    is_plain = text(unit, "CodingSchemeDesignator") == "UCUM" and not code.startswith("{")
    shown = code if is_plain else text(unit, "CodeMeaning")
    if code == "1" or shown.lower() in ("no units", "unity"):
        shown = ""
    qualifier = meaning(entry, "NumericValueQualifierCodeSequence")
    return f"{told.replace('.', ',')} {shown}".strip() + (f" ({qualifier})" if qualifier else "")


def _referred(entry: Dataset, kind: str, reference: ImageReference | None) -> str:
    if reference is None:
        return "(tham chiếu hỏng)"
    words = _REFERENCES[kind]
    frames = f", khung hình {', '.join(map(str, reference.frames[:20]))}" if reference.frames else ""
    state = item(item(entry, "ReferencedSOPSequence"), "ReferencedSOPSequence")
    return f"{words} {reference.instance_uid}{frames}" + (", có cách trình bày" if state is not None else "")


def _place(entry: Dataset) -> str:
    told = text(entry, "GraphicType").upper()
    data = numbers(entry, "GraphicData")
    pairs = 3 if text(entry, "ValueType").upper() == "SCOORD3D" else 2
    points = [data[at:at + pairs] for at in range(0, min(len(data), pairs * 8), pairs)]
    shown = "; ".join(", ".join(f"{value:.1f}" for value in point) for point in points)
    return f"{_FIGURES.get(told, told.lower() or '?')} ({shown}{'; …' if len(data) > pairs * 8 else ''})"


def _time(entry: Dataset) -> str:
    told = text(entry, "TemporalRangeType").upper()
    seconds = numbers(entry, "ReferencedTimeOffsets")[:8]
    samples = numbers(entry, "ReferencedSamplePositions")[:8]
    shown = ", ".join(f"{value:g} s" for value in seconds) or ", ".join(f"mẫu {value:g}" for value in samples)
    return f"{_SPAN.get(told, told.lower() or '?')} {shown or moment(text(entry, 'ReferencedDateTime'))}"


def meaning(entry: Dataset | None, keyword: str) -> str:
    """What a code means: its words, else the bare code."""
    code = item(entry, keyword)
    return text(code, "CodeMeaning") or text(code, "CodeValue") or text(code, "LongCodeValue") or text(
        code, "URNCodeValue")


def person(name: str) -> str:
    """A PN as one says it: Vietnamese and Western names alike, family name first as it is kept."""
    parts = [" ".join(filter(None, group.split("^"))) for group in name.split("=")]
    return next(filter(None, parts), "")


def moment(told: str, *, only_time: bool = False) -> str:
    """DT, DA or TM in the order of the day here; what is none stays as it is."""
    day, clock = ("", told) if only_time else (told[:8], told[8:])
    shown = f"{day[6:8]}/{day[4:6]}/{day[:4]}" if len(day) == 8 and day.isdigit() else day
    hour = f"{clock[:2]}:{clock[2:4]}" if len(clock) >= 4 and clock[:4].isdigit() else ""
    return " ".join(filter(None, (shown, hour)))


_READERS: dict[str, Callable[[Dataset], str]] = {
    "CONTAINER": lambda _entry: "", "TEXT": _said, "NUM": _measured, "SCOORD": _place, "SCOORD3D": _place,
    "TCOORD": _time, "TABLE": lambda _entry: "(bảng, không hiển thị)", "UIDREF": lambda entry: text(entry, "UID"),
    "CODE": lambda entry: meaning(entry, "ConceptCodeSequence") or "(không ghi)",
    "PNAME": lambda entry: person(text(entry, "PersonName")),
    "DATETIME": lambda entry: moment(text(entry, "DateTime")), "DATE": lambda entry: moment(text(entry, "Date")),
    "TIME": lambda entry: moment(text(entry, "Time"), only_time=True)}
