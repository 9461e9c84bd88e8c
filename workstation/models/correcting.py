"""What a new version says of the one before it, as a value and in the words of the paper (R32, R34)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from records.entries import Author, Correction, FieldChange, Version, changes
from records.forms import EntryKind, form
from records.messages import EntryView
from records.succession import changed_fields
from workstation.drafts import LocalDraft


def correction_of(base: EntryView | None, draft: LocalDraft, new: Version, kind: EntryKind) -> Correction | None:
    """The reason, which fields differ, and whose text is taken up again; None for an entry's first version."""
    if base is None:
        return None
    given = draft.restoration
    return Correction(
        reason=draft.correction_reason.strip(), of_version=base.version, of_sha256=base.sha256,
        changed=changed_fields(Version.model_validate(base.body), new, kind),
        restores=given.restores if given else None, permitted_by=given.permitted_by if given else None)


def changes_of(base: EntryView, values: Mapping[str, Any], kind: EntryKind) -> tuple[FieldChange, ...]:
    """Field by field against the signed text, in the form's order."""
    old = Version.model_validate(base.body)
    new = old.model_copy(update={"values": values})
    return changes(old, new, {field.key: field.label for field in kind.fields})


def on_paper(
    base: EntryView, draft: LocalDraft, values: Mapping[str, Any], *, author: Author, at: datetime,
) -> tuple[str, ...]:
    """The very lines of the paper; dots stand where the reason is still missing."""
    from records.render.amended import amended_lines  # the paper's parts are heavy, and a start need not wait

    kind = form(draft.form.code, draft.form.edition).kind(draft.form.kind)
    new = Version.model_validate(base.body).model_copy(update={
        "version": base.version + 1, "values": values, "author": author, "written_at": at})
    told = draft.model_copy(update={"correction_reason": draft.correction_reason.strip() or "…"})
    return amended_lines(new.model_copy(update={"correction": correction_of(base, told, new, kind)}), kind)
