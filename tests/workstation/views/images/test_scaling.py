"""Screens at 125 % and 150 %: pixels stay pixels, measures stay true, no tool is cut off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("factor", ["1.25", "1.5"])
def test_a_scaled_screen_shows_the_same_pixels_and_measures_the_same(factor: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.workstation.views.images.scaled"], capture_output=True, text=True, check=True,
        timeout=120, cwd=ROOT, env={**os.environ, "QT_SCALE_FACTOR": factor, "QT_QPA_PLATFORM": "offscreen"})
    told = json.loads(run.stdout)
    assert told["ratio"] == float(factor)
    for looked in ("fitted", "one_to_one"):
        wrong, compared, greys = told[looked]
        assert compared > 2000
        assert greys > 1
        assert wrong == 0
    assert told["scale"] == pytest.approx(1.0)
    assert told["pixels"] == pytest.approx(40 * float(factor))
    assert told["mm"] == pytest.approx(0.7 * told["pixels"])
    assert set(told["bar"].values()) == {0}
