"""The reader's driver against a local web service over real HTTPS, in every mood."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from records.errors import Refusal, Trouble
from tests.sandbox.finger_reader import IMAGE, TEMPLATE, FingerReader, finger_reader
from workstation.confirmation.webapi import WebApiReader


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FingerReader]:
    with finger_reader(tmp_path_factory.mktemp("reader")) as played:
        yield played


def driver(service: FingerReader) -> WebApiReader:
    return WebApiReader(service.url, ca_file=service.ca_file, licence="giấy phép")


def test_a_finger_gives_image_template_quality_and_device(service: FingerReader) -> None:
    service.mood = "good"
    found = driver(service).read(2.0)
    assert (found.image, found.template, found.quality) == (IMAGE, TEMPLATE, 84)
    assert found.device == "SecuGen Corporation HU20, H58190412345"
    assert service.asked[-1] == {"Timeout": "2000", "Quality": "50", "licstr": "giấy phép", "templateFormat": "ISO"}
    assert str(IMAGE) not in repr(found)
    assert str(TEMPLATE) not in repr(found)


@pytest.mark.parametrize(("mood", "code", "trouble"), [
    ("no_finger", "reader_no_finger", False), ("empty", "reader_no_finger", False),
    ("slow", "reader_no_finger", False), ("poor", "reader_print_poor", False),
    ("unplugged", "reader_not_plugged", False), ("busy", "reader_failed", True),
    ("garbage", "reader_garbled", True), ("list", "reader_garbled", True), ("broken", "reader_absent", True),
])
def test_each_failure_says_what_to_do(service: FingerReader, mood: str, code: str, trouble: bool) -> None:
    service.mood = mood
    with pytest.raises(Refusal) as caught:
        driver(service).read(1.0)
    assert [reason.code for reason in caught.value.reasons] == [code]
    assert isinstance(caught.value, Trouble) == trouble


def test_no_service_and_a_service_that_nobody_vouches_for(service: FingerReader) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = WebApiReader(f"https://127.0.0.1:{probe.getsockname()[1]}", ca_file=service.ca_file)
    for absent in (nobody, WebApiReader(service.url)):
        with pytest.raises(Trouble) as caught:
            absent.read(1.0)
        assert caught.value.reasons[0].code == "reader_absent"


@pytest.mark.parametrize("url", ["https://10.0.0.5:8443", "http://127.0.0.1:8000", "https://localhost.example.org"])
def test_a_reader_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(Refusal) as caught:
        WebApiReader(url)
    assert caught.value.reasons[0].code == "reader_not_on_this_pc"
