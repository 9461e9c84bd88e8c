"""Pictures of a series, of a study, and the small one that stands for them (PS3.18 10.4.1.1.3, 10.4.1.1.4)."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import httpx
import imagecodecs
import numpy as np
import pytest
from PIL import Image as Picture
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless, KeyObjectSelectionDocumentStorage
from sqlalchemy import text

from server.api import dicomweb_pictures
from server.cli import main
from server.services import image_pictures
from server.services.image_receiving import receive
from server.store import base
from tests.server.api.test_dicomweb import FIRST, IMAGE, MINE, SERIES, STUDY, viewer
from tests.server.house import House, reasons
from tests.server.pictures import a_slice, as_file, uid

STUDY_AT, SERIES_AT = f"/dicomweb/studies/{STUDY}", f"/dicomweb/studies/{STUDY}/series/{SERIES}"
PNG = {"Accept": "image/png"}
NOISE = np.random.default_rng(5)


def frames_of(*seeds: int, **changes: Any) -> Dataset:
    """An image of frames that look like nothing else, in JPEG-LS."""
    planes = [np.random.default_rng(seed).integers(0, 4096, (48, 80), np.uint16) for seed in seeds]
    data = a_slice(**{**MINE, "Rows": 48, "Columns": 80, "NumberOfFrames": len(seeds), **changes})
    data.PixelData = encapsulate([bytes(imagecodecs.jpegls_encode(one)) for one in planes])
    data.file_meta.TransferSyntaxUID = JPEGLSLossless
    return data


def without_pixels(number: int) -> Dataset:
    data = a_slice(series="notes", number=number, **MINE)
    del data.PixelData, data.Rows, data.Columns
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID = KeyObjectSelectionDocumentStorage
    return data


def keep(house: House, *images: Dataset) -> None:
    for data in images:
        receive(house.hospital, as_file(data), sender="CT1")


def parts_of(answer: httpx.Response) -> list[Message]:
    told = BytesParser().parsebytes(b"Content-Type: " + answer.headers["content-type"].encode() + b"\r\n\r\n"
                                    + answer.content)
    assert not told.defects
    return list(told.walk())[1:]


def pixels(picture: Any) -> Any:
    return np.asarray(Picture.open(io.BytesIO(picture)))


def console(tmp_path: Path, data: Dataset, *options: str) -> Any:
    """The same by `benhan-server image render`."""
    (tmp_path / "file.dcm").write_bytes(as_file(data))
    assert main(["image", "render", str(tmp_path / "file.dcm"), *options, "--out", str(tmp_path / "out.png")]) == 0
    return pixels((tmp_path / "out.png").read_bytes())


def test_every_frame_of_a_series_comes_in_the_order_of_reading_with_the_viewers_pixels(
    house: House, tmp_path: Path,
) -> None:
    many = frames_of(1, 2, 3, number=2)
    single = a_slice(number=1, **MINE)
    keep(house, many, single, frames_of(9, series="other"))
    with viewer(house, "ha") as client:
        assert client.retrieve_series_rendered(STUDY, SERIES, ("image/png",)).count(b"\x89PNG") == 4
    with house.sign_in("ha") as web:
        drawn = parts_of(web.get(f"{SERIES_AT}/rendered", headers=PNG))
        wanted = [(single, 1), *((many, number) for number in (1, 2, 3))]
        assert [part["Content-Location"] for part in drawn] == [
            f"{house.settings.public_url}{SERIES_AT}/instances/{data.SOPInstanceUID}/frames/{number}/rendered"
            for data, number in wanted]
        for part, (data, number) in zip(drawn, wanted, strict=True):
            picture: Any = part.get_payload(decode=True)
            assert (pixels(picture) == console(tmp_path, data, "--frame", str(number))).all()
            alone = web.get(part["Content-Location"].removeprefix(house.settings.public_url), headers=PNG)
            assert alone.content == picture
        small = parts_of(web.get(f"{STUDY_AT}/rendered", headers={"Accept": "image/jpeg"},
                                 params={"viewport": "20,16", "window": "40,400"}))
    assert [pixels(part.get_payload(decode=True)).shape for part in small] == [(16, 20)] * 5
    assert {part.get_content_type() for part in small} == {"image/jpeg"}


def test_what_cannot_be_drawn_says_why_and_the_others_come_but_not_too_many(
    house: House, monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken, good = frames_of(1), frames_of(2, 3, number=2)
    broken.PixelData = encapsulate([b"\xff\xd8\xff\xf7no picture"])
    keep(house, broken, good, without_pixels(7))
    with house.sign_in("ha") as web:
        answer = web.get(f"{STUDY_AT}/rendered", headers=PNG)
        assert answer.headers["warning"] == '299 benhan "Not rendered: 1 of 3 instances, which have no pixels."'
        parts = parts_of(answer)
        assert sorted(part.get_content_type() for part in parts) == ["application/json", "image/png", "image/png"]
        assert parts[0].get_content_type() == "image/png", "the first part is what the message says that it is"
        [why] = [part for part in parts if part.get_content_type() == "application/json"]
        assert f"/instances/{FIRST}/frames/1/" in why["Content-Location"]
        assert b'"code":"image_' in why.get_payload(decode=True).replace(b" ", b"")  # type: ignore[union-attr]
        notes = web.get(f"{STUDY_AT}/series/{uid('study', 'notes')}/rendered", headers=PNG)
        assert (notes.status_code, reasons(notes)) == (422, ["image_has_no_pixels"])
        assert reasons(web.get(f"{STUDY_AT}/rendered", headers={"Accept": "video/mp4"})) == ["media_not_offered"]
        monkeypatch.setattr(image_pictures, "MOST", 2)
        many = web.get(f"{STUDY_AT}/rendered", headers=PNG)
        assert (many.status_code, reasons(many)) == (413, ["image_pictures_too_many"])


@pytest.fixture
def drawing(monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], threading.Event]:
    """How many pictures were drawn for the answer, and that it ended."""
    count, ended = [0], threading.Event()
    whole = image_pictures.all_of

    def counted(*given: Any, **more: Any) -> Iterator[Any]:
        try:
            for one in whole(*given, **more):
                count[0] += 1
                yield one
        finally:
            ended.set()

    monkeypatch.setattr(image_pictures, "all_of", counted)
    return count, ended


def large(house: House, count: int) -> None:
    """Pictures that fill every buffer between us and who asks."""
    rows, columns = 700, 700
    plane = NOISE.integers(0, 4096, rows * columns, np.uint16).tobytes()
    keep(house, a_slice(**MINE, Rows=rows, Columns=columns, NumberOfFrames=count, PixelData=plane * count))


def test_who_hangs_up_or_sees_them_no_longer_has_no_more_drawn(
    house: House, drawing: tuple[list[int], threading.Event], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dicomweb_pictures, "_ASKED_AGAIN", 1)
    count, ended = drawing
    large(house, 60)
    with house.sign_in("ha") as web:
        with web.stream("GET", f"{SERIES_AT}/rendered", headers=PNG) as answer:
            next(answer.iter_raw(1000))
        assert ended.wait(30)
        assert 1 <= count[0] < 60
        with web.stream("GET", f"{SERIES_AT}/rendered", headers=PNG) as answer:
            coming = answer.iter_raw(1000)
            next(coming)
            with base.transaction(house.hospital.engine) as db:
                db.execute(text("UPDATE ward_stays SET ward = (SELECT id FROM wards WHERE code <> 'NOI' LIMIT 1)"))
            with pytest.raises(httpx.RemoteProtocolError):
                list(coming)
    assert count[0] < 2 * 60


def test_a_thumbnail_is_the_middle_of_the_largest_series_without_names(house: House, tmp_path: Path) -> None:
    slices = [frames_of(number, number=number) for number in range(1, 6)]
    cine = frames_of(21, 22, 23, series="cine", number=9)
    for tag, representation, value in (
            (0x60000010, "US", 48), (0x60000011, "US", 80), (0x60000040, "CS", "G"), (0x60000050, "SS", [1, 1]),
            (0x60000100, "US", 1), (0x60000102, "US", 0), (0x60003000, "OW", b"\xff" * 480)):
        cine.add_new(tag, representation, value)
    keep(house, *slices, cine, without_pixels(1))
    cine_at = f"{STUDY_AT}/series/{cine.SeriesInstanceUID}"
    frame_2 = console(tmp_path, cine, "--frame", "2", "--no-overlays")
    with house.sign_in("ha") as web:
        def small(path: str, **params: str) -> Any:
            answer = web.get(f"{path}/thumbnail", headers=PNG, params=params)
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png"), answer.text
            return pixels(answer.content)

        for path in (STUDY_AT, SERIES_AT):
            assert (small(path) == console(tmp_path, slices[2])).all(), "never made larger than it is"
        assert (small(IMAGE) == console(tmp_path, slices[0])).all()
        for path in (cine_at, f"{cine_at}/instances/{cine.SOPInstanceUID}",
                     f"{cine_at}/instances/{cine.SOPInstanceUID}/frames/1,2,3"):
            assert (small(path) == frame_2).all()
        third = console(tmp_path, cine, "--frame", "3", "--no-overlays", "--size", "40", "24")
        assert (small(f"{cine_at}/instances/{cine.SOPInstanceUID}/frames/3", viewport="40,24") == third).all()
        gone = web.get(f"{cine_at}/instances/{cine.SOPInstanceUID}/frames/4/thumbnail", headers=PNG)
        assert (gone.status_code, reasons(gone)) == (404, ["thing_unknown"])
        assert web.get(f"{STUDY_AT}/thumbnail", headers={"Accept": "image/jpeg"}).content[:2] == b"\xff\xd8"


def test_where_names_stand_in_the_pixels_or_they_are_broken_the_next_image_stands_for_all(
    house: House, tmp_path: Path,
) -> None:
    """PS3.18 10.4.3.3.4: no thumbnail tells who the patient is."""
    named, broken, last = frames_of(1, BurnedInAnnotation="YES"), frames_of(2, number=2), frames_of(3, number=3)
    broken.PixelData = encapsulate([b"\xff\xd8\xff\xf7no picture"])
    keep(house, named, broken, last)
    with house.sign_in("ha") as web:
        assert (pixels(web.get(f"{SERIES_AT}/thumbnail", headers=PNG).content) == console(tmp_path, last)).all()
        refused = web.get(f"{IMAGE}/thumbnail", headers=PNG)
        assert (refused.status_code, reasons(refused)) == (422, ["image_names_in_pixels"])
        keep(house, a_slice(series="flat", **MINE, Rows=100, Columns=400, PixelData=b"\0\1" * 40000,
                            PixelSpacing=[2, 1]))
        flat = web.get(f"{STUDY_AT}/series/{uid('study', 'flat')}/thumbnail")
        assert pixels(flat.content).shape == (64, 128), "fitted, with pixels twice as high as wide"


def test_pictures_are_for_who_sees_the_study_and_each_look_is_audited(house: House) -> None:
    keep(house, frames_of(1))
    paths = (f"{STUDY_AT}/rendered", f"{STUDY_AT}/thumbnail", f"{IMAGE}/thumbnail")
    for username, status in (("ha", 200), ("long", 404), ("huy", 403)):
        with house.sign_in(username) as web:
            assert [web.get(path, headers=PNG).status_code for path in paths] == [status] * 3, username
    with house.guest() as nobody:
        assert [nobody.get(path, headers=PNG).status_code for path in paths] == [401] * 3
    with base.single(house.hospital.engine) as db:
        rows = db.execute(text("SELECT action, count(*) FROM audit_events WHERE action LIKE 'images.%' "
                               "AND action <> 'images.arrive' GROUP BY action")).all()
    assert dict(map(tuple, rows)) == {"images.view": 3, "images.refused": 6}
