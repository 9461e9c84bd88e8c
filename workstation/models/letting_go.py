"""A draft here goes when its text stands in a signed version at the server; text that differs stays for its writer.

Somebody else may sign what was written for them: the ward head opens the cover and signs it as the doctor's. The
server then has no draft of it any more, and the doctor's PC must not go on showing one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from records.errors import Refusal, Trouble
from records.forms import form
from records.messages import EntryView
from records.validation import clean
from workstation.client import Client
from workstation.drafts import LocalDraft

if TYPE_CHECKING:
    from workstation.drafts import Store


def stands_in(draft: LocalDraft, view: EntryView) -> bool:
    """Whether nothing of the draft is lost with it: the version came after what it was begun on, and says the same.

    What a form gathers is made at signing and is nobody's text.
    """
    if view.version <= draft.base_version or view.form != draft.form or draft.theirs is not None:
        return False
    reason = view.correction.reason if view.correction is not None else ""
    if (view.occurred_at, reason.strip()) != (draft.occurred_at, draft.correction_reason.strip()):
        return False
    kind = form(draft.form.code, draft.form.edition).kind(draft.form.kind)
    mine, signed = clean(kind, draft.values, signing=False), view.body.get("values", {})
    made = {field.key for field in kind.fields if field.type == "gathered"}
    return not mine.problems and all(signed.get(key) == value for key, value in mine.values.items() if key not in made)


def let_go(store: Store, client: Client, entry: UUID) -> UUID | None:
    """Let the entry's draft go if its text was signed; the entry, or None when nothing went."""
    held = store.draft(entry)
    if held is None or held.command is not None or held.sent is not None:
        return None
    try:
        view = client.entry(entry)
    except Trouble:
        raise
    except Refusal:
        return None  # nobody has signed it
    gone = stands_in(held, view) and store.drop_unchanged(held)
    return entry if gone else None


def let_go_of_mine(store: Store, client: Client, still: Collection[UUID]) -> tuple[UUID, ...]:
    """The same for each draft that the server once had and has no more; `still`: those that it has."""
    vanished = [held.entry for held in store.drafts() if held.server_revision and held.entry not in still]
    return tuple(entry for entry in vanished if let_go(store, client, entry) is not None)
