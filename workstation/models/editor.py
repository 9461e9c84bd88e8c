"""One draft being written: values, problems by field, saved states, two texts, and the version that is signed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from records.entries import FieldChange, Version
from records.errors import Reason
from records.forms import EntryKind, Form
from records.messages import EntryView
from records.policy import Answer
from records.validation import Cleaned
from workstation.drafts.values import LocalDraft


class EditorModel(QObject):
    """The editor's state; the view shows it and hands changes on."""

    value_changed = pyqtSignal(str)
    """A field's value changed by other than the view: computed, merged, taken over."""
    checked = pyqtSignal()
    """Problems and warnings are new."""
    saved_changed = pyqtSignal()
    conflict_changed = pyqtSignal()
    closed = pyqtSignal()
    """The draft was signed, dropped, or is waiting in the outbox."""

    form: Form
    kind: EntryKind

    @property
    def draft(self) -> LocalDraft: ...
    @property
    def base(self) -> EntryView | None:
        """The signed entry that is corrected."""
    @property
    def values(self) -> Mapping[str, Any]: ...
    def value(self, key: str) -> Any: ...
    def set_value(self, key: str, value: Any) -> None:
        """The person typed; None or "" empties the field. Saved within a second."""
    @property
    def occurred_at(self) -> datetime: ...
    def set_occurred_at(self, at: datetime) -> None: ...
    @property
    def correction_reason(self) -> str: ...
    def set_correction_reason(self, reason: str) -> None: ...
    def shown(self, key: str) -> bool:
        """Whether `shown_when` holds."""
    def problems(self, key: str = "") -> tuple[Reason, ...]:
        """What is wrong at a field (and its rows), or everywhere."""
    def warnings(self, key: str = "") -> tuple[Reason, ...]: ...
    @property
    def missing(self) -> tuple[Reason, ...]:
        """What signing still demands: «Trước khi ký»."""
    def cleaned(self, *, signing: bool) -> Cleaned: ...
    def changes(self) -> tuple[FieldChange, ...]:
        """Field by field against the base, in the form's order."""
    @property
    def saved_line(self) -> str: ...
    @property
    def received_line(self) -> str: ...
    @property
    def conflict_fields(self) -> tuple[FieldChange, ...]:
        """Fields with two texts (old = theirs, new = mine); others were merged silently."""
    def keep_mine(self, *keys: str) -> None: ...
    def keep_theirs(self, *keys: str) -> None: ...
    def join(self, *keys: str) -> None:
        """Both texts, one after the other (text fields; else mine)."""
    def may_sign(self, slot: str) -> Answer:
        """The policy's answer now, with the clock's and the outage's reasons."""
    def to_version(self, *, renderer: str, written_at: datetime) -> Version:
        """The version to render and sign; refuses with everything that is missing."""
    def signed(self, pdf: bytes, slot: str) -> None:
        """The token signed it: into the outbox, draft closed."""
    def drop(self) -> None:
        """Throw the draft away."""
