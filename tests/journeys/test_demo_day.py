"""The demo day, as `make demo` plays it: every step comes through, is photographed, and what was signed is good."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.conftest import Town

pytestmark = pytest.mark.xdist_group("journeys")
ROOT = Path(__file__).parents[2]
STEPS = ("dang-nhap", "bang-khoa", "to-dieu-tri", "ky-to-dieu-tri", "to-dieu-tri-da-ky", "giai-thich-chu-ky",
         "dinh-chinh", "da-dinh-chinh", "chi-dinh-da-chup", "anh-vua-chup", "bang-chu-ky", "bang-chu-ky-dem",
         "da-ky-hom-nay", "da-ky-hom-nay-dem", "phieu-cham-soc", "phieu-cham-soc-da-ky", "bang-chung-lau-dai",
         "ky-tu-xa", "cho-dien-thoai", "ky-tu-xa-xong")


def test_the_day_is_played_photographed_and_signed(town: Town, tmp_path: Path) -> None:
    played = subprocess.run(
        [sys.executable, "-m", "scripts.demo_day", "--home", str(town.home.folder), "--out", str(tmp_path)], cwd=ROOT,
        capture_output=True, text=True, check=False, timeout=300, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    assert played.returncode == 0, played.stdout + played.stderr
    assert "device DEMO: MPPS: completed" in played.stdout, "the X-ray room took what was ordered"
    pictures = {picture.stem.split("-", 1)[1] for picture in tmp_path.glob("*.png")}
    assert set(STEPS) <= pictures
    files = sorted(tmp_path.glob("*.pdf"))
    assert [file.name.rsplit("-", 1)[0] for file in files] == ["36-BV2-row-v1", "36-BV2-row-v2", "38-BV2-column-v1"]
    checked = town.benhan_server("check", "--trust", town.home.trust, *files)
    assert checked.returncode == 0, checked.stdout
