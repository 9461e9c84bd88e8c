"""The demo's pictures are good DICOM files: an outside judge finds no error in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from server.demo.pictures import SIDE, Who, _ct, _xray
from tests.imaging.dciodvfy import errors_in
from tests.imaging.samples import written


def test_dciodvfy_finds_no_error_in_the_ct_and_the_x_ray(tmp_path: Path) -> None:
    who, now = Who("0001", "Nguyễn^Thị Ánh", "1959-03-12", "2"), datetime(2026, 11, 26, tzinfo=UTC)
    volume = [np.full((SIDE, SIDE), level, np.float32) for level in (-1024, 40)]  # their chest takes seconds to draw
    for one in (_ct(who, now, volume)[0], _xray(who, now, volume)):
        assert errors_in(written(one), tmp_path) == []
