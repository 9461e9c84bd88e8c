"""Two ultrasounds and a CT of one name, from the doctor's order through device and technician to the signed result."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import UID, CTImageStorage, UltrasoundImageStorage
from pytestqt.qtbot import QtBot

from records.entries import Version
from records.forms import current_form
from records.order_states import OrderState
from records.render import render_entry
from server.dicom.settings import DicomSettings, read_dicom
from tests.journeys.conftest import Town
from tests.journeys.hands import DOCTOR, HEAD, Hand, admitted
from tests.journeys.places import Place, SitDown, sit_down
from tests.server.filling import enough
from tests.server.pictures import a_slice, as_file
from workstation.config import ZONE
from workstation.drafts import CommandState
from workstation.models.editor import EditorModel
from workstation.models.images.key_images import key_image
from workstation.models.images.report import write_report
from workstation.models.images.stack import Spot
from workstation.views.chart.states import word_of

__all__ = ["sit_down"]
pytestmark = pytest.mark.xdist_group("journeys")
TECHNICIAN = "nghia.tranhuu"
TODAY = datetime.now(UTC).date()
LONG = 30_000
ORDERED: dict[str, tuple[str, str, UID, dict[str, Any]]] = {
    "first scan": ("11/BV2", "US", UltrasoundImageStorage, {"preparation": ["1"]}),
    "second scan": ("11/BV2", "US", UltrasoundImageStorage, {"preparation": ["1"]}),
    "CT": ("09/BV2", "CT", CTImageStorage, {"contrast": "2", "allergy": "Không", "pregnancy": "1"}),
}
NAME = "Ổ bụng"
"""All are called the same: the form says which device it is, and of the two scans only their numbers which is which."""
Until = Callable[[Callable[[], bool]], None]


@pytest.fixture
def until(qtbot: QtBot) -> Until:
    return lambda so: qtbot.waitUntil(so, timeout=LONG)


@pytest.fixture
def settings(town: Town) -> DicomSettings:
    found = read_dicom(town.home.folder / "keys" / "dicom.toml")
    assert found is not None
    return found


def written(qtbot: QtBot, place: Place, begin: Callable[[], object], **values: Any) -> EditorModel:
    """The draft that `begin` begins, with these values."""
    with qtbot.waitSignal(place.chart.draft_ready, timeout=LONG) as told:
        begin()
    assert told.args is not None
    editor = place.chart.editor(told.args[0])
    for key, value in enough(editor.kind, **{**editor.values, **values}).items():
        editor.set_value(key, value)
    return editor


def signs(hand: Hand, editor: EditorModel, slot: str) -> tuple[Version, bytes]:
    version = editor.to_version()
    file = hand.signs(version, slot, render_entry(version))
    editor.signed(file, slot)
    return version, file


def answers(settings: DicomSettings) -> bool:
    """The devices' service is up: it begins beside the server, a moment after it."""
    return subprocess.run(["echoscu", "-aec", settings.aet, settings.host, str(settings.port)], capture_output=True,
                          check=False, timeout=60).returncode == 0


def on_the_list(settings: DicomSettings, modality: str, patient_no: str, folder: Path) -> list[Dataset]:
    """What the device is told of this patient."""
    folder.mkdir()
    keys = ("SpecificCharacterSet=ISO_IR 192", f"PatientID={patient_no}", "PatientName", "PatientBirthDate",
            "PatientSex", "AccessionNumber", "StudyInstanceUID", "RequestedProcedureComments",
            f"ScheduledProcedureStepSequence[0].Modality={modality}")
    done = subprocess.run(["findscu", "-W", "-X", "-od", folder, *(part for key in keys for part in ("-k", key)),
                           "-aet", "FINDSCU", "-aec", settings.aet, settings.host, str(settings.port)],
                          capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return [dcmread(file, force=True) for file in sorted(folder.glob("rsp*.dcm"))]


def sent(settings: DicomSettings, told: Dataset, modality: str, storage: UID, folder: Path) -> Spot:
    """The device takes its picture and sends it, bearing what the worklist told it."""
    one = a_slice(told.StudyInstanceUID, SOPClassUID=storage, Modality=modality, **{
        name: told.get(name) for name in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex",
                                          "AccessionNumber", "StudyInstanceUID")})
    one.file_meta.MediaStorageSOPClassUID = storage
    file = folder / f"{told.AccessionNumber}.dcm"
    file.write_bytes(as_file(one))
    subprocess.run(["storescu", "-aec", settings.aet, "-aet", "STORESCU", settings.host, str(settings.port), file],
                   capture_output=True, check=True, timeout=60)
    return Spot(one.StudyInstanceUID, one.SeriesInstanceUID, one.SOPInstanceUID, 1)


