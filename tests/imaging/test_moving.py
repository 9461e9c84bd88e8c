"""Images copied under UIDs of their own: in every encoding the same pixels and words, nothing that dciodvfy minds."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset, dcmread

from imaging.moving import Moving, copy
from records.errors import Refusal
from tests.imaging.dciodvfy import errors_in
from tests.imaging.samples import public_files
from tests.server.pictures import a_slice, as_file, uid

FILES = ("CT_small.dcm", "MR_small_bigendian.dcm", "JPEG2000.dcm", "JPEG-lossy.dcm", "MR_small_RLE.dcm",
         "image_dfl.dcm", "693_UNCI.dcm", "rtplan.dcm", "liver_1frame.dcm", "examples_ybr_color.dcm",
         "waveform_ecg.dcm", "emri_small_jpeg_ls_lossless.dcm")
"""Explicit and implicit, big endian, deflated, compressed in fragments, without pixels, sequences, waveforms."""
UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


def moving(*images: str) -> Moving:
    return Moving("1.2.3 and who is named", frozenset(images), datetime(2026, 11, 26, 10, tzinfo=UTC))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FILES)
def test_all_but_the_uids_is_what_it_was(name: str) -> None:
    file = next(one for one in public_files().values() if one.name == name).read_bytes()
    was, now = dcmread(io.BytesIO(file)), dcmread(io.BytesIO(copy(file, moving())))
    assert now.file_meta.TransferSyntaxUID == was.file_meta.TransferSyntaxUID
    for element in was:
        if element.keyword not in UIDS and element.tag.element:
            assert now[element.tag] == element, element.tag
    [item] = now.OriginalAttributesSequence[0].ModifiedAttributesSequence
    for keyword in UIDS:
        assert (item[keyword].value, now[keyword].value) == (was[keyword].value, moving().uid(was[keyword].value))
    assert now.file_meta.MediaStorageSOPInstanceUID == now.SOPInstanceUID


def test_only_references_among_those_that_move_are_followed(tmp_path: Path) -> None:
    mine, other = uid("study", "series", 2), uid("study", "series", 9)
    file = as_file(a_slice(ReferencedImageSequence=[_reference(mine), _reference(other)]))
    before = Dataset()
    before.ModifyingSystem, before.ModifiedAttributesSequence = "PACS", [Dataset()]
    told = dcmread(io.BytesIO(copy(file, moving(mine))))
    assert [one.ReferencedSOPInstanceUID for one in told.ReferencedImageSequence] == [moving().uid(mine), other]
    again = dcmread(io.BytesIO(copy(as_file(a_slice(OriginalAttributesSequence=[before])), moving())))
    assert [one.ModifyingSystem for one in again.OriginalAttributesSequence] == ["PACS", "BENHAN"]
    assert errors_in(copy(file, moving(mine)), tmp_path) == errors_in(file, tmp_path)


def test_the_rule_gives_one_uid_to_the_same_words_and_no_other() -> None:
    made = {Moving(words, (), datetime.now(UTC)).uid(old) for words in ("a", "b") for old in ("1.2", "1.3")}
    assert len(made) == 4
    assert all(one.startswith("2.25.") and len(one) <= 64 for one in made)
    assert moving("1.2").uid("1.9") == moving().uid("1.9")


def test_a_file_that_cannot_be_written_again_is_refused() -> None:
    with pytest.raises(Refusal):
        copy(as_file(a_slice())[:200], moving())


def _reference(instance: Any) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = a_slice().SOPClassUID, instance
    return item
