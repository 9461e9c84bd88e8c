"""Standardised uptake values: the factor from a PET file's values to them, and to what they are related; or why not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydicom.dataset import Dataset

from imaging.attributes import item, number, text
from records.errors import Reason

_BY = {("GML", ""): "SUVbw", ("GML", "BW"): "SUVbw", ("GML", "LBM"): "SUVlbm", ("GML", "LBMJAMES128"): "SUVlbm",
       ("GML", "LBMJANMA"): "SUVlbm", ("GML", "IBW"): "SUVibw", ("CM2ML", "BSA"): "SUVbsa"}
"""What a file's values are already, by Units (0054,1001) and SUV Type (0054,1006)."""
_PHILIPS = "Philips PET Private Group"
"""Keeper of (7053,xx00), which turns counts into SUVbw, and (7053,xx09), which turns them into Bq/ml."""


@dataclass(frozen=True)
class Suv:
    """Modality value × `factor` = uptake by body weight (g/ml), or by what `name` says."""

    factor: float
    name: str = "SUVbw"


def suv_of(dataset: Dataset) -> Suv | Reason:
    """The factor (PS3.3 C.8.9.1; the decay correction as QIBA's vendor-neutral SUVbw calculation reads it)."""
    if text(dataset, "Modality") != "PT":
        return Reason("suv_not_pet")
    units, kind = text(dataset, "Units").upper(), text(dataset, "SUVType").upper()
    already = _BY.get((units, kind))
    if already is not None:
        return Suv(1.0, already)
    by_weight, to_activity = (_philips(dataset, place) if units == "CNTS" else None for place in (0, 9))
    if units != "BQML" and by_weight is None and to_activity is None:
        return Reason("suv_units_unknown", facts={"units": f"{units or '?'} {kind}".strip()})
    corrected = text(dataset, "CorrectedImage").upper().split("\\")
    if "ATTN" not in corrected or "DECY" not in corrected:
        return Reason("suv_not_corrected")
    return Suv(by_weight) if by_weight is not None else _by_dose(dataset, to_activity or 1.0)


def _philips(dataset: Dataset, place: int) -> float | None:
    """A maker's own factor above 0."""
    try:
        value = float(dataset.private_block(0x7053, _PHILIPS)[place].value)
    except (KeyError, TypeError, ValueError):
        return None
    return value if value > 0 and math.isfinite(value) else None


def _by_dose(dataset: Dataset, to_activity: float) -> Suv | Reason:
    weight = number(dataset, "PatientWeight")
    dose = _dose_at_reference(dataset)
    if isinstance(dose, Reason):
        return dose
    if weight is None or weight <= 0:
        return Reason("suv_attribute_missing", facts={"name": "PatientWeight"})
    return Suv(to_activity * weight * 1000 / dose)


def _dose_at_reference(dataset: Dataset) -> float | Reason:
    """Becquerels that were left at the time to which the values are corrected."""
    drug = item(dataset, "RadiopharmaceuticalInformationSequence")
    dose, half_life = number(drug, "RadionuclideTotalDose"), number(drug, "RadionuclideHalfLife")
    for name, value in (("RadionuclideTotalDose", dose), ("RadionuclideHalfLife", half_life)):
        if value is None or value <= 0:
            return Reason("suv_attribute_missing", facts={"name": name})
    told = text(dataset, "DecayCorrection").upper()
    if told == "ADMIN":
        return dose or 0.0
    if told != "START":
        return Reason("suv_not_corrected")
    scan = _scan_start(dataset)
    given = None if drug is None or scan is None else _given(drug, scan)
    if scan is None or given is None:
        return Reason("suv_attribute_missing", facts={"name": "RadiopharmaceuticalStartTime, SeriesTime"})
    elapsed = (scan - given).total_seconds()
    if not 0 <= elapsed < 48 * 3600:
        return Reason("suv_times_impossible")
    return float((dose or 0.0) * 2 ** (-elapsed / (half_life or 1.0)))


def _scan_start(dataset: Dataset) -> datetime | None:
    """The series' start; when a workstation wrote a later one over it, the acquisition's."""
    series = _instant(text(dataset, "SeriesDate"), text(dataset, "SeriesTime"))
    taken = _instant(text(dataset, "AcquisitionDate"), text(dataset, "AcquisitionTime"))
    if series is None or (taken is not None and series > taken):
        return taken
    return series


def _given(drug: Dataset, scan: datetime) -> datetime | None:
    """When it was injected: with its date, else the time of day before the scan."""
    whole = text(drug, "RadiopharmaceuticalStartDateTime")
    if len(whole) >= 12:
        return _instant(whole[:8], whole[8:].split("+")[0].split("-")[0])
    found = _instant(f"{scan:%Y%m%d}", text(drug, "RadiopharmaceuticalStartTime"))
    return found - timedelta(days=1) if found is not None and found > scan else found


def _instant(day: str, time: str) -> datetime | None:
    """The scanner's own clock: no zone, and none is needed for differences."""
    digits = time.replace(":", "").split(".")[0]
    if len(digits) < 4:
        return None
    try:
        return datetime.strptime(f"{day} {digits:0<6}"[:15], "%Y%m%d %H%M%S")
    except ValueError:
        return None
