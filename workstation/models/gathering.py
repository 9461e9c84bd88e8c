"""What a composition puts together: the signed entries of its form, as its value lists them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from records.entries import FormRef, State
from records.forms import EntryKind
from workstation.models.timeline import TimelineItem


def gathered(kind: EntryKind, form: FormRef, items: Sequence[TimelineItem]) -> dict[str, Any]:
    """By field key: entry, kind, version and digest of each fully signed entry, in the order that the form names."""
    signed = [item.view for item in items if item.view is not None and item.view.state is State.SIGNED
              and item.view.form.code == form.code and item.view.form.kind in kind.gathers]
    listed = [{"entry": str(view.id), "kind": view.form.kind, "version": view.version, "sha256": view.sha256}
              for view in sorted(signed, key=lambda view: (kind.gathers.index(view.form.kind), view.occurred_at))]
    return {field.key: listed for field in kind.fields if field.type == "gathered" and listed}
