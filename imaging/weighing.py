"""What reading a header may cost: each part is counted while pydicom's parser takes it, those of sequences as well.

The parser makes an object of some hundred bytes of each element and a larger one of each item, so that a file of some
megabytes could take gigabytes and minutes. What it leaves unparsed, sequences of a known length, it parses when
somebody looks: that is done here, once, where they are long enough to hide much.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.filereader import read_sequence

from imaging.sources import LIMITS, Limits, Parts
from records.errors import Refusal

_SHORT = 1024
"""A sequence of fewer bytes holds neither many items nor many levels."""
_ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")


class Counted(io.BytesIO):
    """Bytes in memory as the file that pydicom's parser reads; each of its reads is a part."""

    def __init__(self, data: bytes, parts: Parts) -> None:
        super().__init__(data)
        self._parts = parts

    def read(self, size: int | None = -1, /) -> bytes:
        """As a file does."""
        self._parts.take(-1 if size is None else size)
        data = super().read(size)
        self._parts.took(data)
        return data


def demand_light(dataset: Dataset, parts: Parts, limits: Limits = LIMITS) -> None:
    """Parse the sequences that were left as bytes; refuses more parts, levels or bytes than a header may have."""
    if not any(map(_may_be_heavy, dataset.values())):
        return
    waiting, left = [(dataset, 0)], limits.nested_bytes
    while waiting:
        data, depth = waiting.pop()
        if depth > limits.depth:
            raise Refusal.because("image_header_too_deep", limit=limits.depth)
        for tag in list(data.keys()):
            element: Any = data.get_item(tag)
            if isinstance(element, RawDataElement):
                if not _holds_items(element):
                    continue
                left -= len(element.value or b"")
                if left < 0:
                    raise Refusal.because("image_header_too_large", limit=limits.nested_bytes // (1 << 20))
                waiting += [(item, depth + 1) for item in _items(data, element, parts)]
            elif element is not None and element.VR == "SQ":
                waiting += [(item, depth + 1) for item in element.value or ()]


def _may_be_heavy(element: Any) -> bool:
    if isinstance(element, RawDataElement):
        return len(element.value or b"") > _SHORT and _holds_items(element)
    return bool(element.VR == "SQ")


def _holds_items(element: RawDataElement) -> bool:
    """Whether the parser could make a sequence of it."""
    begins = (element.value or b"")[:4]
    return bool(begins) and (element.VR == "SQ" or (element.VR in (None, "UN") and begins in _ITEMS))


def _items(data: Dataset, element: RawDataElement, parts: Parts) -> Iterator[Dataset]:
    """The items; where the file itself says that it is a sequence they take the place of its bytes."""
    value = element.value or b""
    encoding = data.original_character_set or "iso8859"
    try:
        found = read_sequence(Counted(value, parts), element.is_implicit_VR, element.is_little_endian, len(value),
                              encoding)
    except (Refusal, MemoryError):
        raise
    except Exception:
        parts.demand()
        return  # whoever looks at it is told so, or finds nothing
    if _is_sequence(element):
        data[element.tag] = DataElement(element.tag, "SQ", found)
    yield from found


def _is_sequence(element: RawDataElement) -> bool:
    if element.VR is None and not element.tag.is_private:
        try:
            return dictionary_VR(element.tag) == "SQ"
        except KeyError:
            return False
    return element.VR == "SQ"
