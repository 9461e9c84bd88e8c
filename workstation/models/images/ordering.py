"""Which place each frame of a series has: by position in the patient, else by the device's own numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from imaging.geometry import Plane, plane_of
from imaging.image import Image
from imaging.stacks import Slice, stacks
from records.errors import Reason
from workstation.models.images.instances import Instance
from workstation.models.images.stack import Spot


@dataclass(frozen=True, eq=False)
class Place:
    """A frame before its pixels are here; `why_not` where it is known that none will come."""

    spot: Spot
    instance: Instance
    plane: Plane | None = None
    number: int | None = None
    why_not: Reason | None = None


@dataclass(frozen=True, eq=False)
class Arranged:
    """All places of a series in order. Each of `parts` is a stretch of parallel planes, the largest first."""

    places: tuple[Place, ...]
    parts: tuple[range, ...]


def places_of(instance: Instance, image: Image) -> list[Place]:
    """All frames of a file whose header is known; a file without picture has one place that says why."""
    number = image.identity.instance_number
    if image.why_not is not None:
        return [Place(instance.spot(1), instance, number=number, why_not=image.why_not)]
    return [Place(instance.spot(frame), instance, plane_of(image.dataset, image.groups, frame), number)
            for frame in range(1, image.format.frames + 1)]


def arranged(places: Sequence[Place]) -> Arranged:
    """Places with a position by their planes, the others after them by instance number and frame.

    A part runs the way in which the device numbered it.
    """
    numbered = sorted(places, key=lambda one: (
        one.number is None, one.number or 0, one.spot.sop_instance_uid, one.spot.frame))
    placed = [Slice(str(rank), one.plane, rank) for rank, one in enumerate(numbered) if one.plane is not None]
    groups = [_as_numbered(group) for group in stacks(placed)]
    others = [rank for rank, one in enumerate(numbered) if one.plane is None]
    groups += [others] if others else []
    parts, start = [], 0
    for group in groups:
        parts.append(range(start, start + len(group)))
        start += len(group)
    return Arranged(tuple(numbered[rank] for group in groups for rank in group), tuple(parts))


def _as_numbered(group: list[Slice]) -> list[int]:
    """Turned round when the device counted the other way; what stands at one position stays in its order."""
    middle = (len(group) - 1) / 2
    if sum((place - middle) * one.order for place, one in enumerate(group)) < 0:
        normal = group[0].plane.normal
        group = sorted(group, key=lambda one: (-round(float(one.plane.position @ normal), 3), one.order))
    return [int(one.key) for one in group]
