"""Broken, cut and forged files at the server: filed or refused, told and drawn or refused in words; it stays up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from imaging.apart import Apart
from imaging.image import open_image
from imaging.sources import InMemory
from records.errors import Refusal
from server.services import image_headers, image_metadata, image_pictures, image_web
from server.services.images import Look
from server.store import images
from server.store.blobs import Folder
from server.store.images import Kept
from server.store.keys import ScopeKey
from tests.imaging.test_hostile import demand_a_long_run, demand_a_sample

HERE = "tests.server.services.test_hostile_images:read_as_the_server"


def read_as_the_server(data: bytes, _decoder: Apart) -> str:
    """File it, tell of it in JSON, and give frames, a picture and its long values out, as DICOMweb does."""
    head = image_headers.read_header(data)
    [told] = json.loads(b"[" + image_metadata.told(head.metadata, "https://house/dicomweb/x") + b"]")
    file: Any = InMemory(data)
    for tag in [tag for tag, element in told.items() if "BulkDataURI" in element and tag != "7FE00010"]:
        _given(image_web.bulk, file, tag)
    frames = open_image(file).format.frames
    drawn = [_given(image_pictures.rendered, file, [number], None, (200, 150)) for number in sorted({1, frames})]
    with TemporaryDirectory() as folder:
        look = _filed(Folder(Path(folder)), data)
        for stored in (True, False):
            _given(image_web.frames, look, [1], as_stored=stored)
    return "shown" if any(drawn) else "refused"


def _filed(place: Folder, data: bytes) -> Look:
    """The file where the server keeps it, sealed, and somebody who looks at it."""
    key = ScopeKey(uuid4(), AESGCM(AESGCM.generate_key(256)))
    kept = Kept(id=uuid4(), study=key.scope, series=uuid4(), uid="1.2.3.4", file=images.put(place, key, data),
                length=len(data), sop_class="", transfer_syntax="", series_uid="1.2.3")
    return Look((kept,), "1.2", place, key)


def _given(act: Callable[..., object], *asked: object, **how: object) -> bool:
    """Whether it was given out; not where it was refused in words, anything else is raised."""
    try:
        return bool(act(*asked, **how))
    except Refusal as refused:
        if not all(reason.vietnamese for reason in refused.reasons):
            raise
        return False


def test_broken_files_are_filed_or_refused_and_given_out_or_refused() -> None:
    demand_a_sample(HERE)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(1000, 3000, 250))
def test_two_thousand_broken_files_at_the_server(first: int, record_property: Callable[[str, object], None]) -> None:
    demand_a_long_run(first, HERE, record_property)
