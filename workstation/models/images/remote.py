"""Images from the server: small ones whole, those of many frames frame by frame."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian
from PyQt6.QtCore import QObject

from imaging.attributes import text
from imaging.encoded import Encoded
from imaging.geometry import Plane, Spacing, plane_at, spacing_of
from imaging.groups import Groups
from imaging.header import PIXELS, Header, PixelElement
from imaging.identity import identity_of
from imaging.image import Decoder, Image, open_image
from imaging.sources import LIMITS, MIB, InMemory
from records.errors import Reason, Refusal
from workstation.background import Background
from workstation.client.dicomweb import Attributes, FrameBytes, ImageRoutes
from workstation.models.images.instances import GONE, Instance, loaded_from
from workstation.models.images.loading import Loader
from workstation.models.images.ordering import Arranged, Place, arranged, places_of
from workstation.models.images.pixel_memory import EncodedMemory, size_of
from workstation.models.images.series import SeriesShelf
from workstation.models.images.stack import Loaded, Spot

_AT_ONCE = 8
_AT_ONCE_BYTES = 16 * MIB
_SPACED = ("Modality", "PixelSpacing", "ImagerPixelSpacing", "PixelSpacingCalibrationType",
           "NominalScannedPixelSpacing", "EstimatedRadiographicMagnificationFactor")


class RemoteInstance(Instance):
    """An instance of the server. `kept` is where frames are kept as they came, when not all fit decoded."""

    kept: EncodedMemory | None = None

    def __init__(self, client: ImageRoutes, spot: Spot, expected_bytes: int) -> None:
        super().__init__(spot, expected_bytes)
        self.client = self.line = client

    def at_hand(self, number: int) -> bool:
        """Kept as it came."""
        return self.kept is not None and self.kept.get(self.spot(number)) is not None

    def keep(self, spot: Spot, data: bytes, decoded: int) -> None:
        """For the next time, when it is worth it."""
        if self.kept is not None:
            self.kept.put(spot, data, decoded)


class WholeFile(RemoteInstance):
    """A file of one frame, fetched whole by one request; nothing of it stays but what was decoded."""

    def read(self, numbers: Sequence[int], decoder: Decoder, given_up: threading.Event) -> Iterator[Loaded]:
        """From the server."""
        spot = self.first
        file = self.kept.get(spot) if self.kept is not None else None
        if file is None:
            file = self.client.image_file(spot.study_uid, spot.series_uid, spot.sop_instance_uid, given_up.is_set)
        loaded = loaded_from(open_image(InMemory(file)), spot, decoder)
        self.keep(spot, file, size_of(loaded))
        yield loaded


class FrameByFrame(RemoteInstance):
    """A file of many frames, whose header came as metadata; a few frames for each request."""

    def __init__(self, client: ImageRoutes, spot: Spot, image: Image) -> None:
        super().__init__(client, spot, image.format.decoded_bytes if image.why_not is None else 0)
        self._image = image
        self.together = max(1, min(_AT_ONCE, _AT_ONCE_BYTES // max(1, self.expected_bytes)))

    def read(self, numbers: Sequence[int], decoder: Decoder, given_up: threading.Event) -> Iterator[Loaded]:
        """From what was kept, else from the server."""
        syntax = self._image.header.transfer_syntax
        missing: list[int] = []
        for number in numbers:
            if self.kept is not None and (data := self.kept.get(self.spot(number))) is not None:
                yield self._made(FrameBytes(number, data, syntax), decoder)
            else:
                missing.append(number)
        if not missing or given_up.is_set():
            return
        spot = self.first
        for one in self.client.image_frames(spot.study_uid, spot.series_uid, spot.sop_instance_uid, missing,
                                            given_up.is_set):
            loaded = self._made(one, decoder)
            if one.transfer_syntax == syntax:
                self.keep(loaded.spot, one.data, size_of(loaded))
            yield loaded

    def _made(self, came: FrameBytes, decoder: Decoder) -> Loaded:
        image, number = self._image, came.number
        samples, photometric = decoder(encoded_of(image, came))
        return Loaded(self.spot(number), image, image.made(number, samples, photometric), image.grey(number))


def image_of(dataset: Dataset) -> Image:
    """An image whose pixels are elsewhere, from the metadata that DICOMweb gives."""
    syntax = UID(text(dataset, "AvailableTransferSyntaxUID") or ExplicitVRLittleEndian)
    if syntax == ExplicitVRBigEndian:  # its frames come in little endian
        syntax = ExplicitVRLittleEndian
    pixels = PixelElement(PIXELS, "OW", 0, None) if text(dataset, "Rows") else None
    return Image(Header(dataset, syntax, GONE, pixels), LIMITS, identity_of(dataset))


def encoded_of(image: Image, came: FrameBytes) -> Encoded:
    """A frame as it came, for the decoder. What the server had to decode comes in whole bytes, sample by sample."""
    form, compressed = image.format, UID(came.transfer_syntax).is_compressed
    if not compressed and (image.header.transfer_syntax.is_compressed or form.allocated == 1):
        form = replace(form, planar=False, allocated=max(8, form.allocated))
    if not compressed and len(came.data) * 8 < form.native_bits:
        raise Refusal.because("image_frame_cut", number=came.number)
    return Encoded(came.data, came.transfer_syntax, form, compressed)


class RemoteImages(SeriesShelf):
    """The series of the server."""

    def __init__(self, client: ImageRoutes, loader: Loader, background: Background,
                 parent: QObject | None = None) -> None:
        super().__init__(loader, background, parent)
        self._client = client
        loader.warm()
        threading.Thread(target=client.warm_images, name="images-courier", daemon=True).start()

    def find(self, study: str, series: str) -> Arranged:
        """Put in order by what the server tells of every image, before one of them is fetched."""
        listed = self._client.image_list(study, series)
        if not listed:
            raise Refusal.because("thing_unknown", "series")
        places = [place for one in listed for place in self._places(study, series, one)]
        memory = self._loader.memory
        if sum(place.instance.expected_bytes for place in places) > memory.bound:
            for place in places:
                if isinstance(place.instance, RemoteInstance):
                    place.instance.kept = memory.encoded
        return arranged(places)

    def _places(self, study: str, series: str, one: Attributes) -> list[Place]:
        spot, frames = Spot(study, series, one.text("SOPInstanceUID")), one.integer("NumberOfFrames") or 1
        if frames > 1:
            image = image_of(self._client.image_header(study, series, spot.sop_instance_uid))
            return places_of(FrameByFrame(self._client, spot, image), image)
        instance = WholeFile(self._client, spot, _frame_bytes(one))
        why_not = None if one.integer("Rows") else Reason(
            "image_has_no_pixels", facts={"kind": one.text("Modality") or "?"})
        return [Place(spot, instance, _plane(one), one.integer("InstanceNumber"), why_not)]


def _frame_bytes(one: Attributes) -> int:
    """What the frame takes when it is decoded."""
    rows, columns, samples, bits = (one.integer(name) or least for name, least in (
        ("Rows", 0), ("Columns", 0), ("SamplesPerPixel", 1), ("BitsAllocated", 16)))
    return rows * columns * samples * max(1, bits // 8)


def _plane(one: Attributes) -> Plane | None:
    """By the header's own rules: a list is put in order a hundred times faster than by opening its headers."""
    said = tuple((keyword, tuple(one.values(keyword))) for keyword in _SPACED)
    return plane_at(one.numbers("ImagePositionPatient"), one.numbers("ImageOrientationPatient"), _spacing(said),
                    one.text("FrameOfReferenceUID"))


@lru_cache(maxsize=64)
def _spacing(said: tuple[tuple[str, tuple[Any, ...]], ...]) -> Spacing:
    told = Dataset()
    told.ImagePositionPatient = [0, 0, 0]  # which of them does not matter
    for keyword, values in said:
        if values:
            setattr(told, keyword, values[0] if len(values) == 1 else list(values))
    return spacing_of(told, Groups(None, ()), 1)
