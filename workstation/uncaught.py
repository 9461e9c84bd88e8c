"""What nobody caught, at the top of a program with a window: silence, a refusal told, or a bug told and logged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType

from records.errors import BenhAnError, Cancelled, Refusal

log = logging.getLogger(__name__)
Tell = Callable[[Refusal, str], object]
"""A refusal, and the title that it is told under; empty: the window's own."""


def handle(tell: Tell, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """For `sys.excepthook`; drafts are in the store already."""
    if isinstance(error, Cancelled):
        return
    if isinstance(error, Refusal):
        tell(error, "")
        return
    log.critical("A bug of the program.", exc_info=(kind, error, trace))
    if not isinstance(error, BenhAnError) and not isinstance(error, Exception):
        return
    tell(Refusal.because("program_bug", kind.__name__), "Chương trình gặp lỗi")
