"""What may come after a signed version, or in its place: every rule once kept and once broken (R31-R37)."""

from __future__ import annotations

import tomllib
from typing import Any
from uuid import UUID

import pytest

from records.bundled import bundled
from records.canonical import encode, sha256
from records.entries import Correction, FormRef, RelatesTo, State, Version
from records.forms import Amending, EntryKind, all_forms, form
from records.signing_order import catalogue
from records.succession import (
    Before,
    Permission,
    Target,
    changed_fields,
    follows,
    may_not_follow,
    may_restore,
    relates,
)
from tests.records import factories as make

CERTIFICATE = FormRef(code="TT25-M02", edition="2025-07-01", kind="certificate")
LOST = "Giấy bị mất hoặc bị hỏng; người nhà báo mất"
GIVEN = Permission(1, "Hủy nhầm", "BSCKI. Đỗ Văn Thành")


def after(old: Version, **changes: Any) -> Version:
    """The next version, with other plan and a correction that names it."""
    correction = Correction(**{"reason": "Ghi nhầm", "of_version": old.version, "of_sha256": "0" * 64,
                               "changed": ("plan",), **changes.pop("why", {})})
    values = changes.pop("values", {**old.values, "plan": "Đổi kế hoạch."})
    return old.model_copy(update={"version": old.version + 1, "correction": correction, "values": values, **changes})


def codes(new: Version, before: Before, kind: EntryKind | None = None) -> list[str]:
    return [reason.code for reason in follows(new, kind or make.treatment_row(), before)]


def test_a_correction_names_exactly_the_fields_that_differ() -> None:
    old = make.version()
    assert changed_fields(old, after(old), make.treatment_row()) == ("plan",)
    assert codes(after(old), Before(old, State.SIGNED)) == []
    for changed in (None, (), ("plan", "objective"), ("objective",)):
        wrong = after(old, why={"changed": changed})
        assert codes(wrong, Before(old, State.SIGNED)) == ["correction_changes_differ"]


def test_a_cancelled_entry_is_restored_and_not_corrected() -> None:
    old = make.version()
    assert codes(after(old), Before(old, State.CANCELLED)) == ["cancelled_is_restored"]
    again = after(old, values=old.values, why={"changed": (), "restores": 1, "reason": GIVEN.reason,
                                                "permitted_by": GIVEN.permitted_by})
    assert codes(again, Before(old, State.CANCELLED, old, GIVEN)) == []


@pytest.mark.parametrize(("why", "text", "given", "code"), [
    ({}, {}, None, "restore_not_permitted"),
    ({"reason": "Một lý do khác"}, {}, GIVEN, "restore_not_permitted"),
    ({"permitted_by": "BS. Tự cho"}, {}, GIVEN, "restore_not_permitted"),
    ({"changed": ("plan",)}, {"plan": "Thêm một câu."}, GIVEN, "restored_text_differs"),
])
def test_a_restored_text_is_the_old_one_and_was_permitted(
    why: dict[str, Any], text: dict[str, Any], given: Permission | None, code: str,
) -> None:
    old = make.version()
    new = after(old, values={**old.values, **text}, why={
        "changed": (), "restores": 1, "reason": GIVEN.reason, "permitted_by": GIVEN.permitted_by, **why})
    assert codes(new, Before(old, State.CANCELLED, old, given)) == [code]


def test_a_plain_correction_claims_no_permission() -> None:
    old = make.version()
    assert codes(after(old, why={"permitted_by": "BS. Ai đó"}), Before(old, State.SIGNED)) == ["restore_not_permitted"]


@pytest.mark.parametrize(("restores", "state", "code"), [
    (1, State.SIGNED, None), (2, State.CANCELLED, None), (2, State.SIGNED, "nothing_to_restore"),
    (3, State.CANCELLED, "nothing_to_restore"), (0, State.CANCELLED, "nothing_to_restore"),
    (1, State.REPLACED, "entry_was_replaced"),
])
def test_what_may_be_restored_of_two_versions(restores: int, state: State, code: str | None) -> None:
    why = may_restore(make.treatment_row(), 2, state, restores)
    assert (why.code if why else None) == code


def certificate() -> EntryKind:
    return form(CERTIFICATE.code, CERTIFICATE.edition).kind(CERTIFICATE.kind)


def test_an_issued_certificate_is_replaced_and_one_that_is_not_issued_yet_is_corrected() -> None:
    issued = may_not_follow(certificate(), State.SIGNED, restores=False)
    assert issued is not None
    assert issued.code == "issued_is_replaced"
    assert may_not_follow(certificate(), State.PARTLY_SIGNED, restores=False) is None
    assert may_not_follow(make.treatment_row(), State.SIGNED, restores=False) is None


