"""Frames on pages of their own (`system.anonymous_memory`), which go back to the system as soon as the frame goes.

An allocator keeps what threads free for the next time: read through, a bound of 400 MB took 470.
"""

from __future__ import annotations

import mmap
from typing import Any

from numpy.typing import NDArray

WORTH = 1 << 17
"""Bytes from which a frame is worth them."""


def lies_on_pages(values: NDArray[Any]) -> bool:
    """Whether an array shows all of such memory, or nearly."""
    base: Any = values
    while base is not None and not isinstance(base, mmap.mmap):
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    return base is not None and len(base) <= values.nbytes + WORTH
