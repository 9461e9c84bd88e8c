"""The bytes that are signed: stable, RFC 8785, refused when they are not exactly canonical."""

import hashlib
import json
import unicodedata
from pathlib import Path

import pytest

from records import canonical
from records.entries import Correction
from records.errors import Refusal
from tests.records import factories as make

VECTORS = Path(__file__).parents[1] / "vectors" / "canonical"


def test_the_frozen_vector_has_not_moved() -> None:
    data = (VECTORS / "treatment-row.json").read_bytes()
    assert canonical.encode(make.version()) == data
    assert hashlib.sha256(data).hexdigest() == (VECTORS / "treatment-row.sha256").read_text().strip()


def test_what_is_encoded_decodes_to_the_same_version() -> None:
    version = make.version(correction=Correction(reason="nhầm bên", of_version=1, of_sha256="0" * 64))
    assert canonical.decode(canonical.encode(version)) == version


def test_decomposed_letters_become_composed() -> None:
    decomposed = make.version(values={"plan": unicodedata.normalize("NFD", "Tiếp tục điều trị")})
    assert canonical.encode(decomposed) == canonical.encode(make.version(values={"plan": "Tiếp tục điều trị"}))


@pytest.mark.parametrize("spoil", [
    lambda data: data + b" ",
    lambda data: b" " + data,
    lambda data: json.dumps(json.loads(data)).encode(),
    lambda data: data.replace("Tiếp".encode(), unicodedata.normalize("NFD", "Tiếp").encode()),
])
def test_bytes_that_are_not_canonical_are_refused(spoil: object) -> None:
    assert callable(spoil)
    with pytest.raises(Refusal) as refused:
        canonical.decode(spoil(canonical.encode(make.version())))
    assert refused.value.reasons[0].code == "version_not_canonical"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"version": 1}', b"1" * 5000])
def test_bytes_that_are_no_version_are_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        canonical.decode(data)
    assert refused.value.reasons[0].code == "version_unreadable"


def test_a_binary_fraction_never_enters_what_is_signed() -> None:
    with pytest.raises(TypeError):
        canonical.encode(make.version(values={"temperature": 38.2}))