def pair(**changes: Any) -> tuple[Version, Target]:
    """A certificate and the one that takes its place."""
    old = make.version(form=CERTIFICATE, values={"record_no": "26-004812", "treatment": "Kháng sinh 7 ngày."})
    digest = sha256(encode(old))
    relation = RelatesTo(**{"code": "replaces", "entry": old.entry, "version": 1, "sha256": digest,
                            "named": "Giấy ra viện", "reason": LOST, **changes.pop("relation", {})})
    new = old.model_copy(update={"entry": UUID(int=77), "relates_to": relation, **changes})
    return new, Target(old, digest, State.SIGNED)


def related(new: Version, target: Target | None, kind: EntryKind | None = None) -> list[str]:
    return [reason.code for reason in relates(new, kind or certificate(), target)]


def test_a_replacement_names_the_issued_one_and_a_reason_of_the_list() -> None:
    assert related(*pair()) == []


@pytest.mark.parametrize(("changes", "state", "code"), [
    ({"relation": {"reason": "Vì muốn thế"}}, State.SIGNED, "replaced_for_other_reason"),
    ({"relation": {"sha256": "1" * 64}}, State.SIGNED, "relation_to_other_version"),
    ({"relation": {"version": 2}}, State.SIGNED, "relation_to_other_version"),
    ({}, State.PARTLY_SIGNED, "replaces_unissued"),
    ({}, State.REPLACED, "replaces_unissued"),
    ({"values": {"record_no": "26-000001"}}, State.SIGNED, "replacement_keeps"),
    ({"relation": {"code": "appends"}}, State.SIGNED, "not_an_addendum"),
])
def test_a_replacement_that_is_none_is_refused(changes: dict[str, Any], state: State, code: str) -> None:
    new, target = pair(**changes)
    assert related(new, Target(target.version, target.sha256, state)) == [code]


def test_a_row_takes_no_other_rows_place() -> None:
    old = make.version()
    relation = RelatesTo(code="replaces", entry=old.entry, version=1, sha256="a" * 64, named="Dòng", reason="Viết lại")
    new = old.model_copy(update={"entry": UUID(int=78), "relates_to": relation})
    assert related(new, Target(old, "a" * 64, State.SIGNED), make.treatment_row()) == ["not_replaceable"]
    assert related(new, None, make.treatment_row()) == ["relation_to_other_version"]


def test_an_addendum_says_to_what_it_adds() -> None:
    addendum = make.treatment_row().model_copy(update={"addendum": True})
    old = make.version()
    new = old.model_copy(update={"entry": UUID(int=79)})
    assert related(new, None, addendum) == ["addendum_to_nothing"]
    relation = RelatesTo(code="appends", entry=old.entry, version=1, sha256="a" * 64, named="Dòng",
                         reason="Giải phẫu bệnh về muộn")
    added = new.model_copy(update={"relates_to": relation})
    assert related(added, Target(old, "a" * 64, State.SIGNED), addendum) == []


def test_a_correction_keeps_what_its_entry_stands_for() -> None:
    new, _ = pair()
    loose = after(new, values=new.values, relates_to=None, why={"changed": ()})
    assert codes(loose, Before(new, State.PARTLY_SIGNED), certificate()) == ["relation_differs"]


def test_every_form_of_the_catalogue_says_how_a_signed_one_is_changed_and_the_built_ones_agree() -> None:
    """R33, R35-R38."""
    listed = {one.code: one for one in catalogue()}
    for one in listed.values():
        if one.kind == "order+result":
            assert one.amending is Amending.NOTIFY, one.code
        if one.code.startswith("TT26-"):
            assert (one.amending, one.leaves_house) == (Amending.REPLACE, True), one.code
        if "dấu" in one.notation or "KY_SO" in one.notation:
            assert (one.amending, one.leaves_house) == (Amending.REPLACE, True), one.code
        if one.kind in ("record", "consent"):
            assert (one.amending, one.leaves_house) == (Amending.CORRECT, False), one.code
    told = tomllib.loads(bundled("catalogue", "amending.toml").read_text("utf-8"))
    assert {code for codes in told.values() for code in codes} <= set(listed)
    for built in all_forms():
        for kind in built.kinds:
            if built.code in listed:
                # The request of a result form is a row like others: what is released, and told of, is the result.
                asks = listed[built.code].kind == "order+result" and kind.key == "request"
                asked = Amending.CORRECT if asks else listed[built.code].amending
                assert (kind.amending, kind.leaves_house) == (asked, listed[built.code].leaves_house), built.code
