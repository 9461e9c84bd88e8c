"""An encapsulated document (PS3.3 A.45): the PDF taken out of its file, within bounds."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from imaging.attributes import integer, item, raw, text
from imaging.objects.kinds import is_pdf
from imaging.sources import MIB
from records.errors import Refusal

MOST_BYTES = 64 * MIB


@dataclass(frozen=True, eq=False)
class Document:
    """A PDF as it was put in, and its title."""

    title: str
    pdf: bytes


def read_document(dataset: Dataset, most: int = MOST_BYTES) -> Document:
    """Refuses what is no PDF, has none, or is too large."""
    data = raw(dataset, "EncapsulatedDocument")
    if not is_pdf(dataset):
        kind = text(dataset, "MIMETypeOfEncapsulatedDocument") or text(dataset, "SOPClassUID")
        raise Refusal.because("document_not_pdf", kind=kind[:64] or "?")
    if not isinstance(data, bytes):
        raise Refusal.because("document_broken")
    length = integer(dataset, "EncapsulatedDocumentLength")
    if len(data) > most:
        raise Refusal.because("document_too_large", size=len(data) // MIB, limit=most // MIB)
    if length is not None and length > len(data):
        raise Refusal.because("document_broken")
    data = data[:length] if length else data.removesuffix(b"\0")
    if b"%PDF-" not in data[:1024]:
        raise Refusal.because("document_broken")
    title = text(dataset, "DocumentTitle") or text(item(dataset, "ConceptNameCodeSequence"), "CodeMeaning")
    return Document(title or text(dataset, "SeriesDescription") or "Tài liệu", data)