def pictured(room: Place, spot: Spot) -> dict[str, Any]:
    """A key image of the picture that the device sent."""
    file = room.desk.client.image_file(spot.study_uid, spot.series_uid, spot.sop_instance_uid)
    return dict(key_image(spot, hashlib.sha256(file).hexdigest(), "Lát 1: dài 48,3 mm",
                          np.full((48, 64), 90, np.uint8)))


def test_each_order_goes_to_its_device_and_comes_back_as_its_own_signed_result(
    town: Town, sit_down: SitDown, settings: DicomSettings, qtbot: QtBot, until: Until, tmp_path: Path,
) -> None:
    doctor, technician, head = (Hand(town, name) for name in (DOCTOR, TECHNICIAN, HEAD))
    stay = admitted(doctor.client, "Người Bệnh Siêu Âm")
    ward = sit_down(DOCTOR, pc="ward", encounter=stay.id)
    chart = ward.chart

    entries: dict[UUID, str] = {}

    def states() -> dict[str, OrderState]:
        known = {one.entry: one.state for one in chart.chart.imaging_orders} if chart.chart is not None else {}
        return {entries[entry]: state for entry, state in known.items()}

    for which, (code, _, _, asked) in ORDERED.items():
        form = current_form(code, TODAY)
        editor = written(qtbot, ward, partial(chart.begin, form, form.kind("request")), examination=NAME, **asked)
        entries[signs(doctor, editor, "doctor")[0].entry] = which
    until(lambda: states() == dict.fromkeys(ORDERED, OrderState.ORDERED))
    assert chart.chart is not None
    numbers = {entries[one.entry]: one.accession for one in chart.chart.imaging_orders}

    until(lambda: answers(settings))
    told = {one.AccessionNumber: (one, modality) for modality in ("US", "CT") for one in on_the_list(
        settings, modality, chart.chart.patient.patient_no, tmp_path / modality)}
    pictures: dict[str, Spot] = {}
    for which, (_, modality, storage, _) in ORDERED.items():
        answer, device = told[numbers[which]]
        assert device == modality
        assert ("Tiêm thuốc cản quang: Có" in answer.RequestedProcedureComments) == (modality == "CT")
        pictures[which] = sent(settings, answer, modality, storage, tmp_path)
    assert not on_the_list(settings, "US", chart.chart.patient.patient_no, tmp_path / "done")
    until(lambda: states() == dict.fromkeys(ORDERED, OrderState.TAKEN))

    room = sit_down(TECHNICIAN, pc="room", encounter=stay.id)
    results = {}
    expected = dict.fromkeys(ORDERED, OrderState.TAKEN)
    for which in ("second scan", "CT", "first scan"):
        code, modality, _, _ = ORDERED[which]
        spot = pictures[which]
        editor = written(
            qtbot, room, partial(write_report, room.chart, TODAY, spot.study_uid, (modality,)),
            performed_at=(datetime.now(ZONE) + timedelta(seconds=1)).isoformat(timespec="seconds"),
            conclusion="Bình thường.", **({} if which == "second scan" else {"key_images": [pictured(room, spot)]}))
        assert (editor.form.code, editor.value("orderer"), editor.value("examination"), editor.value("order")) == (
            code, "BS. Lê Thu Hà", NAME, numbers[which])
        results[which] = signs(technician, editor, "technician")
        expected[which] = OrderState.REPORTED
        until(lambda: states() == expected)
    until(lambda: not room.desk.sync.status.waiting)
    assert not room.desk.store.commands(CommandState.REFUSED), "the server took the results in"
    for which, (version, signed) in results.items():
        head.hands_in(version, "specialist", head.signs(version, "specialist", signed))
        expected[which] = OrderState.SIGNED
        until(lambda: states() == expected)
    asked_for = [item for item in chart.items if item.form.kind == "request"]
    assert {(item.title, word_of(item)) for item in asked_for} == {
        ("Yêu cầu siêu âm", "kết quả đã ký"), ("Yêu cầu chụp cắt lớp vi tính", "kết quả đã ký")}
