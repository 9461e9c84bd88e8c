"""One export from beginning to end: files with or without their patient, page, disc image; the whole, or nothing."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import dcmread

from imaging.deidentify import deidentified
from imaging.image import Decoder
from imaging.system import take_away
from records.errors import Cancelled, Reason, Refusal
from workstation.media.dicomdir import check_fit, write_folder
from workstation.media.iso import write_iso
from workstation.media.page import Draw, as_filed, write_page

_REMOVED = "Đã xóa thông tin người bệnh"
_AT_ONCE = 20
"""How many reasons of files that were left out are kept for the person: more is a list that nobody reads."""


@dataclass(frozen=True)
class Export:
    """What a person asked for. `patient` and `line` head the page; they are not written when `named` is false."""

    folder: Path
    patient: str
    line: str
    named: bool = True
    page: bool = True
    disc: Path | None = None
    """An ISO image beside the folder."""
    draw: Draw = as_filed
    """How frames are seen on the page, where their patient's name goes with them: words of others may name them."""


@dataclass
class Exported:
    """What became of it."""

    files: int = 0
    left_out: list[Reason] = field(default_factory=list)
    """Why files are not in it, at most twenty of them; `missing` counts all."""
    missing: int = 0


def export(wanted: Export, files: Iterable[bytes | Reason], decoder: Decoder, *,
           went_on: Callable[[int], None] = lambda _: None,
           cancelled: Callable[[], bool] = lambda: False) -> Exported:
    """Write it. On refusal, trouble or cancellation nothing of it stays, and nothing else was touched.

    `files` are a file's bytes, or why there are none. `went_on` is told how many are done, `cancelled` is asked before
    each.
    """
    told = Exported()
    existed = wanted.folder.exists()
    if existed and any(wanted.folder.iterdir()):
        raise Refusal.because("media_not_empty", folder=wanted.folder.name)
    try:
        written = write_folder(wanted.folder, _leaving(wanted, files, told, went_on, cancelled))
        told.files = len(written)
        if wanted.page:
            patient, line = (wanted.patient, wanted.line) if wanted.named else (_REMOVED, "")
            write_page(wanted.folder, written, decoder, patient=patient, line=line,
                       draw=wanted.draw if wanted.named else as_filed, went_on=lambda: _stop_if(cancelled))
        _stop_if(cancelled)
        if wanted.disc is not None:
            write_iso(wanted.folder, wanted.disc)
    except BaseException as error:
        _take_back(wanted.folder, existed=existed)
        if isinstance(error, OSError):
            raise Refusal.because("media_not_written", detail=error.strerror or type(error).__name__) from error
        raise
    return told


def _leaving(wanted: Export, files: Iterable[bytes | Reason], told: Exported, went_on: Callable[[int], None],
             cancelled: Callable[[], bool]) -> Iterator[bytes]:
    """Each file as it leaves; one that no medium takes, or that may not leave without its patient, is told."""
    secret = secrets.token_bytes(32)
    for done, data in enumerate(files, start=1):
        _stop_if(cancelled)
        try:
            if isinstance(data, Reason):
                raise Refusal(data)
            check_fit(data)
            yield data if wanted.named else without_patient(data, secret)
        except Refusal as refused:
            told.missing += 1
            if len(told.left_out) < _AT_ONCE:
                told.left_out += refused.reasons
        went_on(done)


def without_patient(data: bytes, secret: bytes) -> bytes:
    """A file's bytes without its patient."""
    out = io.BytesIO()
    try:
        deidentified(dcmread(io.BytesIO(data)), secret).save_as(out, enforce_file_format=True)
    except Refusal:
        raise
    except Exception as error:  # the parser's errors on malformed files are of many kinds
        raise Refusal.because("image_not_dicom") from error
    return out.getvalue()


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled


def _take_back(folder: Path, *, existed: bool) -> None:
    take_away(folder)
    if existed:
        folder.mkdir(exist_ok=True)
