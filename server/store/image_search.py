"""Finding studies, series and images by DICOM's own matching: value, list, wildcard and range (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from server.store import audit
from server.store.prepared import Prepared
from server.store.tables import image_instances, image_series, image_studies, ward_stays

SIGHT_WARDS = "sight_wards"
"""The parameter that names the wards of a sight in a statement: one that was made before takes other wards by it."""
LIMIT = 5000
"""Answers to one question; who wants more narrows it, or asks for the next ones."""


class Level(StrEnum):
    """What is looked for."""

    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"


@dataclass(frozen=True)
class Sight:
    """Whose images are seen: those of patients who stayed in these wards, or (None) of every ward."""

    wards: Collection[UUID] | None = None
    nobodys: bool = True
    """Also those that belong to nobody yet."""


@dataclass(frozen=True)
class Wanted:
    """A question: the level, and what each attribute (by DICOM keyword) must match."""

    level: Level
    matching: Mapping[str, str]
    limit: int = LIMIT
    offset: int = 0

    @property
    def most(self) -> int:
        """How many answers there are at most."""
        return min(self.limit, LIMIT)


_STUDY: dict[str, ColumnElement[Any]] = {
    "StudyInstanceUID": image_studies.c.uid, "PatientID": image_studies.c.patient_no,
    "PatientName": image_studies.c.full_name, "PatientBirthDate": image_studies.c.birth_date,
    "PatientSex": image_studies.c.sex, "AccessionNumber": image_studies.c.accession,
    "StudyID": image_studies.c.study_no, "StudyDate": image_studies.c.study_date,
    "StudyTime": image_studies.c.study_time, "StudyDescription": image_studies.c.description,
    "ReferringPhysicianName": image_studies.c.referring, "ModalitiesInStudy": image_studies.c.modalities,
    "NumberOfStudyRelatedInstances": image_studies.c.instances,
}
_SERIES: dict[str, ColumnElement[Any]] = {
    "SeriesInstanceUID": image_series.c.uid, "Modality": image_series.c.modality,
    "SeriesNumber": image_series.c.number, "SeriesDescription": image_series.c.description,
    "BodyPartExamined": image_series.c.body_part, "Laterality": image_series.c.laterality,
    "SeriesDate": image_series.c.series_date, "SeriesTime": image_series.c.series_time,
    "StationName": image_series.c.station, "NumberOfSeriesRelatedInstances": image_series.c.instances,
    "PerformedProcedureStepStartDate": image_series.c.step_date,
    "PerformedProcedureStepStartTime": image_series.c.step_time, "RequestAttributesSequence": image_series.c.requests,
}
_IMAGE: dict[str, ColumnElement[Any]] = {
    "SOPInstanceUID": image_instances.c.uid, "SOPClassUID": image_instances.c.sop_class,
    "InstanceNumber": image_instances.c.number, "Rows": image_instances.c.height,
    "Columns": image_instances.c.width, "NumberOfFrames": image_instances.c.frames,
    "BitsAllocated": image_instances.c.bits,
}
_of_study = image_series.alias("of_study")
_STUDY_ALONE: dict[str, ColumnElement[Any]] = {
    "NumberOfStudyRelatedSeries": select(func.count()).select_from(_of_study).where(
        _of_study.c.study == image_studies.c.id).correlate(image_studies).scalar_subquery(),
}
"""Not told again with each series and image: it is counted for every line."""
ATTRIBUTES: dict[Level, dict[str, ColumnElement[Any]]] = {
    Level.STUDY: _STUDY | _STUDY_ALONE, Level.SERIES: _STUDY | _SERIES, Level.IMAGE: _STUDY | _SERIES | _IMAGE,
}
"""What can be asked and is answered at each level, by keyword."""
_RANGES = frozenset({"StudyDate", "StudyTime", "SeriesDate", "SeriesTime", "PatientBirthDate",
                     "PerformedProcedureStepStartDate", "PerformedProcedureStepStartTime"})
_NAMES = frozenset({"PatientName", "ReferringPhysicianName"})
NUMBERS = frozenset({"SeriesNumber", "InstanceNumber", "Rows", "Columns", "NumberOfFrames", "BitsAllocated",
                     "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances",
                     "NumberOfSeriesRelatedInstances"})
"""Attributes that are matched as numbers."""

REQUESTS = "RequestAttributesSequence"
WITHIN = {f"{REQUESTS}.ScheduledProcedureStepID": "00400009", f"{REQUESTS}.RequestedProcedureID": "00401001"}
"""Keys of a series within a sequence (PS3.4 C.2.2.2.6), and their tags."""
_BY_INDEX = frozenset({"StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "PatientID", "AccessionNumber"})
_GAPS = re.compile(r"[ ^]+")
_SPECIAL = re.compile(r"[*?\\]")
"""Wildcards, and what stands between the values of a list."""


def by_name(wanted: Wanted) -> bool:
    """Whether something is asked for by its whole number or UID alone: `search` then needs no plan of its own."""
    given = wanted.matching.items()
    return any(name in _BY_INDEX for name, _ in given) and all(
        name in _BY_INDEX and value and not _SPECIAL.search(value) for name, value in given)


def search(db: Connection, wanted: Wanted, sight: Sight, note: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What fits, newest study first; each answer has all attributes of its level. What cannot match matches nothing.

    `note` says who asks (`audit.noted`); the line is written in the same statement, with how many were found.
    """
    if by_name(wanted):
        values: dict[str, Any] = {**wanted.matching, "limit": wanted.most, "offset": wanted.offset, **note}
        if sight.wards is not None:
            values[SIGHT_WARDS] = list(sight.wards)
        named = _named(wanted.level, sight.wards is None, sight.nobodys, tuple(sorted(wanted.matching)))
        return [row._asdict() for row in named.rows(db, values)]
    columns = ATTRIBUTES[wanted.level]
    query = _asked(wanted.level).where(in_sight(sight))
    for keyword, value in wanted.matching.items():
        if keyword in columns and keyword != REQUESTS and value not in ("", "*"):
            query = query.where(_fits(keyword, columns[keyword], value))
    within = {WITHIN[keyword]: value for keyword, value in wanted.matching.items()
              if keyword in WITHIN and value not in ("", "*")}
    if within and REQUESTS in columns:
        query = query.where(_has_item(columns[REQUESTS], within))
    query = _noting(query.limit(wanted.most).offset(wanted.offset), wanted.level)
    return [dict(row) for row in db.execute(query, dict(note)).mappings()]


