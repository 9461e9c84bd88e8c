"""The demo hospital's scanner and X-ray: they send their made-up pictures by C-STORE, as devices do."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any

from pynetdicom import AE, evt

from records.deadlines import ZONE
from records.errors import Refusal
from server.demo.home import DEVICES, DemoHome
from server.demo.pictures import CT, DX, Who, studies
from server.dicom.sending import prepare
from server.dicom.settings import DicomSettings, read_dicom

PATIENT_NO = "0026-18842"
"""The demo's patient with pneumonia."""
WAIT_S = 30.0
_log = logging.getLogger("benhan.server.demo")


def send_pictures(home: DemoHome, data: dict[str, Any]) -> bool:
    """Send them once; whether they are at the server now."""
    done = home.folder / "images.done"
    settings = read_dicom(home.folder / "keys" / "dicom.toml")
    if done.exists():
        return True
    patient = next(one for one in data["patients"] if one["patient_no"] == PATIENT_NO)
    who = Who(PATIENT_NO, patient["full_name"], patient["birth_date"], patient["sex"])
    if settings is None or not settings.port or not _sent(settings, who):
        _log.warning("The demo's pictures could not be sent: it goes on without them.")
        return False
    done.touch()
    return True


def worklist_lines(home: DemoHome) -> list[str]:
    """How anybody with dcmtk looks at the worklist as a device does."""
    settings = read_dicom(home.folder / "keys" / "dicom.toml")
    if settings is None or not settings.port:
        return []
    keys = " ".join(f"-k {key}" for key in ("PatientName", "PatientID", "AccessionNumber", *(
        f'"ScheduledProcedureStepSequence[0].{name}"' for name in (
            "Modality", "ScheduledProcedureStepDescription", "ScheduledProcedureStepStatus"))))
    return [f"WORKLIST findscu -W -aet FINDSCU -aec {settings.aet} {keys} {settings.host} {settings.port}"]


def _sent(settings: DicomSettings, who: Who) -> bool:
    device = AE(ae_title=DEVICES[0])
    for kind in (CT, DX):
        device.add_requested_context(kind, "1.2.840.10008.1.2.1")
    until = time.monotonic() + WAIT_S
    while True:  # the service begins beside the server, a moment after it
        line = device.associate(settings.host, settings.port, ae_title=settings.aet,
                                evt_handlers=[(evt.EVT_CONN_OPEN, prepare)])
        if line.is_established:
            break
        if time.monotonic() > until:
            return False
        time.sleep(0.5)
    try:
        answers = [line.send_c_store(one) for study in studies(who, datetime.now(ZONE)) for one in study]
    except (RuntimeError, ValueError, Refusal):
        _log.exception("The demo's pictures were cut off.")
        return False
    finally:
        line.release()
    return all(answer and answer.Status == 0 for answer in answers)
