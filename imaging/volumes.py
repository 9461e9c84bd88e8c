"""Slices as one volume, and new slices through it in any direction (multiplanar reformation)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.geometry import Plane, Vector
from records.errors import Reason

EVEN = 0.02
"""Steps from slice to slice may differ by two in a hundred."""


@dataclass(frozen=True, eq=False)
class Volume:
    """Values [slice, row, column]; `first` is the plane of slice 0, `step` leads to the next, gantry tilt included."""

    values: NDArray[Any]
    first: Plane
    step: Vector

    @property
    def step_mm(self) -> float:
        """From slice to slice, along the normal."""
        return float(self.step @ self.first.normal)

    def place(self, index: Vector) -> Vector:
        """(slice, row, column), counted from the middles of voxels, in the patient."""
        first = self.first
        placed: Vector = first.position + index[0] * self.step + index[1] * first.y_mm * first.down + (
            index[2] * first.x_mm * first.across)
        return placed

    @property
    def to_index(self) -> NDArray[np.float64]:
        """The matrix that takes (place - position) to (slice, row, column)."""
        first = self.first
        edges: NDArray[Any] = np.stack([self.step, first.down * first.y_mm, first.across * first.x_mm], axis=1)
        return np.linalg.inv(edges).astype(np.float64)


def volume_of(values: Sequence[NDArray[Any]], planes: Sequence[Plane]) -> Volume | Reason:
    """A volume from slices in order, or why they make none: too few, turned, of other sizes, or unevenly spaced."""
    if len(planes) < 3 or len({one.shape for one in values}) != 1:
        return Reason("volume_too_few_slices", facts={"count": len(planes)})
    first = planes[0]
    if any(float(one.normal @ first.normal) < 0.9998 or float(one.across @ first.across) < 0.9998
           or abs(one.x_mm - first.x_mm) > 1e-3 or abs(one.y_mm - first.y_mm) > 1e-3 for one in planes):
        return Reason("volume_slices_turn")
    steps = np.diff(np.stack([one.position for one in planes]), axis=0)
    mean = steps.mean(axis=0)
    along = float(mean @ first.normal)
    if abs(along) < 1e-3 or float(np.abs(steps - mean).max()) > max(EVEN * abs(along), 0.02):
        return Reason("volume_slices_uneven")
    return Volume(np.stack(list(values)), first, mean)


def reslice(volume: Volume, plane: Plane, width: int, height: int, outside: float | None = None) -> NDArray[np.float32]:
    """`height` × `width` values on `plane`, trilinear; what lies outside gets `outside` (None: the volume's least)."""
    values = volume.values
    beyond = float(values.min()) if outside is None else outside
    matrix = volume.to_index
    start = matrix @ (plane.patient((0.5, 0.5)) - volume.first.position)
    right, below = matrix @ (plane.across * plane.x_mm), matrix @ (plane.down * plane.y_mm)
    rows, columns = np.arange(height)[:, None], np.arange(width)[None, :]
    found = [start[axis] + right[axis] * columns + below[axis] * rows for axis in range(3)]
    inside = np.ones((height, width), bool)
    lows, parts = [], []
    for axis, places in enumerate(found):
        inside &= (places >= -0.5) & (places <= values.shape[axis] - 0.5)
        kept = np.clip(places, 0, values.shape[axis] - 1)
        low = np.minimum(np.floor(kept).astype(np.int64), max(0, values.shape[axis] - 2))
        lows.append(low)
        parts.append((kept - low).astype(np.float32))
    return np.where(inside, _blended(values, lows, parts), np.float32(beyond)).astype(np.float32)


def _blended(values: NDArray[Any], lows: list[NDArray[np.int64]], parts: list[NDArray[np.float32]]) -> NDArray[Any]:
    total: NDArray[Any] = np.zeros(lows[0].shape, np.float32)
    for corner in range(8):
        weight: NDArray[Any] = np.ones(lows[0].shape, np.float32)
        places = []
        for axis in range(3):
            up = corner >> axis & 1
            weight = weight * (parts[axis] if up else 1 - parts[axis])
            places.append(np.minimum(lows[axis] + up, values.shape[axis] - 1))
        total += weight * values[tuple(places)]
    return total


_AXES = {"axial": ((1, 0, 0), (0, 1, 0)), "coronal": ((1, 0, 0), (0, 0, -1)), "sagittal": ((0, 1, 0), (0, 0, -1))}


def standard_plane(volume: Volume, name: str, through: Vector) -> tuple[Plane, int, int]:
    """The «axial», «coronal» or «sagittal» plane through a place, as large as the volume, with its width and height.

    As radiologists look: the patient's right on the left of the picture, the head or the front on top.
    """
    across, down = (np.array(direction, float) for direction in _AXES[name])
    normal = np.cross(across, down)
    shape = np.array(volume.values.shape) - 1
    corners = np.array([volume.place(shape * [corner >> axis & 1 for axis in range(3)]) for corner in range(8)])
    fine = min(volume.first.x_mm, volume.first.y_mm, abs(volume.step_mm))
    left, top = (corners @ across).min(), (corners @ down).min()
    width = int(np.ceil(((corners @ across).max() - left) / fine)) + 1
    height = int(np.ceil(((corners @ down).max() - top) / fine)) + 1
    position = across * left + down * top + normal * float(through @ normal)
    return Plane(position, across, down, fine, fine, volume.first.frame_of_reference), width, height
