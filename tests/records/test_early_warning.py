"""NEWS2 against the chart that the Royal College of Physicians published in 2017."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import pytest

from records.early_warning import EarlyWarning, Level, Observations, early_warning, observed

WELL: dict[str, Any] = {
    "breaths": 16, "spo2": 97, "oxygen": False, "systolic": 120, "pulse": 70, "consciousness": "A",
    "temperature": Decimal("37.0"),
}


def score(scale: Literal[1, 2] = 1, **signs: Any) -> EarlyWarning:
    return early_warning(Observations(**{**WELL, **signs}), scale)


# Every edge of the published chart: sign, value, points.
CHART: list[tuple[str, Any, int]] = [
    *[("breaths", value, points) for value, points in
      [(4, 3), (8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3), (60, 3)]],
    *[("spo2", value, points) for value, points in
      [(70, 3), (91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)]],
    *[("oxygen", value, points) for value, points in [(False, 0), (True, 2)]],
    *[("systolic", value, points) for value, points in
      [(60, 3), (90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3), (260, 3)]],
    *[("pulse", value, points) for value, points in
      [(30, 3), (40, 3), (41, 1), (50, 1), (51, 0), (90, 0), (91, 1), (110, 1), (111, 2), (130, 2), (131, 3)]],
    *[("consciousness", value, points) for value, points in [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)]],
    *[("temperature", Decimal(value), points) for value, points in
      [("34.0", 3), ("35.0", 3), ("35.1", 1), ("36.0", 1), ("36.1", 0), ("38.0", 0), ("38.1", 1), ("39.0", 1),
       ("39.1", 2), ("41.0", 2)]],
]


@pytest.mark.parametrize(("sign", "value", "points"), CHART)
def test_each_sign_scores_as_the_published_chart_says(sign: str, value: Any, points: int) -> None:
    warning = score(**{sign: value})
    assert warning.parts[sign] == points
    assert warning.score == points


SCALE_2 = [
    (80, False, 3), (83, False, 3), (84, False, 2), (85, False, 2), (86, False, 1), (87, False, 1), (88, False, 0),
    (92, False, 0), (93, False, 0), (100, False, 0),
    (83, True, 3), (85, True, 2), (87, True, 1), (88, True, 0), (92, True, 0), (93, True, 1), (94, True, 1),
    (95, True, 2), (96, True, 2), (97, True, 3), (100, True, 3),
]


@pytest.mark.parametrize(("spo2", "oxygen", "points"), SCALE_2)
def test_scale_2_punishes_a_high_saturation_only_under_oxygen(spo2: int, oxygen: bool, points: int) -> None:
    assert score(2, spo2=spo2, oxygen=oxygen).parts["spo2"] == points


def test_one_sign_alone_at_3_is_watched_although_the_sum_is_low() -> None:
    assert score(consciousness="C").text == "3 Chú ý"
    assert score(breaths=21, pulse=95).text == "3 Thấp"


def test_5_is_medium_and_7_is_high() -> None:
    assert score(breaths=21, pulse=111).level is Level.LOW
    assert score(breaths=21, pulse=111, temperature=Decimal("38.5")).level is Level.MEDIUM
    assert score(breaths=21, pulse=111, oxygen=True).level is Level.MEDIUM
    assert score(breaths=21, pulse=111, oxygen=True, spo2=95).level is Level.HIGH


def test_a_missing_sign_is_named_and_the_rest_still_counts() -> None:
    warning = score(consciousness=None, pulse=131)
    assert warning.missing == ("consciousness",)
    assert not warning.complete
    assert warning.score == 3


def test_the_values_of_a_measurement_become_observations_with_blank_oxygen_as_room_air() -> None:
    values = {"pulse": 96, "temperature": "38.2", "systolic": 145, "diastolic": 85, "breaths": 22, "spo2": 94,
              "consciousness": "A"}
    warning = early_warning(observed(values))
    assert warning.complete
    assert warning.text == "5 Vừa"


def test_without_a_saturation_nobody_knows_about_the_oxygen() -> None:
    assert "oxygen" in early_warning(observed({"pulse": 80})).missing


def test_a_flow_of_oxygen_and_a_ventilator_both_count_as_oxygen() -> None:
    assert observed({"spo2": 95, "oxygen": "2.0"}).oxygen is True
    assert observed({"spo2": 95, "ventilated": True}).oxygen is True
