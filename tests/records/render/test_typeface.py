"""Fonts are read once a process, also when the first pages are drawn by several threads at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from records.render import render_entry, typeface
from tests.records import factories

THREADS = 6


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a process is that has drawn nothing yet; its threads take turns as often as they can."""
    monkeypatch.setattr(typeface, "_fonts", {})
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("cold")
def test_threads_that_come_first_get_one_font() -> None:
    together = Barrier(THREADS)

    def first(_: int) -> int:
        together.wait(10)
        return id(typeface.font("Bold"))

    with ThreadPoolExecutor(THREADS) as pool:
        assert len(set(pool.map(first, range(THREADS)))) == 1


@pytest.mark.usefixtures("cold")
def test_threads_that_draw_first_draw_the_same_page() -> None:
    version, together = factories.version(), Barrier(THREADS)

    def draw(_: int) -> bytes:
        together.wait(10)
        return render_entry(version)

    with ThreadPoolExecutor(THREADS) as pool:
        drawn = set(pool.map(draw, range(THREADS)))
    assert drawn == {render_entry(version)}
