"""The demo's X-ray room, as a device works over the network: asks the worklist, begins a step (MPPS), sends, ends it.

Prints a line for each thing that it does; the last one is `TAKEN`, the order's number and its study's UID.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made from a table at import
    ModalityPerformedProcedureStep,
    ModalityWorklistInformationFind,
)

from records.deadlines import ZONE
from server.demo.devices import PATIENT_NO
from server.demo.home import DEVICES
from server.demo.pictures import DX, Who, ordered
from server.dicom.sending import prepare
from server.dicom.settings import read_dicom

PATIENCE_S = 30.0
_AGAIN_S = 0.5
PENDING = (0xFF00, 0xFF01)


class DeviceFailed(Exception):
    """The service did not answer as a device expects; carries what it did."""


def main() -> int:
    """Take the newest X-ray that is ordered for the patient; 0 once it is here and the step has ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--patient", default=PATIENT_NO)
    options = parser.parse_args()
    try:
        take(options.home, options.patient)
    except DeviceFailed as failed:
        print(f"The device stopped: {failed}", file=sys.stderr)
        return 1
    return 0


def take(home: Path, patient_no: str) -> None:
    """From the worklist to the step's end, on one association, as most modalities do."""
    line = _called(home)
    try:
        task = _newest(line, patient_no)
        say(f"worklist: {task.PatientName}, {_step(task).ScheduledProcedureStepDescription}, "
            f"number {task.AccessionNumber}")
        uid = generate_uid()
        _good(line.send_n_create(_beginning(task), ModalityPerformedProcedureStep, uid)[0], "MPPS N-CREATE")
        say("MPPS: in progress")
        image = ordered(_who(task), datetime.now(ZONE), study=str(task.StudyInstanceUID),
                        accession=str(task.AccessionNumber))
        _good(line.send_c_store(image), "C-STORE")
        say("C-STORE: one image that bears the order's number")
        _good(line.send_n_set(_end(image), ModalityPerformedProcedureStep, uid)[0], "MPPS N-SET")
        say("MPPS: completed")
    finally:
        line.release()
    print(f"TAKEN {task.AccessionNumber} {task.StudyInstanceUID}", flush=True)


def say(text: str) -> None:
    """A line of what the device does."""
    print(f"   device {DEVICES[0]}: {text}", flush=True)


def _called(home: Path) -> Association:
    settings = read_dicom(home / "keys" / "dicom.toml")
    if settings is None:
        raise DeviceFailed(f"there is no DICOM service in {home}")
    device = AE(DEVICES[0])
    for kind in (ModalityWorklistInformationFind, ModalityPerformedProcedureStep):
        device.add_requested_context(kind)
    device.add_requested_context(DX, "1.2.840.10008.1.2.1")
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        line = device.associate(settings.host, settings.port, ae_title=settings.aet,
                                evt_handlers=[(evt.EVT_CONN_OPEN, prepare)])
        if line.is_established:
            return line
        time.sleep(_AGAIN_S)
    raise DeviceFailed(f"nobody answers at {settings.host}:{settings.port}")


def _newest(line: Association, patient_no: str) -> Dataset:
    """The order with the highest number; a signed order is on the list as soon as the server has it."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        answers = line.send_c_find(_question(patient_no), ModalityWorklistInformationFind)
        found = [told for status, told in answers if status and status.Status in PENDING and told is not None]
        if found:
            return max(found, key=lambda one: str(one.AccessionNumber))
        time.sleep(_AGAIN_S)
    raise DeviceFailed(f"no X-ray is ordered for {patient_no}")


def _question(patient_no: str) -> Dataset:
    step = _filled(Modality="DX", ScheduledProcedureStepStatus="SCHEDULED", ScheduledProcedureStepDescription="",
                   ScheduledProcedureStepID="")
    return _filled(
        SpecificCharacterSet="ISO_IR 192", PatientID=patient_no, PatientName="", PatientBirthDate="", PatientSex="",
        AccessionNumber="", StudyInstanceUID="", RequestedProcedureID="", ScheduledProcedureStepSequence=[step])


def _step(task: Dataset) -> Dataset:
    found: Dataset = task.ScheduledProcedureStepSequence[0]
    return found


def _who(task: Dataset) -> Who:
    """The patient as the worklist names them: nothing is typed at the device."""
    return Who(str(task.PatientID), str(task.PatientName), str(task.PatientBirthDate),
               {"M": "1", "F": "2"}.get(str(task.PatientSex), ""))


def _beginning(task: Dataset) -> Dataset:
    now = datetime.now(ZONE)
    asked = _filled(
        AccessionNumber=task.AccessionNumber, StudyInstanceUID=task.StudyInstanceUID,
        RequestedProcedureID=task.RequestedProcedureID, ScheduledProcedureStepID=_step(task).ScheduledProcedureStepID,
        ScheduledProcedureStepDescription=_step(task).ScheduledProcedureStepDescription)
    return _filled(
        SpecificCharacterSet="ISO_IR 192", ScheduledStepAttributesSequence=[asked], PatientID=task.PatientID,
        PatientName=task.PatientName, PatientBirthDate=task.PatientBirthDate, PatientSex=task.PatientSex,
        PerformedProcedureStepID="1", PerformedStationAETitle=DEVICES[0], Modality="DX",
        PerformedProcedureStepStartDate=f"{now:%Y%m%d}", PerformedProcedureStepStartTime=f"{now:%H%M%S}",
        PerformedProcedureStepStatus="IN PROGRESS")


def _end(image: Dataset) -> Dataset:
    now = datetime.now(ZONE)
    made = _filled(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)
    series = _filled(SeriesInstanceUID=image.SeriesInstanceUID, ProtocolName="PA", ReferencedImageSequence=[made])
    return _filled(PerformedProcedureStepStatus="COMPLETED", PerformedProcedureStepEndDate=f"{now:%Y%m%d}",
                   PerformedProcedureStepEndTime=f"{now:%H%M%S}", PerformedSeriesSequence=[series])


def _filled(**values: Any) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def _good(status: Dataset, what: str) -> None:
    if not status or status.Status != 0x0000:
        raise DeviceFailed(f"{what} was answered with {status.get('Status', 'nothing') if status else 'nothing'}")


if __name__ == "__main__":
    sys.exit(main())
