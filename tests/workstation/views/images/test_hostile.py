"""Broken, cut and forged files in the viewer: each is painted or says why in words; the window stays up."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from PyQt6.QtWidgets import QApplication

from imaging.apart import Apart
from imaging.dicom_json import told_of
from imaging.image import open_image
from imaging.sources import OnDisk
from records.errors import Reason, Refusal
from tests.imaging.test_hostile import demand_a_long_run, demand_a_sample
from tests.workstation.models.images.stacks import HeldStack
from workstation.client.dicomweb import header_of
from workstation.models.images.local import arranged_files, read_files, studies_of
from workstation.models.images.marks import Marks
from workstation.models.images.ordering import Place, places_of
from workstation.models.images.remote import FrameByFrame, image_of
from workstation.models.images.stack import Loaded, Spot
from workstation.views import style
from workstation.views.images.viewport import Viewport

HERE = "tests.workstation.views.images.test_hostile:read_in_the_viewer"
MOST = 3
"""Frames of one file that are painted."""


@cache
def viewport() -> tuple[QApplication, Viewport]:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    program = QApplication([])
    style.apply(program, "day")
    made = Viewport(Marks())
    made.resize(200, 150)
    return program, made


def read_in_the_viewer(data: bytes, decoder: Apart) -> str:
    """As a disc's file is listed, put in order, read and painted; and its header as it would come from the server."""
    program, view = viewport()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.dcm"
        path.write_bytes(data)
        found = read_files([path])
        assert all(reason.vietnamese for _, reason in found.unreadable)
        if not found.files:
            return "refused"
        assert studies_of(found.files)[0].instances == 1
        places = arranged_files(found.files).places[:MOST]
        came = [_came(place, decoder) for place in places]
        view.show_stack(HeldStack(came))
        for number in range(len(came)):
            view.scroll_to(number)
            view.grab()
        program.processEvents()
        _from_the_server(path)
    return "shown" if any(isinstance(one, Loaded) for one in came) else "refused"


def _came(place: Place, decoder: Apart) -> Loaded | Reason:
    if place.why_not is not None:
        assert place.why_not.vietnamese
        return place.why_not
    try:
        [one] = place.instance.read([place.spot.frame], decoder, threading.Event())
    except Refusal as refused:
        if not refused.reasons[0].vietnamese:
            raise
        return refused.reasons[0]
    return one


def _from_the_server(path: Path) -> None:
    """The same header by way of DICOM's JSON, for files of many frames."""
    read = open_image(OnDisk(path))
    told = json.loads(json.dumps(told_of(read.dataset, "bulkdata/{}".format)))
    image = image_of(header_of(told, lambda _uri: b""))
    if image.why_not is None:
        places_of(FrameByFrame(None, Spot("1", "2", "3"), image), image)  # type: ignore[arg-type] # nothing is fetched


def test_broken_files_are_painted_or_say_why() -> None:
    demand_a_sample(HERE)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(1000, 3000, 250))
def test_two_thousand_broken_files_in_the_viewer(first: int, record_property: Callable[[str, object], None]) -> None:
    demand_a_long_run(first, HERE, record_property)


def test_an_attribute_that_cannot_be_read_is_left_out_of_a_header() -> None:
    header = header_of({"00280010": {"vr": "US", "Value": [64]}, "00280008": {"vr": "IS", "Value": ["x"]},
                        "7FE00010": {"vr": "OW", "BulkDataURI": "frames/1"},
                        "00420011": {"vr": "OB", "BulkDataURI": "bulkdata/00420011"}}, str.encode)
    assert (header.Rows, header.EncapsulatedDocument) == (64, b"bulkdata/00420011")
    assert "NumberOfFrames" not in header
    assert "PixelData" not in header
