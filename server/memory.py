"""What the programs of the server ask of Python's collector of unreachable objects."""

from __future__ import annotations

import gc


def settle() -> None:
    """Let the collector pass over what lives as long as the program, and come by less often.

    Judging and drawing make thousands of short-lived objects a file; at Python's usual pace the collector takes a
    fifth of that time (measured on `records.pades.judge`: 20 ms with, 15 ms without). pynetdicom has it look at
    everything each half minute, a tenth of a second in which no image is received.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