@cache
def _named(level: Level, everywhere: bool, nobodys: bool, asked: tuple[str, ...]) -> Prepared:
    """Made once for each of the few kinds: to make it takes longer than to have it answered."""
    query = _asked(level).where(in_sight(Sight(None if everywhere else (), nobodys=nobodys)))
    for keyword in asked:
        # That it is not empty is said for the index, which holds only those.
        query = query.where(ATTRIBUTES[level][keyword] == bindparam(keyword), ATTRIBUTES[level][keyword] != "")
    return Prepared(_noting(query.limit(bindparam("limit", type_=Integer)).offset(bindparam("offset", type_=Integer)),
                            level))


def _noting(query: Select[Any], level: Level) -> Select[Any]:
    """The same question, with the audit's line of it."""
    found = query.cte("found")
    count = select(func.count()).select_from(found).scalar_subquery()
    return select(found).add_cte(audit.noting(found=count)).order_by(*_order(level, found.c))


@cache
def _asked(level: Level) -> Select[Any]:
    """What a question of that level asks, before what it must match is known: made once."""
    query: Select[Any] = select(*(column.label(keyword) for keyword, column in ATTRIBUTES[level].items()))
    return _from(query, level).order_by(*_order(level, ATTRIBUTES[level]))


def _from(query: Select[Any], level: Level) -> Select[Any]:
    match level:
        case Level.STUDY:
            return query.select_from(image_studies)
        case Level.SERIES:
            return query.select_from(image_studies.join(image_series, image_series.c.study == image_studies.c.id))
        case Level.IMAGE:
            return query.select_from(
                image_studies.join(image_series, image_series.c.study == image_studies.c.id)
                .join(image_instances, image_instances.c.series == image_series.c.id))


