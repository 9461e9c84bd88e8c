"""Encapsulated PDFs: taken out byte for byte; what is none, is cut or too large says so."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom import uid
from pydicom.dataset import Dataset

from imaging.objects.document import read_document
from imaging.objects.kinds import Kind, kind_of
from records.errors import Refusal
from tests.imaging.objects.test_waveform import recording
from tests.imaging.samples import opened

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n%%EOF\n"


def encapsulated(pdf: bytes = PDF, **attributes: Any) -> Dataset:
    made = recording(
        **{
            "SOPClassUID": uid.EncapsulatedPDFStorage,
            "Modality": "DOC",
            "DocumentTitle": "Phiếu siêu âm",
            "MIMETypeOfEncapsulatedDocument": "application/pdf",
            "EncapsulatedDocument": pdf + bytes(len(pdf) % 2),
            **attributes,
        }
    )
    del made.WaveformSequence
    made.file_meta.MediaStorageSOPClassUID = made.SOPClassUID
    return made


@pytest.mark.parametrize("extra", [{}, {"EncapsulatedDocumentLength": len(PDF)}])
@pytest.mark.parametrize("tail", [b"", b"x"])
def test_the_pdf_comes_out_as_it_went_in(extra: dict[str, Any], tail: bytes) -> None:
    pdf = PDF + tail if not extra else PDF
    image = opened(encapsulated(pdf, **extra))
    assert kind_of(image.dataset) is Kind.DOCUMENT
    found = read_document(image.dataset)
    assert (found.title, found.pdf) == ("Phiếu siêu âm", pdf)


@pytest.mark.parametrize(
    ("dataset", "reason"),
    [
        (
            encapsulated(SOPClassUID=uid.EncapsulatedCDAStorage, MIMETypeOfEncapsulatedDocument="text/XML"),
            "document_not_pdf",
        ),
        (encapsulated(b"no such thing"), "document_broken"),
        (encapsulated(EncapsulatedDocumentLength=5000), "document_broken"),
    ],
)
def test_what_is_no_pdf_says_so(dataset: Dataset, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_document(opened(dataset).dataset)
    assert refused.value.reasons[0].code == reason
    assert refused.value.reasons[0].vietnamese


def test_a_pdf_past_the_limit_is_not_taken() -> None:
    with pytest.raises(Refusal, match="limit is 0"):
        read_document(opened(encapsulated()).dataset, most=20)
