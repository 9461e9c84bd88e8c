"""What a judge says of a signature field, said of the form's slot: «Bác sĩ điều trị» instead of `slot_doctor`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from records.errors import Reason
from records.evidence import STAMP_FIELD
from records.forms import form
from records.render import slot_field
from records.signatures import Finding, Verdict


def in_words(verdict: Verdict) -> Verdict:
    """The verdict with each reason that names a field of the form naming its slot; unchanged without a version."""
    if verdict.version is None:
        return verdict
    ref = verdict.version.form
    kind = form(ref.code, ref.edition).kind(ref.kind)
    labels = {STAMP_FIELD: "cả tệp", **{slot_field(slot.key): slot.label for slot in kind.slots}}
    return replace(verdict, findings=_worded(verdict.findings, labels), signatures=tuple(
        replace(signature, findings=_worded(signature.findings, labels)) for signature in verdict.signatures))


def _worded(findings: tuple[Finding, ...], labels: Mapping[str, str]) -> tuple[Finding, ...]:
    return tuple(replace(finding, reasons=tuple(_renamed(reason, labels) for reason in finding.reasons))
                 for finding in findings)


def _renamed(reason: Reason, labels: Mapping[str, str]) -> Reason:
    return replace(reason, where=labels.get(reason.where, reason.where))