def _order(level: Level, columns: Mapping[str, ColumnElement[Any]] | Any) -> Sequence[ColumnElement[Any]]:
    order = [columns["StudyDate"].desc(), columns["StudyTime"].desc(), columns["StudyInstanceUID"]]
    if level is not Level.STUDY:
        order += [columns["SeriesNumber"].nulls_last(), columns["SeriesInstanceUID"]]
    if level is Level.IMAGE:
        order += [columns["InstanceNumber"].nulls_last(), columns["SOPInstanceUID"]]
    return order


def in_sight(sight: Sight) -> ColumnElement[bool]:
    """A study whose key was destroyed is seen by nobody: nothing of it can be read; nor is one that was set aside."""
    return _in_wards(sight, image_studies.c.state.not_in(("destroyed", "set_aside")) if sight.nobodys
                     else image_studies.c.state == "matched")


def destroyed_in_sight(sight: Sight) -> ColumnElement[bool]:
    """Studies that were destroyed, and that would be in sight were they not."""
    gone = image_studies.c.state == "destroyed"
    return _in_wards(sight, gone if sight.nobodys else and_(gone, image_studies.c.patient.is_not(None)))


def _in_wards(sight: Sight, shown: ColumnElement[bool]) -> ColumnElement[bool]:
    if sight.wards is None:
        return shown
    wards = bindparam(SIGHT_WARDS, list(sight.wards), type_=ARRAY(Uuid))
    return and_(shown, exists().where(
        ward_stays.c.encounter == image_studies.c.encounter, ward_stays.c.ward == any_(wards)))


def _fits(keyword: str, column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    if keyword == "ModalitiesInStudy":
        # A wildcard is matched against each of them (PS3.4 C.2.2.2.4).
        one_of = func.unnest(column).table_valued("modality").render_derived()
        return or_(*(exists().select_from(one_of).where(one_of.c.modality.like(_pattern(one), escape="!"))
                     if {"*", "?"} & set(one) else func.array_position(column, one).is_not(None)
                     for one in value.split("\\")))
    if keyword in NUMBERS:
        return column == int(value) if value.lstrip("-").isdigit() and len(value) < 10 else false()
    if keyword in _RANGES and "-" in value:
        return _within(column, value)
    if keyword in _NAMES:
        return _is_named(column, value)
    return _is_one_of(column, value)


def _is_one_of(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """A value, one of a list, each with wildcards."""
    return or_(*(column.like(_pattern(one), escape="!") if {"*", "?"} & set(one) else column == one
                 for one in value.split("\\")))


def _is_named(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """A person's name without regard to capitals, diacritics and carets: each group that is asked for against its own
    (alphabetic, ideographic, phonetic: PS3.5 6.2.1.1), one alone against any.
    """
    groups = [_GAPS.sub(" ", group).strip() for group in value.split("=")][:3]

    def fits(place: int, asked: str) -> ColumnElement[bool]:
        told = func.btrim(func.regexp_replace(func.split_part(column, "=", place), "[ ^]+", " ", "g"))
        return func.f_unaccent(told).like(func.f_unaccent(_pattern(asked)), escape="!")

    if len(groups) == 1:
        return or_(fits(1, groups[0]), and_(column.like("%=%"), or_(fits(2, groups[0]), fits(3, groups[0]))))
    return and_(true(), *(fits(place, asked) for place, asked in enumerate(groups, 1) if asked))


def _has_item(column: ColumnElement[Any], keys: Mapping[str, str]) -> ColumnElement[bool]:
    """A sequence in which one item has all of these values, by tag (PS3.4 C.2.2.2.6)."""
    if not any(map(_SPECIAL.search, keys.values())):
        return column.contains([{tag: {"Value": [value]} for tag, value in keys.items()}])
    item = func.jsonb_array_elements(column).table_valued(literal_column("item", JSONB)).render_derived(name="items")
    return exists().select_from(item).where(*(
        _is_one_of(item.c.item[(tag, "Value", "0")].astext, value) for tag, value in keys.items()))


def _within(column: ColumnElement[Any], value: str) -> ColumnElement[bool]:
    """A range of dates or times: `20261101-`, `-20261130`, `20261101-20261130`."""
    start, _, end = value.partition("-")
    return and_(column != "", column >= start if start else true(), column <= end + "z" if end else true())


def _pattern(value: str) -> str:
    """DICOM's wildcards as SQL's."""
    for literal in "!%_":
        value = value.replace(literal, "!" + literal)
    return value.replace("*", "%").replace("?", "_")
