"""Which pictures the signed entries of a stay order, and which results answer them: one value an order.

FHIR calls it a ServiceRequest, DICOM an Imaging Service Request with one Requested Procedure and one Scheduled
Procedure Step (PS3.3 annex A of PS3.4 K). Which forms order is data: `resources/imaging/orders.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any, Literal
from uuid import UUID

from records.bundled import bundled
from records.entries import FormRef, State, Version
from records.folding import fold
from records.forms import Field, Frozen
from records.forms import form as form_of

UNKNOWN = "OT"
"""The modality of an order whose words name no device."""


class Source(Frozen):
    """A kind of entry that orders pictures, and the keys of its fields."""

    form: str
    kind: str
    rows: str = ""
    only: dict[str, str] = {}
    name: str
    code: str = ""
    start: str = ""
    remark: str = ""
    stopped: str = ""
    urgency: str = ""
    urgent: str = ""
    diagnosis: str = ""
    modality: str = ""
    """The device, unless its words name another."""
    among: tuple[str, ...] = ()
    """The devices that its words may name; empty: any."""
    warnings: tuple[str, ...] = ()
    """Fields that a device is told beside the remark, with their labels."""


class Reporting(Frozen):
    """A kind of entry that reports on pictures or recordings."""

    form: str
    kind: str
    order: str
    """The blank that names the order which it answers."""
    taken: str = ""
    """The blank that says when the pictures were made."""
    images: str = ""
    name: str
    modalities: tuple[str, ...]
    """The devices of which it speaks."""


class _Modality(Frozen):
    """What words name a device."""

    modality: str
    words: tuple[str, ...]


class _Alike(Frozen):
    """Devices on either of which one order may be made."""

    modalities: tuple[str, ...]


class _Data(Frozen):
    """The file."""

    orders: tuple[Source, ...]
    reports: tuple[Reporting, ...]
    modalities: tuple[_Modality, ...]
    alike: tuple[_Alike, ...]


@dataclass(frozen=True)
class Asked:
    """One picture that an entry orders. `entry`, `first_version` and `row` name it for ever; the rest is as the newest
    version in which it stands says it.
    """

    entry: UUID
    first_version: int
    row: int
    version: int
    """The newest version in which it stands, and there `at_row`, counted from 0."""
    at_row: int
    name: str
    code: str
    modality: str
    urgent: bool
    remark: str
    reason: str
    reason_code: str
    scheduled: datetime
    ordered_at: datetime
    requester: str
    requester_title: str
    live: bool = True
    """No once the entry was cancelled, or corrected so that it orders something else."""

    @property
    def _same(self) -> tuple[str, str]:
        return self.code.strip().upper(), " ".join(fold(self.name).split())


@dataclass(frozen=True)
class Report:
    """One result: which order it names, of which studies its key images are, what was examined, and whether all signed
    it.
    """

    entry: UUID
    studies: frozenset[str]
    examination: str
    state: Literal["begun", "signed"]
    at: datetime
    modalities: frozenset[str] = frozenset()
    """The devices of which its paper speaks; empty: any."""
    order: str = ""
    """Accession number of the order that it answers; empty in results that name none."""


@dataclass(frozen=True)
class Standing:
    """One version of an entry and where it stands."""

    version: Version
    state: State


@cache
def data() -> _Data:
    """The file."""
    return _Data.model_validate(tomllib.loads(bundled("imaging", "orders.toml").read_text("utf-8")))


@cache
def forms() -> frozenset[tuple[str, str]]:
    """The (form, kind) of all entries that order or report."""
    return frozenset((one.form, one.kind) for one in data().orders) | frozenset(
        (one.form, one.kind) for one in data().reports)


def asked(versions: Sequence[Standing]) -> tuple[Asked, ...]:
    """The orders of one entry through all its versions, oldest first.

    A correction that leaves an order's words and code alone leaves the order what it is; one that changes them cancels
    it and orders anew, because a device that already took the old one must not make it. A text that is restored
    (R34) takes up the old order again.
    """
    source = _source(versions[0].version.form) if versions else None
    counted = [one for one in versions if one.state is not State.DRAFT and one.state is not State.PARTLY_SIGNED]
    if source is None or not counted:
        return ()
    known: list[Asked] = []
    for each in counted:
        known = _carried(known, [
            _one(source, each.version, *one) for one in _ordering(source, each.version.values)])
    stands = counted[-1].state is State.SIGNED
    return tuple(replace(one, live=one.live and stands) for one in known)


def report(versions: Sequence[Standing]) -> Report | None:
    """The result that an entry is, by its latest version; nothing when it is none, or was taken back."""
    latest = versions[-1] if versions else None
    if latest is None or latest.state not in (State.PARTLY_SIGNED, State.SIGNED):
        return None
    version = latest.version
    kind = reporting(version.form.code, version.form.kind)
    if kind is None:
        return None
    images = version.values.get(kind.images) or ()
    return Report(
        version.entry, frozenset(str(image["study"]) for image in images if isinstance(image, Mapping)),
        str(version.values.get(kind.name, "")), "signed" if latest.state is State.SIGNED else "begun",
        version.written_at, frozenset(kind.modalities), answered_order(version))


def answered_order(version: Version) -> str:
    """Accession number of the order that a result says it answers; empty when it is none, or names none."""
    kind = reporting(version.form.code, version.form.kind)
    return str(version.values.get(kind.order, "")) if kind is not None else ""


@dataclass(frozen=True)
class Answerable:
    """An order as a result finds it."""

    id: UUID
    studies: frozenset[str]
    """UIDs of the study that was given to it, and of those that arrived for it."""
    name: str
    live: bool
    ordered_at: datetime
    modality: str = UNKNOWN
    accession: str = ""


def answered(orders: Sequence[Answerable], reports: Sequence[Report]) -> dict[UUID, Report]:
    """Which result answers which order: that which names it, whatever else it shows beside it (an earlier picture, to
    compare). Of one that names none: that whose key images are of the order's study; without key images, that which
    names the same examination of the same device, when only one order that waits does. A signed result goes before one
    that is begun.
    """
    numbers = {order.accession: order.id for order in orders if order.accession}
    found: dict[UUID, Report] = {}
    ordered = sorted(reports, key=lambda one: (one.state == "signed", one.order in numbers, one.at))
    for one in ordered:
        if one.order in numbers:
            found[numbers[one.order]] = one
        elif one.studies:
            found |= {order.id: one for order in orders if order.studies & one.studies}
    for one in ordered:
        if one.order in numbers or one.studies:
            continue
        same = [order for order in orders if order.live and order.id not in found and order.ordered_at <= one.at
                and speaks_of(one.modalities, order.modality) and _words(order.name) == _words(one.examination)]
        if len(same) == 1:
            found[same[0].id] = one
    return found


def reporting(form: str, kind: str) -> Reporting | None:
    """How entries of that kind report; nothing when they do not."""
    return next((one for one in data().reports if (one.form, one.kind) == (form, kind)), None)


def reports_on(modalities: Collection[str]) -> tuple[Reporting, ...]:
    """The kinds of entry that report on what one of these devices made."""
    return tuple(one for one in data().reports if set(one.modalities) & set(modalities))


def speaks_of(modalities: Collection[str], modality: str) -> bool:
    """Whether a paper for these devices may report on what that one made: it is one of them, or none has a paper."""
    return not modalities or modality in modalities or not reports_on((modality,))


def orders_in(form: FormRef, values: Mapping[str, Any]) -> tuple[tuple[int, str, str], ...]:
    """Of each picture that an entry with these values orders: place in its list, words, device."""
    source = _source(form)
    if source is None:
        return ()
    return tuple((number, _name(source, row), _device(source, _name(source, row)))
                 for number, row in _ordering(source, values))


def modality_of(words: str) -> str:
    """The device that an order's words name."""
    plain = f" {_words(words)} "
    return next((one.modality for one in data().modalities
                 if any(re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", plain) for word in one.words)),
                UNKNOWN)


def alike(modality: str) -> frozenset[str]:
    """The modalities on which the same order may be made, itself among them."""
    return next((frozenset(one.modalities) for one in data().alike if modality in one.modalities),
                frozenset({modality}))


def accession_number(year: int, count: int) -> str:
    """The number of an order, for (0008,0050): digits alone, which every device and every bar code takes."""
    return f"{year % 100:02d}{count:08d}"


def study_uid(order: UUID) -> str:
    """The Study Instance UID that images of the order shall bear: the order's UUID under 2.25 (PS3.5 B.2)."""
    return f"2.25.{order.int}"


def procedure_id(accession: str) -> str:
    """Requested Procedure ID (0040,1001)."""
    return f"R{accession}"


def step_id(accession: str) -> str:
    """Scheduled Procedure Step ID (0040,0009)."""
    return f"S{accession}"


@dataclass
class _Matching:
    """Orders of the version before, and which of them were found again."""

    known: list[Asked]
    taken: set[int] = field(default_factory=set)

    def take(self, one: Asked) -> int | None:
        """The place of a known order that says the same and was not taken yet."""
        return next((place for place, old in enumerate(self.known)
                     if place not in self.taken and old._same == one._same), None)


def _carried(known: list[Asked], now: list[Asked]) -> list[Asked]:
    """The orders after one more version."""
    matching = _Matching(known)
    result = [replace(old, live=False) for old in known]
    for one in now:
        place = matching.take(one)
        if place is None:
            result.append(one)
        else:
            matching.taken.add(place)
            old = known[place]
            result[place] = replace(one, first_version=old.first_version, row=old.row, ordered_at=old.ordered_at)
    return result


def _source(form: FormRef) -> Source | None:
    return next((one for one in data().orders if (one.form, one.kind) == (form.code, form.kind)), None)


def _ordering(source: Source, values: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = values.get(source.rows) or () if source.rows else (values,)
    for number, row in enumerate(rows):
        if any(str(row.get(key, "")) != value for key, value in source.only.items()):
            continue
        if source.stopped and row.get(source.stopped):
            continue
        yield number, row


def _name(source: Source, row: Mapping[str, Any]) -> str:
    return " ".join(str(row.get(source.name, "")).split())


def _device(source: Source, name: str) -> str:
    found = modality_of(name)
    return source.modality if source.modality and (
        found == UNKNOWN or (source.among and found not in source.among)) else found


def _one(source: Source, version: Version, number: int, row: Mapping[str, Any]) -> Asked:
    name = _name(source, row)
    diagnosis = version.values.get(source.diagnosis) or {}
    start = row.get(source.start) if source.start else None
    return Asked(
        entry=version.entry, first_version=version.version, row=number, version=version.version, at_row=number,
        name=name, code=str(row.get(source.code, "")) if source.code else "", modality=_device(source, name),
        urgent=bool(source.urgency) and str(row.get(source.urgency, "")) == source.urgent,
        remark=_remark(source, version, row),
        reason=str(diagnosis.get("text", "")), reason_code=str(diagnosis.get("code", "")),
        scheduled=datetime.fromisoformat(str(start)) if start else version.occurred_at, ordered_at=version.written_at,
        requester=version.author.full_name, requester_title=version.author.title)


def _remark(source: Source, version: Version, row: Mapping[str, Any]) -> str:
    """What who makes the picture must know: «Kim loại trong người: Có; Là gì, ở đâu: máy tạo nhịp; thở máy»."""
    said = []
    if source.warnings:
        kind = form_of(version.form.code, version.form.edition).kind(version.form.kind)
        fields = {one.key: one for one in kind.fields}
        said = [f"{fields[key].label}: {_told(fields[key], row[key])}" for key in source.warnings if row.get(key)]
    remark = str(row.get(source.remark, "")) if source.remark else ""
    return "; ".join([*said, *([remark] if remark else [])])


def _told(blank: Field, value: Any) -> str:
    labels = {choice.code: choice.label for choice in blank.choices}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(labels.get(str(one), str(one)) for one in value)
    if blank.type == "date":
        return "/".join(reversed(str(value).split("-")))
    said = str(value).replace(".", ",") if blank.type == "decimal" else labels.get(str(value), str(value))
    return f"{said} {blank.unit}".strip()


def _words(text: str) -> str:
    return " ".join(fold(text).split())
