"""Elements, identifiers and times of HL7 V3, as CDA R2 writes them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from lxml import etree

from records.bundled import bundled
from records.entries import Version
from records.render.words import ZONE

V3 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
TYPE = f"{{{XSI}}}type"
Element = etree._Element
_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")


@cache
def settings() -> Mapping[str, Any]:
    """`resources/cda/documents.toml`."""
    return tomllib.loads(bundled("cda", "documents.toml").read_text("utf-8"))


def system(name: str) -> str:
    """The OID of a code system."""
    return str(settings()["code_systems"][name])


def node(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """A new last child; `type_` becomes xsi:type, empty attributes are left out."""
    child = etree.SubElement(parent, f"{{{V3}}}{tag}")
    if kind := attributes.pop("type_", ""):
        child.set(TYPE, kind)
    for key, value in attributes.items():
        if value:
            child.set(key, value)
    if text:
        child.text = text
    return child


def is_code(value: object) -> bool:
    """Whether HL7 takes it as a code: something, with no space in it."""
    return isinstance(value, str) and re.fullmatch(r"\S+", value) is not None


def code(parent: Element, tag: str, value: str, of: str, name: str = "", **attributes: str) -> Element:
    """A coded value; `of`: OID of its system."""
    return node(parent, tag, code=value, codeSystem=of, displayName=name, **attributes)


def loinc(parent: Element, tag: str, value: str, name: str = "") -> Element:
    """A LOINC code."""
    return node(parent, tag, code=value, codeSystem=system("loinc"), codeSystemName="LOINC", displayName=name)


def moment(instant: datetime) -> str:
    """An instant in Vietnam's zone: 20261122084117+0700."""
    return f"{instant.astimezone(ZONE):%Y%m%d%H%M%S}+0700"


def calendar(iso: str) -> str:
    """A date, or a year alone."""
    return iso.replace("-", "")


def facility_arc(facility_code: str, arc: str = "") -> str:
    """The OID below which this facility's own identifiers stand: its own, or the placeholder from its code."""
    if arc:
        if not _OID.fullmatch(arc):
            raise ValueError(f"{arc} is no OID")
        return arc
    return f"2.25.{uuid5(NAMESPACE_OID, f'benhan facility {facility_code}').int}"


def derived(version: Version, *parts: str) -> str:
    """An identifier for a part of a version: the same part, the same UUID."""
    return str(derived_uuid(version.entry, f"{version.version}", *parts))


def derived_uuid(entry: UUID, *parts: str) -> UUID:
    """A UUID from an entry's and the names of a part."""
    return uuid5(entry, "/".join(parts))
