"""The CDA header: patient, authors, custodian, authenticators, what it replaces, and the encounter."""

from __future__ import annotations

from collections.abc import Sequence

from records.cda.markup import Element, calendar, code, facility_arc, loinc, moment, node, settings, system
from records.entries import Author, Stay, Subject, Version
from records.imaging_orders import answered_order

_GENDERS = {"1": ("M", "Nam"), "2": ("F", "Nữ"), "3": ("UN", "Chưa xác định")}


def write_header(document: Element, version: Version, children: Sequence[Version], title: str, arc: str) -> None:
    """Everything before the body, in the schema's order."""
    arc = facility_arc(version.stay.facility_code, arc)
    node(document, "realmCode", code="VN")
    node(document, "typeId", root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    node(document, "id", root=str(version.entry), extension=str(version.version))
    _document_code(document, version)
    node(document, "title", title)
    node(document, "effectiveTime", value=moment(version.written_at))
    code(document, "confidentialityCode", "N", system("confidentiality"), "normal")
    node(document, "languageCode", code="vi-VN")
    node(document, "setId", root=str(version.entry))
    node(document, "versionNumber", value=str(version.version))
    _patient(document, version.subject, version.stay, arc)
    for written in _by_author((version, *children)):
        write_author(document, written, arc)
    _custodian(document, version.stay, arc)
    _authenticator(document, "legalAuthenticator", version, arc)
    for written in _by_author(children):
        if written.author.id != version.author.id:
            _authenticator(document, "authenticator", written, arc)
    _fulfilled(document, (version, *children), arc)
    _replaced(document, version)
    _encounter(document, version.stay, arc)


def _document_code(document: Element, version: Version) -> None:
    known = settings()["documents"]
    ref = version.form
    told = known.get(f"{ref.code} {ref.kind}") or known.get(ref.code) or known["default"]
    loinc(document, "code", told["code"], told["name"])


def _by_author(versions: Sequence[Version]) -> tuple[Version, ...]:
    """The first version of each author, in order."""
    return tuple({version.author.id: version for version in reversed(versions)}.values())[::-1]


def _patient(document: Element, subject: Subject, stay: Stay, arc: str) -> None:
    role = node(node(document, "recordTarget"), "patientRole")
    node(role, "id", root=f"{arc}.1", extension=subject.patient_no, assigningAuthorityName=stay.facility)
    for place, number in ((2, subject.national_id), (3, subject.insurance_no)):
        if number:
            node(role, "id", root=f"{arc}.{place}", extension=number)
    if subject.address:
        node(role, "addr", subject.address)
    patient = node(role, "patient")
    node(patient, "name", subject.full_name)
    gender, words = _GENDERS[subject.sex]
    code(patient, "administrativeGenderCode", gender, system("gender"), words)
    node(patient, "birthTime", value=calendar(subject.birth_date))


def write_author(parent: Element, version: Version, arc: str) -> None:
    """Who wrote it, when, and as what."""
    author = node(parent, "author")
    node(author, "time", value=moment(version.written_at))
    assigned = node(author, "assignedAuthor")
    _person(assigned, version.author, arc)
    _organisation(assigned, "representedOrganization", version.stay, arc)


def _person(assigned: Element, person: Author, arc: str) -> None:
    node(assigned, "id", root=str(person.id))
    code(assigned, "code", person.role.value, f"{arc}.6", person.title)
    node(node(assigned, "assignedPerson"), "name", person.full_name)


def _organisation(parent: Element, tag: str, stay: Stay, arc: str) -> None:
    organisation = node(parent, tag)
    node(organisation, "id", root=arc, extension=stay.facility_code)
    node(organisation, "name", stay.facility)


def _custodian(document: Element, stay: Stay, arc: str) -> None:
    assigned = node(node(document, "custodian"), "assignedCustodian")
    _organisation(assigned, "representedCustodianOrganization", stay, arc)


def _authenticator(document: Element, tag: str, version: Version, arc: str) -> None:
    """The signature itself is the PDF's; the document says whose it is (signatureCode S: it has been obtained)."""
    part = node(document, tag)
    node(part, "time", value=moment(version.written_at))
    node(part, "signatureCode", code="S")
    assigned = node(part, "assignedEntity")
    _person(assigned, version.author, arc)
    _organisation(assigned, "representedOrganization", version.stay, arc)


def _fulfilled(document: Element, versions: Sequence[Version], arc: str) -> None:
    """The orders that are answered, each once."""
    found = [number for version in versions if (number := answered_order(version))]
    for number in dict.fromkeys(found):
        node(node(node(document, "inFulfillmentOf"), "order"), "id", root=f"{arc}.8", extension=number)


def _replaced(document: Element, version: Version) -> None:
    if version.correction is None:
        return
    parent = node(node(document, "relatedDocument", typeCode="RPLC"), "parentDocument")
    node(parent, "id", root=str(version.entry), extension=str(version.correction.of_version))
    node(parent, "setId", root=str(version.entry))
    node(parent, "versionNumber", value=str(version.correction.of_version))


def _encounter(document: Element, stay: Stay, arc: str) -> None:
    encounter = node(node(document, "componentOf"), "encompassingEncounter")
    node(encounter, "id", root=f"{arc}.4", extension=stay.record_no)
    code(encounter, "code", "IMP", system("act"), "inpatient encounter")
    node(node(encounter, "effectiveTime"), "low", value=moment(stay.admitted_at))
    facility = node(node(encounter, "location"), "healthCareFacility")
    node(facility, "id", root=f"{arc}.5", extension=stay.ward)
    place = ", ".join(part for part in (
        stay.ward, stay.room and f"buồng {stay.room}", stay.bed and f"giường {stay.bed}") if part)
    node(node(facility, "location"), "name", place)
    _organisation(facility, "serviceProviderOrganization", stay, arc)
