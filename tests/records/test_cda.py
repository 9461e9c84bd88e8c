"""HL7 CDA R2 of every form: whole, coded, the same each time; against HL7's schema where it is given.

HL7's schema files are no part of this tree (their terms ask each user to get them from HL7). What generateDS read out
of them judges every form's document always (`cda_model`); `BENHAN_CDA_SCHEMA`, where it names a `CDA.xsd`, judges too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache

import pytest
from lxml import etree

from records import cda, render
from records.cda.markup import V3, XSI, facility_arc
from records.entries import Correction
from records.errors import Refusal
from records.forms import EntryKind, Form, all_forms
from records.pades import judge
from tests.forgeries import people
from tests.forgeries.signing import mark_of, signed
from tests.records.cda_model import problems
from tests.records.render import pages
from tests.records.samples import KINDS, SAMPLES, filled

SCHEMA = os.environ.get("BENHAN_CDA_SCHEMA", "")
NS = {"v3": V3, "xsi": XSI}


def parsed(data: bytes) -> etree._Element:
    return etree.fromstring(data)


def found(root: etree._Element, path: str) -> list[etree._Element]:
    return list(root.iterfind(path, NS))


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=SCHEMA)


def names(element: etree._Element) -> Iterator[str]:
    return (etree.QName(child).localname for child in element)


def all_ways(form: Form, kind: EntryKind) -> list[bytes]:
    """The kind filled, empty, corrected, and with others gathered below it."""
    version = filled(form, kind)
    corrected = version.model_copy(update={"version": 2, "correction": Correction(
        reason="Ghi nhầm", of_version=1, of_sha256="0" * 64)})
    return [cda.document(version), cda.document(version.model_copy(update={"values": {}})), cda.document(corrected),
            cda.document(version, [pages.version(), corrected])]


@pytest.mark.skipif(not SCHEMA, reason="BENHAN_CDA_SCHEMA names no CDA.xsd; HL7's schema is not shipped")
@pytest.mark.parametrize(("form", "kind"), KINDS, ids=[f"{form.code} {kind.key}" for form, kind in KINDS])
def test_every_kind_is_valid_against_hl7s_schema_files(form: Form, kind: EntryKind) -> None:
    for data in all_ways(form, kind):
        schema().assertValid(parsed(data))


@pytest.mark.parametrize(("form", "kind"), KINDS, ids=[f"{form.code} {kind.key}" for form, kind in KINDS])
def test_every_kind_keeps_hl7s_schema_as_it_was_read_into_classes(form: Form, kind: EntryKind) -> None:
    for data in all_ways(form, kind):
        assert problems(data) == []


BROKEN = {
    "an element that CDA does not know": ("<title>", "<wish/><title>", "no element wish"),
    "an element at another's place": ("<setId ", "<versionNumber value='1'/><setId ", "not in the schema's order"),
    "one element twice": ("<languageCode ", "<languageCode code='vi'/><languageCode ", "languageCode more than once"),
    "an attribute that is not there": ("<setId ", "<setId wish='1' ", "no attribute wish"),
    "a word in a code list that is not in it": ('moodCode="RQO"', 'moodCode="WISH"', "WISH"),
    "a value of another type": ('xsi:type="CD"', 'xsi:type="Section"', "Section is no ANY"),
    "no custodian": ("custodian>", "participant>", "custodian is missing"),
    "no code of an observation": ("<observation ", "<observation moodCode='EVN' classCode='OBS'/><observation ",
                                  "not exactly one of"),
    "words where only elements stand": ("<recordTarget>", "<recordTarget>Hương", "no text may stand here"),
    "a foreign element": ("<title>", "<x:title xmlns:x='urn:x'/><title>", "no element title"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_the_judge_of_the_schema_finds_what_is_broken(how: str) -> None:
    before, after, told = BROKEN[how]
    whole = cda.document(people.row()).decode()
    assert before in whole
    assert any(told in each for each in problems(whole.replace(before, after).encode()))


def test_the_judge_of_the_schema_agrees_that_whatever_is_demanded_is_there() -> None:
    whole = cda.document(people.row())
    for path, tag in (("v3:recordTarget", "patientRole"), ("v3:author", "time"), (".//v3:observation", "code"),
                      (".//v3:substanceAdministration", "consumable"), (".//v3:legalAuthenticator", "signatureCode")):
        root = parsed(whole)
        (holder, *_) = found(root, path)
        holder.remove(holder.find(f"v3:{tag}", NS))  # type: ignore[arg-type]  # it is there
        assert any(f"{tag} is missing" in each for each in problems(etree.tostring(root))), tag


HEADER = ["realmCode", "typeId", "id", "code", "title", "effectiveTime", "confidentialityCode", "languageCode",
          "setId", "versionNumber", "recordTarget", "author", "custodian", "legalAuthenticator", "authenticator",
          "inFulfillmentOf", "relatedDocument", "componentOf", "component"]
SECTION = ["id", "code", "title", "text", "author", "entry", "component"]
OBSERVATION = ["id", "code", "text", "statusCode", "effectiveTime", "value"]
MEDICATION = ["id", "text", "statusCode", "effectiveTime", "routeCode", "doseQuantity", "consumable"]


@pytest.mark.parametrize(("form", "kind"), KINDS, ids=[f"{form.code} {kind.key}" for form, kind in KINDS])
def test_every_kind_has_its_sections_and_keeps_the_order_of_cda(form: Form, kind: EntryKind) -> None:
    root = parsed(cda.document(filled(form, kind)))
    sections = found(root, "v3:component/v3:structuredBody/v3:component/v3:section")
    assert len(sections) == len(kind.sections)
    for elements, order in (([root], HEADER), (found(root, ".//v3:section"), SECTION),
                            (found(root, ".//v3:observation"), OBSERVATION),
                            (found(root, ".//v3:substanceAdministration"), MEDICATION)):
        for element in elements:
            places = [order.index(name) for name in names(element)]
            assert places == sorted(places)


@pytest.mark.parametrize(("form", "kind"), KINDS, ids=[f"{form.code} {kind.key}" for form, kind in KINDS])
def test_every_coded_entry_refers_to_its_words(form: Form, kind: EntryKind) -> None:
    root = parsed(cda.document(filled(form, kind), [pages.version(entry=pages.PATIENT["id"])]))
    anchors = [element.get("ID") for element in root.iter() if element.get("ID")]
    references = [element.get("value", "") for element in found(root, ".//v3:text/v3:reference")]
    assert len(anchors) == len(set(anchors))
    assert {reference.removeprefix("#") for reference in references} <= set(anchors)
    ids = [(element.get("root"), element.get("extension")) for element in found(root, ".//v3:entry//v3:id")]
    assert len(ids) == len(set(ids))


def test_vital_signs_carry_loinc_and_ucum() -> None:
    form = next(item for item in all_forms() if item.code == "EX-SINHHIEU")
    root = parsed(cda.document(filled(form, form.kinds[0])))
    measured = {element.find("v3:code", NS).get("code"): element.find("v3:value", NS)  # type: ignore[union-attr]  # both are there
                for element in found(root, ".//v3:organizer/v3:component/v3:observation")}
    temperature, pulse = measured["8310-5"], measured["8867-4"]
    assert temperature is not None
    assert pulse is not None
    assert (temperature.get("value"), temperature.get("unit")) == ("36.5", "Cel")
    assert (pulse.get("value"), pulse.get("unit")) == ("7", "/min")


def test_a_diagnosis_is_icd_10_and_one_without_code_keeps_its_words() -> None:
    root = parsed(cda.document(people.row(values={
        "diagnosis": {"text": "Viêm phổi thùy dưới phải", "code": "J18.9"},
        "diagnosis_differential": {"text": "Lao phổi?"}, "plan": "Theo dõi."})))
    values = found(root, ".//v3:observation/v3:value")
    assert [(item.get("code"), item.get("codeSystem")) for item in values] == [
        ("J18.9", "2.16.840.1.113883.6.3"), (None, "2.16.840.1.113883.6.3")]
    assert values[1].findtext("v3:originalText", namespaces=NS) == "Lao phổi?"


def test_orders_are_requests_of_their_kind() -> None:
    root = parsed(cda.document(people.row()))
    drugs = found(root, ".//v3:substanceAdministration")
    assert [drug.get("moodCode") for drug in drugs] == ["RQO", "RQO"]
    dose = drugs[0].find("v3:doseQuantity", NS)
    assert dose is not None
    assert (dose.get("value"), dose.get("unit")) == ("2", "{lo}")
    assert len(found(root, ".//v3:entry/v3:observation[@moodCode='RQO']")) == 1
    assert len(found(root, ".//v3:entry/v3:act[@moodCode='RQO']")) == 1


def test_header_names_patient_encounter_authors_and_custodian() -> None:
    child = pages.version(entry="0193565e-1f00-7000-8000-0000000000bb", author={
        "id": "0193565e-1f00-7000-8000-000000000009", "full_name": "Hồ Văn Nam", "title": "Bác sĩ", "role": "doctor"})
    root = parsed(cda.document(people.row(), [child]))
    arc = facility_arc("52007")
    assert root.findtext(".//v3:patient/v3:name", namespaces=NS) == "Nguyễn Thị Thanh Hương"
    encounter = root.find("v3:componentOf/v3:encompassingEncounter/v3:id", NS)
    assert encounter is not None
    assert (encounter.get("root"), encounter.get("extension")) == (f"{arc}.4", "26.004512")
    authors = [element.text for element in found(root, "v3:author//v3:name")]
    assert authors[0::2] == [people.NAME, "Hồ Văn Nam"]
    assert len(found(root, "v3:legalAuthenticator")) == len(found(root, "v3:authenticator")) == 1
    assert root.findtext("v3:custodian//v3:name", namespaces=NS) == "Trung tâm Y tế Phù Mỹ"


def test_a_correction_names_the_version_that_it_replaces() -> None:
    version = people.row(version=2, correction={"reason": "Nhầm", "of_version": 1, "of_sha256": "0" * 64})
    parent = parsed(cda.document(version)).find("v3:relatedDocument/v3:parentDocument/v3:id", NS)
    assert parent is not None
    assert parent.get("extension") == "1"


def test_a_result_names_the_order_that_it_answers() -> None:
    ref = {"code": "08/BV2", "edition": "2024-01-01", "kind": "result"}
    root = parsed(cda.document(pages.version(form=ref, values={"order": "2600000012", "examination": "Ngực"})))
    (named,) = found(root, "v3:inFulfillmentOf/v3:order/v3:id")
    assert named.get("extension") == "2600000012"
    assert found(parsed(cda.document(pages.version(form=ref, values={"examination": "Ngực"}))),
                 "v3:inFulfillmentOf") == []


def test_the_same_versions_give_the_same_bytes() -> None:
    assert cda.document(people.row(), [people.cover()]) == cda.document(people.row(), [people.cover()])


def test_a_facility_with_an_oid_of_its_own_uses_it() -> None:
    assert b'root="1.2.704.1.5.1"' in cda.document(people.row(), arc="1.2.704.1.5")
    with pytest.raises(Refusal):
        cda.document(people.row(), arc="not an oid")


def test_markup_in_a_value_stays_text() -> None:
    root = parsed(cda.document(people.row(values={"plan": "</text><script>alert(1)</script> & hết"})))
    assert "</text><script>" in "".join(map(str, root.itertext()))
    assert found(root, ".//v3:script") == []


def test_what_xml_cannot_carry_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        cda.document(people.row(values={"plan": "a\x0bb"}))
    assert caught.value.reasons[0].code == "cda_not_writable"


def test_a_composition_with_its_cda_is_signed_and_judged_good() -> None:
    form = next(item for item in all_forms() if item.code == "01/BV1")
    closing = pages.version(form={"code": form.code, "edition": form.edition, "kind": "closing"},
                            values={"gathered": SAMPLES["gathered"]})
    attached = cda.attachment(closing, [people.row()])
    file = signed(render.render_entry(closing, [attached]), "giver", people.doctor(),
                  mark_of(closing, "giver", people.doctor()))
    assert judge(file, people.trust(), people.NOW).good
    assert judge(file, people.trust(), people.NOW, beside=lambda _: {"cda.xml": attached.data}).good
    other = cda.document(closing, [people.cover()])
    refused = judge(file, people.trust(), people.NOW, beside=lambda _: {"cda.xml": other})
    assert "attachment_not_as_made" in [reason.code for reason in refused.reasons]
