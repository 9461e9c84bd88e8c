"""Hanging rules: each file is sound, and real mixes of series open where a reader looks for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from records.image_lists import ImageSeriesView, ImageStudyView
from workstation.models.images.hanging import Hung, comparable, hang, hanging_rules, offered, relaid
from workstation.models.images.presets import _sets

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)


def series(uid: str, description: str = "", **changes: Any) -> ImageSeriesView:
    told = {"uid": uid, "modality": "CT", "number": int(uid[-1]), "description": description, "body_part": "CHEST",
            "instances": 60, "frames": 60, **changes}
    return ImageSeriesView(**told)


def study(uid: str, *of: ImageSeriesView, date: str = "20261116", **changes: Any) -> ImageStudyView:
    told = {"uid": uid, "date": date, "modalities": tuple({one.modality for one in of}), "series": of,
            "received_at": NOW, **changes}
    return ImageStudyView(**told)


def xray(uid: str, date: str, part: str = "CHEST") -> ImageStudyView:
    return study(uid, series(f"{uid}.1", modality="DX", body_part=part, instances=1, frames=1), date=date)


def test_a_chest_ct_opens_as_the_picture_shows() -> None:
    now = study("1", series("1.1", "Trung that 2,5"), series("1.2", "Phoi 1,25 mm"))
    found = hang(now, [xray("3", "20250212"), xray("2", "20261115")])
    assert (found.rows, found.columns) == (2, 2)
    assert found.ports == (
        Hung("1", "1.2", "lung"), Hung("1", "1.1", "mediastinum"), Hung("1", "1.2", "lung", "coronal"),
        Hung("2", "2.1", prior=True))


def test_without_a_prior_its_viewport_is_empty_and_nothing_else_moves_in() -> None:
    found = hang(study("1", series("1.1", "Phoi"), series("1.2", "Trung that")))
    assert found.ports[3] == Hung()
    assert [one.series_uid for one in found.ports[:3]] == ["1.1", "1.2", "1.1"]


def test_no_plane_is_made_through_a_few_thick_slices_and_its_row_goes() -> None:
    found = hang(study("1", series("1.1", "Phoi", frames=8), series("1.2", "Trung that", frames=8)))
    assert (found.rows, found.columns) == (1, 2)


@pytest.mark.parametrize(("modality", "count", "layout"), [
    ("MR", 1, (1, 1)), ("MR", 2, (1, 2)), ("MR", 4, (2, 2)), ("MR", 5, (2, 3)), ("MR", 9, (3, 3)), ("MR", 12, (3, 3)),
    ("CT", 1, (1, 1)), ("CT", 3, (2, 2)), ("US", 1, (1, 1)), ("DX", 2, (1, 2)), ("MG", 4, (2, 2)), ("XYZ", 2, (1, 2)),
])
def test_every_number_of_series_has_its_layout(modality: str, count: int, layout: tuple[int, int]) -> None:
    found = hang(study("1", *(series(f"1.{at}", modality=modality, body_part="KNEE") for at in range(1, count + 1))))
    assert (found.rows, found.columns) == layout
    shown = [one.series_uid for one in found.ports if one.series_uid]
    assert len(shown) == len(set(shown)) == min(count, 9 if layout == (3, 3) else count)


def test_an_x_ray_opens_beside_the_newest_one_of_the_same_part() -> None:
    others = [xray("2", "20250212"), xray("3", "20261115"), xray("4", "20261116", "KNEE"), xray("5", "20270101")]
    found = hang(xray("1", "20261116"), others)
    assert found.ports == (Hung("1", "1.1"), Hung("3", "3.1", prior=True))


def test_priors_of_the_same_modality_come_first_and_later_studies_never() -> None:
    ct, old = study("9", series("9.1", "nguc"), date="20240101"), xray("2", "20260101")
    assert [one.uid for one in comparable(study("1", series("1.1", "CT nguc")), [old, ct])] == ["9", "2"]
    assert comparable(old, [study("1", series("1.1"))]) == ()


def test_where_no_part_is_told_the_others_are_offered_by_device_then_by_date_and_that_is_said() -> None:
    """Many old devices write no body part and no words: nothing of the person was offered then."""
    ct = study("9", series("9.1", "nguc"), date="20240101")
    others = [ct, xray("2", "20260101"), xray("3", "20250101", "KNEE"), xray("4", "20270101"), study("5", date="2026")]
    now = xray("1", "20261116", "")
    found, said = offered(now, others)
    assert [one.uid for one in found] == ["2", "3", "9"], "the X-rays first; none that is later or has no picture"
    assert "Không rõ bộ phận" in said
    assert comparable(now, others) == (), "none hangs by itself"
    assert hang(now, others).ports == (Hung("1", "1.1"),)
    assert offered(xray("1", "20261116"), others) == ((others[1], ct), "")


def test_a_part_that_only_the_device_names_is_compared_by_its_own_word() -> None:
    now, same, other = (xray(uid, date, part) for uid, date, part in (
        ("1", "20261116", "THYROID"), ("2", "20250101", "THYROID"), ("3", "20260101", "HEART")))
    assert offered(now, [other, same]) == ((same,), "")


def test_a_study_without_pictures_opens_with_what_it_tells() -> None:
    told = [series(f"1.{at}", modality=one, shown=False) for at, one in enumerate(("PR", "KO", "ECG", "SR"), 1)]
    found = hang(study("1", *told))
    assert (found.rows, found.columns, found.ports) == (1, 1, (Hung("1", "1.3"),))
    assert hang(study("1", *told[:1])).ports == (Hung("1", "1.1"),)
    assert hang(study("1", series("1.1", instances=0))).ports == ()


def test_another_layout_moves_nothing_that_has_room() -> None:
    found = hang(study("1", series("1.1", "Phoi"), series("1.2", "Trung that")), [xray("2", "20250101")])
    wider = relaid(found, 2, 3)
    assert [wider.ports[at] for at in (0, 1, 3, 4)] == list(found.ports)
    assert relaid(found, 1, 1).ports == found.ports[:1]


def test_every_rule_fits_its_layout_and_knows_its_presets() -> None:
    assert len(hanging_rules()) >= 6
    assert _sets()
    for rule in hanging_rules():
        assert rule.layout[-1].series == 1, rule.name
        for layout in rule.layout:
            assert len(layout.ports) <= layout.rows * layout.columns, rule.name
            assert {port.preset for port in layout.ports} <= {"", "lung", "mediastinum", "bone"}, rule.name
