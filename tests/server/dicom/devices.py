"""What tests of the DICOM service share: a stay whose entries order pictures, and dcmtk's tools as devices."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined] # made at import
    CTImageStorage,
    StudyRootQueryRetrieveInformationModelGet,
)

from records.entries import Correction, FormRef, State, Stay, Subject, Version
from records.messages import ImagingOrderView
from server.services import imaging_orders
from server.services.hospital import Hospital
from server.store import base, entries
from server.store import imaging_orders as store
from tests.records.factories import version
from tests.server import builders

ROW = FormRef(code="36/BV2", edition="2024-01-01", kind="row")


def tool(
    name: str, *arguments: str | Path, aet: str = "CT1", called: str = "BENHAN",
) -> subprocess.CompletedProcess[str]:
    """One of dcmtk's tools, calling the service."""
    program = shutil.which(name)
    assert program is not None, f"{name} of dcmtk is not installed"
    return subprocess.run([program, "-v", "-aet", aet, "-aec", called, *map(str, arguments)], capture_output=True,
                          text=True, timeout=60, check=False, env={**os.environ, "TCP_NODELAY": "1"})


def c_get(
    port: str, question: Dataset, *, syntaxes: Sequence[str] | None = None, negotiated: Sequence[Any] = (),
) -> tuple[list[tuple[Dataset, Dataset | None]], list[Dataset], dict[UID, bytes]]:
    """A device that takes CT images asks for some: all answers, what came, and what the service agreed to."""
    came: list[Dataset] = []

    def store(event: evt.Event) -> int:
        came.append(event.dataset)
        return 0x0000

    device = AE("CT1")
    device.add_requested_context(StudyRootQueryRetrieveInformationModelGet)
    device.add_requested_context(CTImageStorage, syntaxes)
    association = device.associate("127.0.0.1", int(port), ae_title="BENHAN", evt_handlers=[(evt.EVT_C_STORE, store)],
                                   ext_neg=[build_role(CTImageStorage, scp_role=True), *negotiated])
    agreed = association.acceptor.sop_class_extended
    answers = list(association.send_c_get(question, StudyRootQueryRetrieveInformationModelGet))
    association.release()
    return answers, came, agreed


@dataclass
class Ward:
    """One patient in bed, and a doctor who orders."""

    hospital: Hospital
    ward: UUID
    doctor: UUID
    patient: UUID
    patient_no: str
    encounter: UUID
    name: str

    @classmethod
    def of(cls, hospital: Hospital, name: str = "Nguyễn Văn Bình", ward: UUID | None = None, **patient: Any) -> Ward:
        """A patient of that name in a ward."""
        with base.transaction(hospital.engine) as db:
            ward = ward or builders.a_ward(db)
            made = builders.a_patient(db, name, **patient)
            encounter = builders.an_encounter(db, hospital.keys, ward, made.id)
            doctor = builders.a_person(db, ward)
        return cls(hospital, ward, doctor, made.id, made.patient_no, encounter, name)

    def order(self, *names: str, before: Version | None = None, at: datetime | None = None, **row: Any) -> Version:
        """A signed treatment row that orders these, or the correction of one."""
        orders = [{"kind": "imaging", "name": one, **row} for one in names]
        return self.write(ROW, before, at, plan="x", orders=orders, diagnosis={"text": "Viêm phổi", "code": "J18.9"})

    def write(self, form: FormRef, before: Version | None = None, at: datetime | None = None, **values: Any) -> Version:
        """A signed entry of any form."""
        now = at or datetime.now(UTC)
        changes: dict[str, Any] = {"form": form, "values": values, "occurred_at": now, "written_at": now}
        good = version()
        with base.transaction(self.hospital.engine) as db:
            if before is not None:
                entries.set_state(db, before.entry, before.version, State.AMENDED, open_slots=())
                changes |= {"entry": before.entry, "version": before.version + 1, "correction": Correction(
                    reason="Ghi nhầm", of_version=before.version, of_sha256="0" * 64)}
            return builders.a_version(db, self.hospital.keys.of(db, self.encounter), self.doctor, **{
                "subject": Subject(**{**good.subject.model_dump(), "id": self.patient}),
                "stay": Stay(**{**good.stay.model_dump(), "id": self.encounter}), **changes})

    def cancel(self, entry: Version) -> None:
        """The entry is cancelled."""
        with base.transaction(self.hospital.engine) as db:
            entries.cancel(db, self.hospital.keys.of(db, self.encounter), entry.entry, entry.version,
                           person=self.doctor, reason="Ghi nhầm người bệnh")

    def orders(self) -> dict[str, ImagingOrderView]:
        """The stay's orders by their words."""
        with base.transaction(self.hospital.engine) as db:
            key = self.hospital.keys.of(db, self.encounter)
            imaging_orders.refresh(db, key)
            return {one.display: one for one in map(imaging_orders.view, store.of_encounter(db, key))}
