"""References to images: which instance, which of its frames, and the study and series that it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from pydicom.dataset import Dataset

from imaging.attributes import items, numbers, text

MOST_REFERENCES = 100_000
MOST_FRAMES = 100_000


@dataclass(frozen=True)
class ImageReference:
    """One SOP instance; `frames` (from 1) empty means all of them. Study and series are empty where not told."""

    class_uid: str
    instance_uid: str
    frames: tuple[int, ...] = ()
    series_uid: str = ""
    study_uid: str = ""

    def covers(self, instance_uid: str, frame: int) -> bool:
        """Whether a frame of an instance is meant."""
        return instance_uid == self.instance_uid and (not self.frames or frame in self.frames)


def reference_of(entry: Dataset | None, *, series_uid: str = "", study_uid: str = "") -> ImageReference | None:
    """From an item of a Referenced SOP Sequence or Referenced Image Sequence; None when it names nothing."""
    instance = text(entry, "ReferencedSOPInstanceUID")
    if not instance:
        return None
    frames = numbers(entry, "ReferencedFrameNumber")[:MOST_FRAMES]
    return ImageReference(text(entry, "ReferencedSOPClassUID"), instance,
                          tuple(int(frame) for frame in frames if frame >= 1), series_uid, study_uid)


def of_series(entries: Iterable[Dataset], study_uid: str) -> Iterator[ImageReference]:
    """From a Referenced Series Sequence, whose items hold Referenced Image or SOP Sequences."""
    for series in islice(entries, MOST_REFERENCES):
        uid = text(series, "SeriesInstanceUID")
        for keyword in ("ReferencedImageSequence", "ReferencedSOPSequence"):
            for entry in islice(items(series, keyword), MOST_REFERENCES):
                found = reference_of(entry, series_uid=uid, study_uid=study_uid)
                if found is not None:
                    yield found


def written_reference(reference: ImageReference) -> Dataset:
    """The item of a sequence that names it."""
    entry = Dataset()
    entry.ReferencedSOPClassUID = reference.class_uid
    entry.ReferencedSOPInstanceUID = reference.instance_uid
    if reference.frames:
        entry.ReferencedFrameNumber = list(reference.frames)
    return entry


def by_series(references: Sequence[ImageReference], keyword: str) -> list[Dataset]:
    """Items of a Referenced Series Sequence, each instance once, in the order given."""
    series: dict[str, dict[str, ImageReference]] = {}
    for reference in references:
        known = series.setdefault(reference.series_uid, {})
        before = known.get(reference.instance_uid)
        known[reference.instance_uid] = reference if before is None else replace(before, frames=(
            tuple(dict.fromkeys((*before.frames, *reference.frames))) if before.frames and reference.frames else ()))
    found = []
    for uid, instances in series.items():
        entry = Dataset()
        entry.SeriesInstanceUID = uid
        setattr(entry, keyword, [written_reference(reference) for reference in instances.values()])
        found.append(entry)
    return found
