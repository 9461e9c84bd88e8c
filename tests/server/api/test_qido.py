"""What a search answers: all that the standard's tables demand at each level, and what else is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydicom import Dataset
from sqlalchemy import text

from server.services import image_headers, image_receiving
from server.services.image_receiving import receive
from server.store import base
from server.store.image_search import REQUESTS
from tests.server.api.test_dicomweb import FIRST, MINE, SERIES, STUDY
from tests.server.house import House
from tests.server.pictures import a_slice, as_file, uid

STUDY_AT = f"/dicomweb/studies/{STUDY}"
LEVELS = {"/dicomweb/studies": 0, f"{STUDY_AT}/series": 1, f"{STUDY_AT}/instances": 2}
TABLES = (
    {"00080005", "00080020", "00080030", "00080050", "00080056", "00080061", "00080090", "00081190", "00100010",
     "00100020", "00100030", "00100040", "0020000D", "00200010", "00201206", "00201208"},
    {"00080005", "00080060", "0008103E", "00081190", "0020000E", "00200011", "00201209", "00400244", "00400245",
     "00400275"},
    {"00080005", "00080016", "00080018", "00080056", "00081190", "00200013", "00280010", "00280011", "00280100",
     "00280008"},
)
"""PS3.18 tables 10.6.3-3, 10.6.3-4 and 10.6.3-5."""


def requested(step: str, procedure: str) -> Dataset:
    item = Dataset()
    item.ScheduledProcedureStepID, item.RequestedProcedureID = step, procedure
    return item


def a_full_slice(number: int, **changes: Any) -> Dataset:
    data = a_slice(number=number, **{**MINE, "PerformedProcedureStepStartDate": "20261125",
                                     "PerformedProcedureStepStartTime": "081000", "KVP": "120", "PatientAge": "067Y",
                                     "RequestAttributesSequence": [requested("S7", "R7")],
                                     "ProtocolName": "Ngực", **changes})
    data.private_block(0x0019, "MAKER", create=True).add_new(0x01, "LO", "own words")
    data.add_new(0x00420011, "OB", bytes(2000))
    return data


def told(answer: dict[str, Any], tag: str) -> Any:
    return answer[tag].get("Value")


def test_all_that_the_tables_demand_is_answered_also_of_what_came_before_it_was_kept(
    house: House, monkeypatch: pytest.MonkeyPatch,
) -> None:
    receive(house.hospital, as_file(a_full_slice(1)), sender="CT1")
    # As images were filed before there were these columns.
    whole = image_headers.read_header
    monkeypatch.setattr(image_receiving, "read_header", lambda file: replace(whole(file), bits=None))
    receive(house.hospital, as_file(a_full_slice(2)), sender="CT1")
    for before in (False, True):
        if before:
            with base.transaction(house.hospital.engine) as db:
                db.execute(text("UPDATE image_series SET step_date = NULL, step_time = NULL, requests = NULL"))
        with house.sign_in("ha") as web:
            for path, level in LEVELS.items():
                for answer in web.get(path).json():
                    assert set(answer) >= TABLES[level], path
            [series] = web.get(f"{STUDY_AT}/series").json()
            assert (told(series, "00400244"), told(series, "00400245")) == (["20261125"], ["081000"])
            [item] = told(series, "00400275")
            assert (told(item, "00400009"), told(item, "00401001")) == (["S7"], ["R7"])
            images = web.get(f"{STUDY_AT}/instances").json()
            assert [told(one, "00280100") for one in images] == [[16], [16]]
            assert [told(one, "00080056") for one in images] == [["ONLINE"]] * 2


def test_any_attribute_that_is_held_is_included_for_who_asks(house: House) -> None:
    receive(house.hospital, as_file(a_full_slice(1)), sender="CT1")
    with house.sign_in("ha") as web:
        def asked(path: str, *fields: str) -> dict[str, Any]:
            answer = web.get(path, params={"includefield": list(fields)})
            assert "warning" not in answer.headers
            [found] = answer.json()
            return dict(found)

        plain = asked(f"{STUDY_AT}/instances")
        some = asked(f"{STUDY_AT}/instances", "KVP,00191001", "PatientAge", f"{REQUESTS}.RequestedProcedureID")
        assert set(some) - set(plain) == {"00180060", "00191001", "00101010"}
        assert (told(some, "00180060"), told(some, "00191001")) == ([120], ["own words"])
        whole = asked(f"{STUDY_AT}/instances", "all")
        assert {"00180060", "00191001", "00101010", "00181030", "00280030", "00280100"} <= set(whole)
        assert "7FE00010" not in whole
        long = whole["00420011"]["BulkDataURI"]
        assert long.startswith(f"{house.settings.public_url}{STUDY_AT}/series/{SERIES}/instances/{FIRST}/bulkdata/")
        assert bytes(2000) in web.get(long.removeprefix(house.settings.public_url)).content
        assert told(asked("/dicomweb/studies", "all"), "00101010") == ["067Y"]
        series = asked(f"{STUDY_AT}/series", "all")
        assert told(series, "00181030") == ["Ngực"]
        assert "00180060" not in series, "of an image, not of its series"
        assert told(asked(f"{STUDY_AT}/series", "KVP"), "00180060") == [120], "of its first image, for who names it"


def test_what_a_person_settled_stands_against_what_the_file_says(house: House) -> None:
    receive(house.hospital, as_file(a_full_slice(1)), sender="CT1")
    with base.transaction(house.hospital.engine) as db:
        db.execute(text("UPDATE image_studies SET full_name = 'TRAN^THI SEN'"))
    with house.sign_in("ha") as web:
        [study] = web.get("/dicomweb/studies", params={"includefield": "all"}).json()
    assert told(study, "00100010") == [{"Alphabetic": "TRAN^THI SEN"}]


def test_series_are_found_by_what_they_were_requested_as(house: House) -> None:
    receive(house.hospital, as_file(a_full_slice(1)), sender="CT1")
    receive(house.hospital, as_file(a_slice(series="other", **MINE)), sender="CT1")
    with house.sign_in("ha") as web:
        for query, found in (
            ({"RequestAttributesSequence.ScheduledProcedureStepID": "S7"}, True),
            ({"00400275.00401001": "R7"}, True), ({"00400275.00401001": "S7"}, False),
            ({"PerformedProcedureStepStartDate": "20261101-20261130"}, True),
            ({"PerformedProcedureStepStartDate": "20261126-"}, False),
        ):
            answer = web.get(f"{STUDY_AT}/series", params=query)
            assert "warning" not in answer.headers, query
            assert [told(one, "0020000E") for one in answer.json()] == ([[uid("study", "series")]] if found else [])
        odd = web.get(f"{STUDY_AT}/series", params={"RequestAttributesSequence": "S7*", "00400275.00400275": "x"})
        assert odd.headers["warning"].startswith('299 benhan "Not matched here: RequestAttributesSequence')
