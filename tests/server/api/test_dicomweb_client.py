"""Every act of dicomweb-client, on our own images and on those of a PACS in our place: the program notices nothing."""

from __future__ import annotations

import io
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image as Picture
from pydicom import Dataset, dcmread

from tests.databases import Database
from tests.sandbox.orthanc import PASSWORD, USERNAME, WHY_NOT, orthanc
from tests.server import house as houses
from tests.server.api.test_dicomweb import FIRST, MINE, SERIES, STUDY, viewer
from tests.server.house import House, settle_in
from tests.server.pictures import a_slice, as_file, uid

LONG = bytes(range(256)) * 20


@pytest.fixture(params=["ours", pytest.param("a PACS", marks=pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT))])
def kept(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Iterator[House]:
    """The hospital, its images in its own store or in Orthanc."""
    settings, hospital = houses.build(tmp_path / "house", database.dsn)
    trusted = ssl.create_default_context(cafile=settings.home / "tls" / "ca.pem")
    made = House(settings, hospital, f"https://127.0.0.1:{settings.port}", trusted, {})
    settle_in(made)
    try:
        if request.param == "ours":
            with houses.served(settings):
                yield made
            return
        with orthanc(tmp_path / "orthanc") as peer:
            (settings.home / "keys" / "pacs.toml").write_text(
                f'url = "{peer.url}"\nusername = "{USERNAME}"\npassword = "{PASSWORD}"\n')
            with houses.served(settings):
                yield made
    finally:
        hospital.close()


def images() -> list[Dataset]:
    """Three slices, of which one has a long value of its own."""
    made = [a_slice(number=number, **MINE) for number in (1, 2, 3)]
    made[0].add_new(0x00420011, "OB", LONG)
    return [dcmread(io.BytesIO(as_file(one))) for one in made]


def test_what_is_stored_is_found_read_and_drawn(kept: House) -> None:
    sent = images()
    with viewer(kept, "ha") as client:
        reply = client.store_instances(sent)
        assert (len(reply.ReferencedSOPSequence), len(reply.get("FailedSOPSequence") or ())) == (3, 0)
        assert [one["0020000D"]["Value"] for one in client.search_for_studies(
            search_filters={"PatientID": "TEST-1"}, fields=["StudyDescription"])] == [[STUDY]]
        assert client.search_for_studies(search_filters={"PatientID": "NOBODY"}) == []
        assert len(client.search_for_studies(limit=1, offset=1)) == 0
        [series] = client.search_for_series(STUDY, search_filters={"Modality": "CT"})
        assert series["0020000E"]["Value"] == [SERIES]
        assert client.search_for_series(STUDY, search_filters={"Modality": "MR"}) == []
        for found in (client.search_for_instances(STUDY), client.search_for_instances(STUDY, SERIES)):
            assert {one["00080018"]["Value"][0] for one in found} == {one.SOPInstanceUID for one in sent}
        by_uid = {one.SOPInstanceUID: one for one in sent}
        for read in (client.retrieve_study(STUDY), client.retrieve_series(STUDY, SERIES),
                     list(client.iter_series(STUDY, SERIES))):
            assert {one.SOPInstanceUID: one.PixelData for one in read} == {
                one: data.PixelData for one, data in by_uid.items()}
        assert client.retrieve_instance(STUDY, SERIES, FIRST) == sent[0]


def test_parts_of_an_image_are_read_alone(kept: House) -> None:
    sent = images()
    with viewer(kept, "ha") as client:
        client.store_instances(sent)
        assert len(client.retrieve_study_metadata(STUDY)) == len(client.retrieve_series_metadata(STUDY, SERIES)) == 3
        told = client.retrieve_instance_metadata(STUDY, SERIES, FIRST)
        assert told["00100010"]["Value"] == [{"Alphabetic": "NGUYEN^VAN BINH"}]
        [frame] = client.retrieve_instance_frames(STUDY, SERIES, FIRST, [1])
        assert frame == sent[0].PixelData
        assert list(client.iter_instance_frames(STUDY, SERIES, FIRST, [1])) == [frame]
        if "BulkDataURI" in told["00420011"]:
            [value] = client.retrieve_bulkdata(told["00420011"]["BulkDataURI"].replace(
                kept.settings.public_url.rstrip("/"), kept.url))
            assert value == LONG
        else:
            assert told["00420011"]["InlineBinary"]
        for picture in (client.retrieve_instance_rendered(STUDY, SERIES, FIRST, media_types=("image/png",)),
                        client.retrieve_instance_frames_rendered(STUDY, SERIES, FIRST, [1],
                                                                 media_types=("image/png",))):
            assert np.asarray(Picture.open(io.BytesIO(picture))).shape[:2] == (64, 64)
        picture = client.retrieve_instance_rendered(STUDY, SERIES, FIRST, media_types=("image/jpeg",))
        assert Picture.open(io.BytesIO(picture)).format == "JPEG"


def refused(act: Callable[[], object]) -> tuple[int, str]:
    """What the program hears; its connection is given back: who holds the error would hold it open."""
    answer: requests.Response | None = None
    try:
        act()
    except requests.HTTPError as error:
        answer = error.response
    assert answer is not None
    with answer:
        return answer.status_code, answer.headers["content-type"]


def test_what_is_refused_is_said(kept: House) -> None:
    with viewer(kept, "ha") as client:
        client.store_instances(images())
        acts: dict[str, tuple[Callable[[], object], int]] = {
            "study": (lambda: client.delete_study(STUDY), 405),
            "series": (lambda: client.delete_series(STUDY, SERIES), 405),
            "image": (lambda: client.delete_instance(STUDY, SERIES, FIRST), 405),
            "nobody's": (lambda: client.retrieve_study("1.2.3"), 404),
            "other": (lambda: client.retrieve_instance(STUDY, SERIES, uid("none")), 404),
        }
        for name, (act, status) in acts.items():
            assert refused(act) == (status, "application/json"), name
        # A PACS may have a word of its own for it.
        assert refused(lambda: client.retrieve_instance_frames(STUDY, SERIES, FIRST, [2]))[0] in (404, 422)
        assert len(client.search_for_instances(STUDY)) == 3
