"""R36: who is told that a released result was corrected or cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from records.entries import Correction, State
from records.forms import EntryKind, Role, form
from records.telling import Told, orderers_named, recipients, same_name, told_against, told_of_cancelling
from tests.records import factories as make

NOI, NGOAI = uuid4(), uuid4()


@dataclass(frozen=True)
class Colleague:
    name: str
    roles: frozenset[Role]
    wards: frozenset[UUID]
    id: UUID


def colleague(name: str, *wards: UUID, role: Role = Role.DOCTOR) -> Colleague:
    return Colleague(name, frozenset({role}), frozenset(wards), uuid4())


HA, SON, OTHER_HA = colleague("Lê Thu Hà", NOI), colleague("Nguyễn Văn Sơn", NOI), colleague("Lê Thu Hà", NGOAI)
NURSE, DIRECTOR = colleague("Lê Thu Hà", NOI, role=Role.NURSE), colleague("Hoàng Minh Tuấn", role=Role.DIRECTOR)
HERE = (HA, SON, OTHER_HA, NURSE, DIRECTOR)


def result_kind() -> EntryKind:
    return form("08/BV2", "2024-01-01").kind("result")


@pytest.mark.parametrize(("before", "told"), [
    ([(1, State.SIGNED)], 1),
    ([(1, State.PARTLY_SIGNED)], None),
    ([(1, State.SIGNED), (2, State.PARTLY_SIGNED)], 1),
    ([(1, State.AMENDED), (2, State.SIGNED)], 2),
    ([(1, State.CANCELLED)], 1),
    ([], None),
])
def test_who_ordered_hears_of_a_change_to_what_was_released(before: list[tuple[int, State]], told: int | None) -> None:
    """R36."""
    new = make.version(version=3, correction=Correction(reason="Ghi nhầm bên", of_version=2, of_sha256="0" * 64))
    assert told_against(new, result_kind(), before) == told
    assert told_against(new, make.treatment_row(), before) is None
    assert told_against(make.version(), result_kind(), before) is None


def test_the_orderer_is_whom_the_old_or_the_new_version_names() -> None:
    """R36: a mended name does not take the notice away from who had read the result."""
    old, new = make.version(values={"orderer": "Lê  Thu Hà"}), make.version(values={"orderer": "Lê Thu Hà"})
    other = make.version(values={"orderer": "Nguyễn Văn Sơn"})
    assert orderers_named(result_kind(), old, new) == ("Lê Thu Hà",)
    assert orderers_named(result_kind(), old, other) == ("Lê Thu Hà", "Nguyễn Văn Sơn")
    assert orderers_named(result_kind(), make.version(values={})) == ()
    assert orderers_named(make.treatment_row(), old) == ()


@pytest.mark.parametrize(("written", "same"), [
    ("Lê Thu Hà", True), ("BS. lê thu hà", True), ("BS. CKI. Lê Thu Hà", True), ("Thu Hà", False),
    ("Trần Lê Thu Hà", False), ("Lê Thu Hà Anh", False), ("", False),
])
def test_a_name_is_the_persons_with_or_without_the_title(written: str, same: bool) -> None:
    assert same_name(written, "Lê Thu Hà") is same


@pytest.mark.parametrize(("state", "told"), [
    (State.SIGNED, True), (State.PARTLY_SIGNED, False), (State.AMENDED, False),
])
def test_who_ordered_hears_of_a_released_result_that_is_cancelled(state: State, told: bool) -> None:
    """R33, R36."""
    assert told_of_cancelling(result_kind(), state) is told
    assert not told_of_cancelling(make.treatment_row(), state)


@pytest.mark.parametrize(("names", "ward", "stayed", "told"), [
    (["BS. Lê Thu Hà"], NOI, [NOI], Told((HA.id,), named=True)),
    (["Lê Thu Hà"], NGOAI, [NOI, NGOAI], Told((HA.id, OTHER_HA.id), named=True)),
    (["Lê Thu Hà"], uuid4(), [uuid4()], Told((HA.id, OTHER_HA.id), named=True)),
    (["Lê Thu Hà", "Nguyễn Văn Sơn", "BS. Lê Thu Hà"], NOI, [NOI], Told((HA.id, SON.id), named=True)),
    (["Người đã nghỉ"], NOI, [NOI], Told((HA.id, SON.id), named=False)),
    ([], NGOAI, [NGOAI], Told((OTHER_HA.id,), named=False)),
    ([], uuid4(), [], Told((DIRECTOR.id,), named=False)),
])
def test_the_named_are_told_or_the_wards_doctors_and_somebody_always(
    names: list[str], ward: UUID, stayed: list[UUID], told: Told,
) -> None:
    """R36: a name that nobody bears leaves nobody untold."""
    assert recipients(names, HERE, ward, stayed) == told
