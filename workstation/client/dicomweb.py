"""Images from the server by DICOMweb (PS3.18): lists, headers, whole files, single frames."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import SchemaValidator, ValidationError, core_schema
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from records.errors import BenhAnError, Trouble
from workstation.client.asking import Asking

_log = logging.getLogger(__name__)
ROOT = "/dicomweb"
_FILES = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_FRAMES = 'multipart/related; type="application/octet-stream"; transfer-syntax=*, multipart/related; type="image/*"'
_PIXELS = ("7FE00008", "7FE00009", "7FE00010")
LISTED = (
    "AvailableTransferSyntaxUID", "SOPInstanceUID", "Modality", "InstanceNumber", "NumberOfFrames", "Rows", "Columns",
    "SamplesPerPixel", "BitsAllocated", "ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID",
    "PixelSpacing", "ImagerPixelSpacing", "PixelSpacingCalibrationType", "NominalScannedPixelSpacing",
    "EstimatedRadiographicMagnificationFactor")


@cache
def _tag(keyword: str) -> str:
    return f"{tag_for_keyword(keyword):08X}"


# Only what is listed becomes objects of the interpreter: eight times quicker for a long series, and the window waits
# for none of it.
_LIST = SchemaValidator(core_schema.list_schema(core_schema.typed_dict_schema(
    {_tag(keyword): core_schema.typed_dict_field(core_schema.any_schema(), required=False) for keyword in LISTED},
    extra_behavior="ignore")))
_KEPT = tuple(map(_tag, LISTED))
_WHOLE = SchemaValidator(core_schema.list_schema(core_schema.dict_schema()))
GivenUp = Callable[[], bool]


@dataclass(frozen=True)
class Attributes:
    """What one image says of itself (`LISTED`), in DICOM's JSON; what is not there or malformed is empty."""

    told: Mapping[str, Any]

    def values(self, keyword: str) -> list[Any]:
        """All values of an attribute."""
        element = self.told.get(_tag(keyword))
        values = element.get("Value") if isinstance(element, dict) else None
        return [value for value in values if value is not None] if isinstance(values, list) else []

    def text(self, keyword: str) -> str:
        """The first value as text."""
        return next((str(value) for value in self.values(keyword)), "")

    def integer(self, keyword: str) -> int | None:
        """The first value as a whole number."""
        found = self.numbers(keyword)
        return int(found[0]) if found else None

    def numbers(self, keyword: str) -> list[float]:
        """All values as numbers; none when one of them is none."""
        try:
            return [float(value) for value in self.values(keyword)]
        except (TypeError, ValueError):
            return []


@dataclass(frozen=True)
class FrameBytes:
    """One frame as it came."""

    number: int
    data: bytes
    transfer_syntax: str


