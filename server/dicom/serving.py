"""`benhan-server dicom`: the DICOM service as a program of its own, so that images never slow the ward's requests."""

from __future__ import annotations

import threading

from records.errors import Refusal
from server import memory
from server.dicom.listener import Listener
from server.dicom.settings import read_dicom
from server.services.hospital import Hospital
from server.settings import Settings


def serve(settings: Settings, *, aet: str | None = None, port: int | None = None) -> int:
    """Listen until SIGTERM or SIGINT; prints a line `DICOM AET HOST:PORT` once devices can call."""
    file = settings.path(settings.dicom)
    dicom = read_dicom(file)
    if dicom is None:
        raise Refusal.because("dicom_not_configured", str(file))
    changes = {name: value for name, value in (("aet", aet), ("port", port)) if value is not None}
    dicom = dicom.model_validate({**dicom.model_dump(), **changes})
    hospital = Hospital.open(settings)
    listener = Listener(hospital, dicom)
    memory.settle()
    try:
        print(f"DICOM {dicom.aet} {dicom.host}:{listener.start()}", flush=True)
        threading.Event().wait()
    finally:
        listener.stop()
        hospital.close()
    return 0
