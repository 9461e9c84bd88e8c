"""A picture as a JPEG file (baseline, 8-bit grey or RGB): for people who look without a DICOM viewer."""

from __future__ import annotations

import imagecodecs
import numpy as np
from numpy.typing import NDArray

QUALITY = 90


def jpeg(picture: NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """The file's bytes; nothing but pixels is in it."""
    return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(picture), level=quality))