class ImageRoutes(Asking):
    """Reading images; `given_up` is asked while a long answer comes: True ends it."""

    def warm_images(self) -> None:
        """Somebody is about to look at images: have ready what fetches them."""
        self.door.warm()

    def image_list(self, study: str, series: str) -> tuple[Attributes, ...]:
        """What must be known of the images of a series to put them in order (`LISTED`)."""
        texts = self.door.read_list(f"{_series(study, series)}/metadata", _KEPT)
        return tuple(Attributes(one) for text in texts for one in _read(_LIST, text))

    def image_header(self, study: str, series: str, uid: str) -> Dataset:
        """All attributes but the pixels, as a data set; long values are fetched."""
        items = _read(_WHOLE, self.door.ask("GET", f"{_image(study, series, uid)}/metadata").body)
        if not items:
            raise Trouble.because("answer_unreadable", "metadata", detail="nothing")
        return header_of(items[0], self._bulk)

    def image_file(self, study: str, series: str, uid: str, given_up: GivenUp | None = None) -> bytes:
        """A whole file, as its sender sent it."""
        kind, body = self.door.read(_image(study, series, uid), accept=_FILES, given_up=given_up)
        return next((data for _, data in parts_of(body, kind)), b"")

    def image_frames(self, study: str, series: str, uid: str, numbers: Sequence[int],
                     given_up: GivenUp | None = None) -> tuple[FrameBytes, ...]:
        """Frames (from 1) as they lie in the file, or decoded where they cannot be told apart otherwise."""
        path = f"{_image(study, series, uid)}/frames/{','.join(map(str, numbers))}"
        kind, body = self.door.read(path, accept=_FRAMES, given_up=given_up)
        parts = list(parts_of(body, kind))
        if len(parts) != len(numbers):
            raise Trouble.because("answer_unreadable", "frames", detail=f"{len(parts)} of {len(numbers)}")
        return tuple(FrameBytes(number, data, _syntax(content))
                     for number, (content, data) in zip(numbers, parts, strict=True))

    def _bulk(self, uri: str) -> bytes:
        """A long value. Only the path of its address counts: bytes come from our server and from nowhere else."""
        _, found, path = urlsplit(uri).path.partition(ROOT)
        if not found:
            return b""
        kind, body = self.door.read(ROOT + path, accept='multipart/related; type="application/octet-stream"')
        return next((data for _, data in parts_of(body, kind)), b"")


def header_of(told: Mapping[str, Any], bulk: Callable[[str], bytes]) -> Dataset:
    """All attributes but the pixels from DICOM's JSON. One that cannot be read is left out, as of a damaged file:
    the others say what can be shown, or why nothing can. `bulk` gives the bytes behind an address.
    """
    header = Dataset()
    for tag, element in told.items():
        if tag in _PIXELS:
            continue
        try:
            header.update(Dataset.from_json({tag: element}, lambda _tag, _vr, uri: bulk(uri)))
        except BenhAnError:
            raise
        except Exception as error:
            # pydicom raises whatever a broken value leads to.
            _log.debug("The attribute %s of an image was left out: %s", tag, error)
    return header


def parts_of(body: bytes, content_type: str) -> Iterator[tuple[str, bytes]]:
    """Content type and bytes of each part of a multipart/related message (RFC 2387)."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/related" or not isinstance(boundary, str):
        raise Trouble.because("answer_unreadable", "multipart", detail=content_type)
    line = b"--" + boundary.encode()
    at = body.find(line)
    while at >= 0 and body[at + len(line):at + len(line) + 2] != b"--":
        start = body.find(b"\r\n\r\n", at)
        if start < 0:
            raise Trouble.because("answer_unreadable", "multipart", detail="a part without an end of its headers")
        told = Message()
        for one in body[at + len(line):start].decode("latin-1").strip().split("\r\n"):
            name, _, value = one.partition(":")
            told[name.strip()] = value.strip()
        # A length that is told spares the search through megabytes of pixels.
        end = start + 4 + int(length) if (length := told["Content-Length"] or "").isdigit() else -1
        if end < 0 or body[end:end + 2 + len(line)] != b"\r\n" + line:
            end = body.find(b"\r\n" + line, start + 4)
        if end < 0:
            raise Trouble.because("answer_unreadable", "multipart", detail="a part without an end")
        yield told["Content-Type"] or "", body[start + 4:end]
        at = end + 2


def _syntax(content_type: str) -> str:
    header = Message()
    header["Content-Type"] = content_type
    return str(header.get_param("transfer-syntax") or ExplicitVRLittleEndian)


def _read(schema: SchemaValidator, body: bytes) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = schema.validate_json(body or b"[]")
    except ValidationError as error:
        raise Trouble.because("answer_unreadable", "metadata", detail=str(error.errors()[0]["msg"])) from error
    return found


def _series(study: str, series: str) -> str:
    return f"{ROOT}/studies/{study}/series/{series}"


def _image(study: str, series: str, uid: str) -> str:
    return f"{_series(study, series)}/instances/{uid}"
