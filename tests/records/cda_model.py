"""A judge of CDA R2 documents that holds HL7's schema as a program: the classes that generateDS made of its CDA.xsd.

HL7's schema files are in no package of Debian, PyPI or npm and are not ours to ship. `malac-models-cda` (LGPL, of the
Austrian and Swiss exchanges) holds what generateDS read out of them: each type's attributes, its elements in the
schema's order, which of them repeat, their types, and the code lists. What generateDS drops is what must be there at
least; that stands in `DEMANDED`, from the standard's hierarchical description (CDA R2, POCD_HD000040, mandatory rows).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

from lxml import etree
from malac.models.cda import ch_ext as model  # type: ignore[import-untyped]  # generated, without types

V3 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ROOT = "POCD_MT000040_ClinicalDocument"
DEMANDED: dict[str, tuple[str, ...]] = {
    "ClinicalDocument": ("typeId", "id", "code", "effectiveTime", "confidentialityCode", "recordTarget", "author",
                         "custodian", "component"),
    "RecordTarget": ("patientRole",), "PatientRole": ("id",), "Author": ("time", "assignedAuthor"),
    "AssignedAuthor": ("id",), "Custodian": ("assignedCustodian",),
    "AssignedCustodian": ("representedCustodianOrganization",), "CustodianOrganization": ("id",),
    "LegalAuthenticator": ("time", "signatureCode", "assignedEntity"),
    "Authenticator": ("time", "signatureCode", "assignedEntity"), "AssignedEntity": ("id",),
    "RelatedDocument": ("@typeCode", "parentDocument"), "ParentDocument": ("id",),
    "Component1": ("encompassingEncounter",), "EncompassingEncounter": ("effectiveTime",),
    "Location": ("healthCareFacility",), "StructuredBody": ("component",), "Component3": ("section",),
    "Component5": ("section",), "Observation": ("@classCode", "@moodCode", "code"),
    "Act": ("@classCode", "@moodCode", "code"), "Procedure": ("@classCode", "@moodCode"),
    "Organizer": ("@classCode", "@moodCode", "statusCode"),
    "SubstanceAdministration": ("@classCode", "@moodCode", "consumable"), "Consumable": ("manufacturedProduct",),
}
ONE_OF: dict[str, tuple[str, ...]] = {
    "Component2": ("nonXMLBody", "structuredBody"), "ManufacturedProduct": ("manufacturedLabeledDrug",
                                                                          "manufacturedMaterial"),
    "Entry": ("act", "encounter", "observation", "observationMedia", "organizer", "procedure", "regionOfInterest",
              "substanceAdministration", "supply"),
}
"""Exactly one of these (a choice in the schema)."""


@dataclass(frozen=True)
class Kind:
    """One type of the schema: its attributes, and its elements in order with their types."""

    name: str
    attributes: frozenset[str]
    elements: tuple[str, ...]
    types: dict[str, str]
    repeats: frozenset[str]
    mixed: bool
    """Text may stand in it."""
    any_order: bool
    """Narrative, names and addresses: a choice that repeats."""


@cache
def kind(name: str) -> Kind:
    """The type of that name, as the schema's words write it (`POCD_MT000040.Section`)."""
    made = getattr(model, name.replace(".", "_"))
    # Of a type that restricts another (CE of CD, ST of ED) generateDS forgets the base; what all have is ANY's.
    inherited = {"nullFlavor"} if _is_data_type(name) else set()
    parameters = [each for each in inspect.signature(made.__init__).parameters.values()
                  if each.annotation is not inspect.Parameter.empty]
    attributes = frozenset(inherited | {
        found for each in made.__mro__ if "_buildAttributes" in vars(each)
        for found in re.findall(r"find_attr_value_\('(\w+)', node\)", inspect.getsource(each._buildAttributes))})
    elements = [each for each in parameters if each.name not in attributes]
    bases = {each.__name__ for each in made.__mro__}
    return Kind(
        name, attributes, tuple(each.name for each in elements),
        {each.name: _named(each.annotation) for each in elements},
        frozenset(each.name for each in elements if get_args(each.annotation)),
        "mixedclass_" in inspect.signature(made.__init__).parameters,
        name.startswith("StrucDoc") or bool(bases & {"EN", "AD"}))


def _named(annotation: Any) -> str:
    """`'CE'` or `List['II']` -> the type's name."""
    (inner,) = get_args(annotation) or (annotation,)
    return str(getattr(inner, "__forward_arg__", inner))


def problems(document: bytes) -> list[str]:
    """Everything in which the document leaves the schema; empty when it is valid."""
    root = etree.fromstring(document)
    found = list(_walk(root, ROOT.replace("_ClinicalDocument", ".ClinicalDocument"), "ClinicalDocument"))
    if found:
        return found
    collector = model.GdsCollector_()
    getattr(model, ROOT).factory().build(root, gds_collector_=collector)
    return [str(message) for message in collector.get_messages()]


def _walk(element: etree._Element, declared: str, path: str) -> Iterator[str]:
    name = _type_of(element, declared)
    if not _is_a(name, declared):
        yield f"{path}: {name} is no {declared}"
        return
    this = kind(name)
    yield from (f"{path}: no attribute {each}" for each in map(str, element.attrib)
                if not each.startswith(f"{{{XSI}}}") and each not in this.attributes)
    if not this.mixed and any((text or "").strip() for text in (element.text, *(child.tail for child in element))):
        yield f"{path}: no text may stand here"
    children = [etree.QName(child) for child in element]
    yield from (f"{path}: no element {each.localname}" for each in children
                if each.namespace != V3 or each.localname not in this.types)
    known = [each.localname for each in children if each.namespace == V3 and each.localname in this.types]
    yield from _counted(element, this, known, path)
    for child in element:
        tag = etree.QName(child).localname
        if tag in this.types:
            yield from _walk(child, this.types[tag], f"{path}/{tag}")


def _counted(element: etree._Element, this: Kind, known: Sequence[str], path: str) -> Iterator[str]:
    places = [this.elements.index(each) for each in known]
    if not this.any_order and places != sorted(places):
        yield f"{path}: {known} are not in the schema's order"
    yield from (f"{path}: {each} more than once" for each in sorted(set(known))
                if known.count(each) > 1 and each not in this.repeats)
    short = this.name.rpartition(".")[2]
    if not this.name.startswith("POCD") or "nullFlavor" in element.attrib:
        return
    there = {*known, *(f"@{each}" for each in map(str, element.attrib))}
    yield from (f"{path}: {each} is missing" for each in DEMANDED.get(short, ()) if each not in there)
    if short in ONE_OF and sum(known.count(each) for each in ONE_OF[short]) != 1:
        yield f"{path}: not exactly one of {ONE_OF[short]}"


def _type_of(element: etree._Element, declared: str) -> str:
    return str(element.get(f"{{{XSI}}}type") or declared).rpartition(":")[2]


def _is_a(name: str, declared: str) -> bool:
    made: Any = getattr(model, name.replace(".", "_"), None)
    if made is None:
        return False
    if declared == "ANY":
        return _is_data_type(name)
    return issubclass(made, getattr(model, declared.replace(".", "_")))


def _is_data_type(name: str) -> bool:
    return not name.startswith(("POCD_", "StrucDoc"))
