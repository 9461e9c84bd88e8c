"""The demo's pictures are good DICOM files: an outside judge finds no error in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from server.demo.pictures import Who, ordered, studies
from tests.imaging.dciodvfy import errors_in
from tests.imaging.samples import written


def test_dciodvfy_finds_no_error_in_the_ct_and_the_x_ray(tmp_path: Path) -> None:
    who, now = Who("0001", "Nguyễn^Thị Ánh", "1959-03-12", "2"), datetime(2026, 11, 26, tzinfo=UTC)
    slice_, x_ray = next(studies(who, now))[0], ordered(who, now, study="1.2.3", accession="26")
    for one in (slice_, x_ray):
        assert errors_in(written(one), tmp_path) == []
