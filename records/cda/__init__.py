"""Versions -> an HL7 CDA R2 document: the form's sections with narrative, and coded entries for what machines read.

Deterministic: the same versions give the same bytes; ids derive from the entries' ids. Attached to compositions and
to papers that leave the house, as `cda.xml`, AFRelationship Alternative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lxml import etree

from records import forms
from records.anatomy import CDA_FILE
from records.cda.coded import Coder
from records.cda.header import write_author, write_header
from records.cda.markup import V3, XSI, Element, derived, facility_arc, loinc, node
from records.cda.narrative import write_text
from records.entries import Version
from records.errors import Refusal
from records.render import Attachment

__all__ = ["CDA_FILE", "attachment", "document"]
_NAMESPACES: Any = {None: V3, "xsi": XSI}


def document(composition: Version, children: Sequence[Version] = (), *, arc: str = "") -> bytes:
    """The clinical document of a composition and the entries that it gathers, or of one entry alone.

    `arc`: the facility's own OID; a placeholder is made from its code when it has none
    (`resources/cda/documents.toml`).
    """
    try:
        root: Element = etree.Element(f"{{{V3}}}ClinicalDocument", nsmap=_NAMESPACES)
        form = forms.form(composition.form.code, composition.form.edition)
        kind = form.kind(composition.form.kind)
        title = form.name if children or kind.name == form.name else f"{form.name}. {kind.name}"
        write_header(root, composition, children, title, arc)
        body = node(node(root, "component"), "structuredBody")
        own = facility_arc(composition.stay.facility_code, arc)
        for number, version in enumerate((composition, *children)):
            _entry(body, version, f"e{number}", own, alone=not children)
        return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    except ValueError as error:
        # lxml refuses what XML 1.0 cannot carry (control characters); validation refuses it long before.
        raise Refusal.because("cda_not_writable", detail=str(error)[:200]) from error


def attachment(composition: Version, children: Sequence[Version] = (), *, arc: str = "") -> Attachment:
    """The document, ready for `records.render.render_entry(version, [attachment])`."""
    return Attachment(CDA_FILE, document(composition, children, arc=arc), "application/xml", "Alternative",
                      "HL7 CDA R2")


def _entry(body: Element, version: Version, anchor: str, arc: str, *, alone: bool) -> None:
    """One entry's sections: at the top when it is alone, else below a section that names its kind and author."""
    kind = forms.form(version.form.code, version.form.edition).kind(version.form.kind)
    parent, coder = body, Coder(version, arc)
    if not alone:
        parent = node(node(body, "component"), "section")
        node(parent, "id", root=str(version.entry), extension=str(version.version))
        node(parent, "title", kind.name)
        node(node(parent, "text"), "paragraph", f"{version.author.full_name}, {version.author.title}")
        write_author(parent, version, arc)
    for section in kind.sections:
        part = node(node(parent, "component"), "section")
        node(part, "id", root=derived(version, "section", section.key))
        if section.code:
            loinc(part, "code", section.code)
        node(part, "title", f"{section.number}. {section.title}" if section.number else section.title)
        place = f"{anchor}-{section.key}"
        write_text(part, section, version.values, place)
        coder.write(part, section, place)
