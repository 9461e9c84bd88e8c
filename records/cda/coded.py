"""A section's entries for machines: vital signs and scores (LOINC, UCUM), diagnoses (ICD-10), orders, results."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from records.cda.markup import Element, calendar, code, derived, is_code, loinc, moment, node, settings, system
from records.entries import Version
from records.forms import Field, Section
from records.render.words import label_of, row_words

VITAL_SIGNS = "8716-3"
DIAGNOSIS = "29308-4"
_DIAGNOSES = frozenset({"icd10", "icd10_main"})
_NUMBER = re.compile(r"\d{1,9}([.,]\d{1,6})?")
_CODES = {"lab": "observation", "imaging": "observation", "procedure": "procedure"}


class Coder:
    """Writes the coded entries of one version's sections."""

    def __init__(self, version: Version, arc: str) -> None:
        self._version, self._arc = version, arc
        self._when = moment(version.occurred_at)

    def write(self, parent: Element, section: Section, anchor: str) -> None:
        """All entries of a section; vital signs together in one organizer."""
        values = self._version.values
        measured = [field for field in section.fields if field.key in values and field.code]
        if section.code == VITAL_SIGNS and measured:
            self._organizer(parent, section, measured, anchor)
        else:
            for field in measured:
                self._observation(node(parent, "entry"), field, values[field.key], f"{anchor}-{field.key}")
        for field in section.fields:
            value = values.get(field.key)
            if value is None or field.code:
                continue
            if field.type == "coded" and field.codes in _DIAGNOSES:
                self._diagnosis(node(parent, "entry"), value, field.key, f"{anchor}-{field.key}")
            elif field.type == "rows":
                self._rows(parent, field, value, f"{anchor}-{field.key}")
            elif field.type == "images":
                self._images(parent, field, value, f"{anchor}-{field.key}")
            elif field.type == "text" and section.code in settings()["sections"]["results"]:
                self._result(node(parent, "entry"), section, field, str(value), f"{anchor}-{field.key}")

    def _start(self, parent: Element, tag: str, part: str, *, mood: str = "EVN") -> Element:
        kinds = {"observation": "OBS", "procedure": "PROC", "act": "ACT", "substanceAdministration": "SBADM",
                 "organizer": "CLUSTER"}
        made = node(parent, tag, classCode=kinds[tag], moodCode=mood)
        node(made, "id", root=derived(self._version, part))
        return made

    def _organizer(self, parent: Element, section: Section, fields: Sequence[Field], anchor: str) -> None:
        organizer = self._start(node(parent, "entry", typeCode="DRIV"), "organizer", section.key)
        loinc(organizer, "code", VITAL_SIGNS, "Vital signs")
        node(organizer, "statusCode", code="completed")
        node(organizer, "effectiveTime", value=self._when)
        for field in fields:
            self._observation(node(organizer, "component"), field, self._version.values[field.key],
                              f"{anchor}-{field.key}")

    def _observation(self, parent: Element, field: Field, value: Any, anchor: str) -> None:
        made = self._start(parent, "observation", field.key)
        loinc(made, "code", field.code, field.label)
        _closing(made, anchor, self._when)
        match field.type:
            case "int" | "decimal":
                node(made, "value", type_="PQ", value=str(value), unit=field.ucum or "1")
            case "bool":
                node(made, "value", type_="BL", value="true" if value else "false")
            case "date":
                node(made, "value", type_="TS", value=calendar(str(value)))
            case "choice":
                code(made, "value", str(value), f"{self._arc}.6", label_of(field, str(value)), type_="CD")
            case "coded":
                self._concept(made, value)
            case _:
                node(made, "value", str(value), type_="ST")

    def _diagnosis(self, parent: Element, value: Mapping[str, Any], part: str, anchor: str) -> None:
        made = self._start(parent, "observation", part)
        loinc(made, "code", DIAGNOSIS, "Diagnosis")
        _closing(made, anchor, self._when)
        self._concept(made, value)

    def _concept(self, made: Element, value: Mapping[str, Any]) -> None:
        """ICD-10 with its words; words alone when the doctor gave no code."""
        text, told = str(value.get("text", "")), str(value.get("code", ""))
        if is_code(told):
            concept = code(made, "value", told, system("icd10"), text, type_="CD", codeSystemName="ICD-10")
        else:
            concept = node(made, "value", type_="CD", nullFlavor="OTH", codeSystem=system("icd10"))
        if text:
            node(concept, "originalText", text)

    def _result(self, parent: Element, section: Section, field: Field, text: str, anchor: str) -> None:
        made = self._start(parent, "observation", field.key)
        loinc(made, "code", section.code, section.title)
        _closing(made, anchor, self._when)
        node(made, "value", text, type_="ST")

    def _rows(self, parent: Element, field: Field, rows: Sequence[Mapping[str, Any]], anchor: str) -> None:
        columns = {column.key for column in field.fields}
        coded = [column for column in field.fields if column.type == "coded" and column.codes in _DIAGNOSES]
        for index, row in enumerate(rows, start=1):
            part, place = f"{field.key}.{index}", f"{anchor}-{index}"
            if {"kind", "name"} <= columns:
                self._order(node(parent, "entry"), field, row, part, place)
            elif {"order", "result"} <= columns:
                self._carried_out(node(parent, "entry"), field, row, part, place)
            for column in coded:
                if column.key in row:
                    self._diagnosis(node(parent, "entry"), row[column.key], f"{part}.{column.key}", place)

    def _images(self, parent: Element, field: Field, items: Sequence[Mapping[str, Any]], anchor: str) -> None:
        """Key images as the narrative shows them (`renderMultiMedia`); the id names instance and frame."""
        for number, item in enumerate(items, start=1):
            made = node(node(parent, "entry"), "observationMedia", classCode="OBS", moodCode="EVN",
                        ID=f"{anchor}-{number}")
            node(made, "id", root=derived(self._version, f"{field.key}.{number}"))
            node(made, "id", root=str(item["instance"]), extension=str(item["frame"]))
            node(made, "value", str(item["picture"]), mediaType="image/png", representation="B64")

    def _order(self, parent: Element, field: Field, row: Mapping[str, Any], part: str, anchor: str) -> None:
        kind = str(row.get("kind", "other"))
        if kind in {"drug", "fluid"}:
            self._medication(parent, field, row, part, anchor)
            return
        made = self._start(parent, _CODES.get(kind, "act"), part, mood="RQO")
        self._ordered(made, "code", row)
        _closing(made, anchor, _told(row["start"]) if "start" in row else self._when, status="active")

    def _ordered(self, made: Element, tag: str, row: Mapping[str, Any]) -> None:
        """What is ordered: the catalogue's code when it was chosen there, and the words as they were written."""
        name = str(row.get("name", ""))
        if is_code(row.get("code")):
            concept = code(made, tag, str(row["code"]), f"{self._arc}.6", name)
        else:
            concept = node(made, tag, nullFlavor="OTH")
        node(concept, "originalText", name)

    def _medication(self, parent: Element, field: Field, row: Mapping[str, Any], part: str, anchor: str) -> None:
        made = self._start(parent, "substanceAdministration", part, mood="RQO")
        node(node(made, "text", row_words(field, row)), "reference", value=f"#{anchor}")
        node(made, "statusCode", code="active")
        period = node(made, "effectiveTime", type_="IVL_TS")
        node(period, "low", value=_told(row["start"]) if "start" in row else self._when)
        if "stop_at" in row:
            node(period, "high", value=_told(row["stop_at"]))
        route = next((column for column in field.fields if column.key == "route"), None)
        if route is not None and "route" in row:
            code(made, "routeCode", str(row["route"]), f"{self._arc}.6", label_of(route, str(row["route"])))
        if _NUMBER.fullmatch(str(row.get("dose", ""))):
            node(made, "doseQuantity", value=str(row["dose"]).replace(",", "."), unit=_unit(str(row.get("unit", ""))))
        material = node(node(node(made, "consumable"), "manufacturedProduct"), "manufacturedMaterial")
        self._ordered(material, "code", row)
        node(material, "name", " ".join(str(row[key]) for key in ("name", "strength", "form") if row.get(key)))

    def _carried_out(self, parent: Element, field: Field, row: Mapping[str, Any], part: str, anchor: str) -> None:
        made = self._start(parent, "act", part)
        node(node(made, "code", nullFlavor="OTH"), "originalText", str(row.get("order", "")))
        status = "aborted" if row.get("result") == "not_done" else "completed"
        _closing(made, anchor, _told(row["done_at"]) if "done_at" in row else self._when, status=status)


def _closing(made: Element, anchor: str, when: str, *, status: str = "completed") -> None:
    node(node(made, "text"), "reference", value=f"#{anchor}")
    node(made, "statusCode", code=status)
    node(made, "effectiveTime", value=when)


def _told(instant: Any) -> str:
    return moment(datetime.fromisoformat(str(instant)))


def _unit(words: str) -> str:
    """UCUM where the unit is one, else an annotation: `viên` -> `{vien}`."""
    known = settings()["units"].get(words.strip())
    if known:
        return str(known)
    plain = unicodedata.normalize("NFD", words.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(_ascii(plain))
    return f"{{{letters}}}" if letters else "1"


def _ascii(words: str) -> Iterator[str]:
    for letter in words:
        if letter.isascii() and (letter.isalnum() or letter in "/%.-"):
            yield letter
        elif letter == " ":
            yield "_"
