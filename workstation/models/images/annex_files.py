"""What the files beside a study's pictures hold, read in the background: whose it is, since when, of which frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from pydicom.dataset import Dataset

from imaging.attributes import text
from imaging.image import Image, open_image
from imaging.objects.key_objects import KeyObjects, read_key_objects
from imaging.objects.kinds import Kind, kind_of
from imaging.objects.presentation import Presentation, read_presentation
from imaging.objects.report import moment, person
from imaging.sources import InMemory
from records.errors import Refusal
from workstation.models.images.annexes import MOST, Annex


def opened(file: bytes) -> Image | None:
    """None where it is broken: its own series in the strip says why."""
    try:
        return open_image(InMemory(file))
    except Refusal:
        return None


def read(images: Iterable[Image | None]) -> Iterator[Annex]:
    """What they hold; other kinds of files are passed over."""
    for image in islice(images, MOST):
        if image is not None and (holds := _holds(image)) is not None:
            whose, when = _whose(image.dataset, holds), _when(image.dataset)
            yield Annex(image.identity.instance_uid, holds, whose, moment(when), when)


def _holds(image: Image) -> Presentation | KeyObjects | None:
    kind = kind_of(image.dataset)
    try:
        if kind is Kind.PRESENTATION:
            return read_presentation(image.dataset)
        return read_key_objects(image.dataset) if kind is Kind.KEY_OBJECTS else None
    except Refusal:
        return None


def _whose(dataset: Dataset, holds: Presentation | KeyObjects) -> str:
    """The person who made it, else the device."""
    who = holds.creator if isinstance(holds, Presentation) else holds.observer
    if who := person(who):
        return who
    device = text(dataset, "StationName") or " ".join(dict.fromkeys(filter(None, (
        text(dataset, "Manufacturer"), text(dataset, "ManufacturerModelName")))))
    return f"máy {device}" if device else ""


def _when(dataset: Dataset) -> str:
    for kind in ("PresentationCreation", "Content", "InstanceCreation"):
        if day := text(dataset, f"{kind}Date"):
            return day + text(dataset, f"{kind}Time")
    return ""
