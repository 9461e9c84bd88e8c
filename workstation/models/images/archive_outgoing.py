"""A patient's images that leave the archive: the server keeps for whom and why, then gives out every file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from records.errors import Reason
from records.image_lists import ImageStudyView
from records.messages import ImageExportGiven, PatientView
from workstation.client.asking import body_of
from workstation.ids import new_id
from workstation.models.desk import Desk
from workstation.models.images.outgoing import Outgoing


class OfArchive(Outgoing):
    """One patient's images in the hospital's archive."""

    def __init__(self, desk: Desk, patient: PatientView) -> None:
        super().__init__(f"{patient.full_name.upper()} · {patient.patient_no}", patient.patient_no, desk.background)
        self._client = desk.client

    def tell(self, studies: Sequence[str], reason: str, *, named: bool) -> None:
        """To the server, which keeps it in the audit."""
        told = ImageExportGiven(studies=tuple(studies), named=named, reason=reason)
        self._client.door.ask("POST", "/api/image-exports", body=body_of(told), key=new_id())

    def files(self, studies: Sequence[ImageStudyView], cancelled: Callable[[], bool]) -> Iterator[bytes | Reason]:
        """From the server, as it keeps them."""
        for study in studies:
            for series in study.series:
                for listed in self._client.image_list(study.uid, series.uid):
                    yield self._client.image_file(study.uid, series.uid, listed.text("SOPInstanceUID"), cancelled)
