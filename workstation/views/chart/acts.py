"""What a person can do in a chart, bound to the window's actions: each with why it may not be done now."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from PyQt6.QtCore import QObject

from records.confirmations import is_confirmation
from records.entries import FormRef, State, Version
from records.errors import Reason, Refusal
from records.forms import EntryKind, Form
from records.messages import EntryView
from records.policy import Allowed
from workstation.drafts import LocalDraft
from workstation.models import confirming, house_signing, opening_capture
from workstation.models.amending import is_replaced_when_issued
from workstation.models.chart import ItemState
from workstation.models.history import LEAST_REASON, cancel_entry
from workstation.models.signing_tasks import Task, draft_task, slot_task
from workstation.models.timeline import names_of
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet
from workstation.views.chart.amending_acts import AmendingActs
from workstation.views.chart.before_signing import why_it_waits
from workstation.views.chart.capture import ask_and_show
from workstation.views.chart.comparing import compare, compare_at
from workstation.views.chart.confirming import ConfirmDialog
from workstation.views.chart.earlier import signed_values, yesterdays
from workstation.views.chart.kinds_menu import show_kinds
from workstation.views.chart.row_list import RowList
from workstation.views.prompts import AskText, Question

if TYPE_CHECKING:
    from workstation.views.chart.correction import CorrectionView
    from workstation.views.chart.place import ChartPlace


_OWNER = "chart_acts"


class ChartActs(QObject):
    """The acts of one chart place."""

    def __init__(self, place: ChartPlace, actions: ActionSet) -> None:
        super().__init__(place)
        self._place, self._actions = place, actions
        self._as_yesterday: EntryView | None = None
        self._writable: tuple[tuple[Form, EntryKind], ...] | None = None
        self.amending = AmendingActs(place, partial(compare_at, place))
        self._mine = {**self._table(), **self.amending.table()}
        for name, (do, refusal) in self._mine.items():
            actions.bind(name, do, refusal)
        actions.setProperty(_OWNER, id(self))

    def _table(self) -> dict[str, tuple[Callable[[], object], Callable[[], str]]]:
        place, always = self._place, lambda: ALLOWED
        return {
            "chart.timeline": (place.toggle_timeline, always),
            "chart.editor": (place.focus_middle, always),
            "chart.context": (place.toggle_context, always),
            "chart.write": (self.write, self._why_not_write),
            "chart.measure": (self.measure, self._why_not_write),
            "chart.orders": (self.orders, self._why_no_orders),
            "chart.next_missing": (partial(self._next, 1), self._only_writing),
            "chart.previous_missing": (partial(self._next, -1), self._only_writing),
            "chart.sign": (self.sign, self._why_not_sign),
            "chart.as_yesterday": (self.as_yesterday, self._why_not_yesterday),
            "chart.earlier": (self._earlier, lambda: ALLOWED if place.sheet is not None else NOT_NOW),
            "chart.correct": (self.correct, self._why_not_correct),
            "chart.cancel": (self.cancel, self._why_not_cancel),
            "chart.old_version": (self.old_version, self._why_no_old_version),
            "chart.filter": (place.timeline.begin_filter, always),
            "chart.preview": (self._print, lambda: ALLOWED if place.form is not None else NOT_NOW),
            "chart.confirm": (self.confirm, self._why_not_confirm),
            "chart.capture": (self.capture, self._why_not_capture),
            "chart.house_sign": (self.house_sign, self._why_not_house_sign),
            "chart.explain": (place.explain, self._why_not_explain),
            "chart.drop": (self.drop, self._only_writing),
        }

    def stop(self) -> None:
        """The place goes."""
        # The next chart's acts may be bound already: those stay.
        if self._actions.property(_OWNER) == id(self):
            self._actions.unbind(*self._mine)

    def refresh(self) -> None:
        """What may be done has changed."""
        self._actions.refresh()

    def changed(self) -> None:
        """The chart has changed: what may be begun is asked anew."""
        self._writable = None
        self.refresh()

    # Beginning to write

    def writable(self) -> tuple[tuple[Form, EntryKind], ...]:
        """What this person may begin now; asked once for each state of the chart."""
        if self._writable is None:
            self._writable = self._place.chart.writable()
        return self._writable

    def _why_not_write(self) -> str:
        return ALLOWED if self._place.chart.chart is not None and self.writable() else NOT_NOW

    def write(self) -> None:
        """F6, Ins: the kind of the open sheet at once, when it may be written; else the menu of kinds."""
        kinds = self.writable()
        found = self._place.form
        here = [(form, kind) for form, kind in kinds if found is not None and form.code == found.code
                and kind.key == form.layout.kind]
        if here and not self._place.writing.is_open:
            self._begin(*here[0])
        elif len(kinds) == 1:
            self._begin(*kinds[0])
        elif kinds:
            show_kinds(self._place.head, kinds, self._begin)

    def measure(self) -> None:
        """Ins: the next measurement on an open chart; everywhere else the menu of what may be written."""
        found = self._place.form
        here = [(form, kind) for form, kind in self.writable() if found is not None and form.code == found.code
                and form.layout.style == "chart" and kind.key == form.layout.kind]
        if here and not self._place.writing.is_open:
            self._begin(*here[0])
        else:
            show_kinds(self._place.head, self.writable(), self._begin)

    def begin_first(self) -> None:
        """Begin what this person writes most: the first row or column of a sheet (F6 on the ward board)."""
        for form, kind in self.writable():
            if kind.key == form.layout.kind:
                self._begin(form, kind)
                return
        self.write()

    def _begin(self, form: Form, kind: EntryKind) -> None:
        self._place.chart.begin(form, kind, about=self._place.current())

    def _why_not_yesterday(self) -> str:
        model = self._place.writing.model
        if model is not None:
            source = yesterdays(self._place.chart.items, model.draft.form, self._me) if not model.draft.base_version \
                else None
            return ALLOWED if source is not None else NOT_NOW
        return ALLOWED if self._source() is not None and self._why_not_write() == ALLOWED else NOT_NOW

    @property
    def _me(self) -> UUID:
        return self._place.desk.account.person.id

    def _source(self) -> EntryView | None:
        """The newest own entry of the sheet's kind."""
        found = self._place.form
        kinds = [kind for form, kind in self.writable()
                 if found is not None and form.code == found.code and kind.key == form.layout.kind]
        if found is None or not kinds:
            return None
        ref = FormRef(code=found.code, edition=found.edition, kind=kinds[0].key)
        return yesterdays(self._place.chart.items, ref, self._me)

    def as_yesterday(self) -> None:
        """Ctrl+D: my newest entry's text in a new draft; what is written already stays."""
        model = self._place.writing.model
        if model is None:
            self._as_yesterday = self._source()
            found = self._place.form
            if found is not None and self._as_yesterday is not None:
                self._place.chart.draft_ready.connect(self._fill_new)
                self._begin(found, found.kind(found.layout.kind))
            return
        source = yesterdays(self._place.chart.items, model.draft.form, self._me)
        if source is not None:
            empty = {key: value for key, value in signed_values(source).items() if model.value(key) in (None, "", [])}
            model.take_over(empty)

    def _fill_new(self, draft: LocalDraft) -> None:
        self._place.chart.draft_ready.disconnect(self._fill_new)
        source, model = self._as_yesterday, self._place.writing.model
        if source is not None and model is not None and model.draft.entry == draft.entry:
            model.take_over(signed_values(source))

    # Within the editor

    def _only_writing(self) -> str:
        return ALLOWED if self._place.writing.is_open else NOT_NOW

    def _next(self, step: int) -> None:
        self._place.writing.next_missing(step)

    def _orders(self) -> RowList | None:
        lines = self._place.writing.lines
        tables = [line.blank for line in lines.lines.values()] if lines is not None else []
        return next((blank for blank in tables if isinstance(blank, RowList)), None)

    def _why_no_orders(self) -> str:
        return ALLOWED if self._orders() is not None and self._place.writing.correction is None else NOT_NOW

    def orders(self) -> None:
        """F5: a new order."""
        table = self._orders()
        lines = self._place.writing.lines
        if table is not None and lines is not None:
            table.begin_row()
            lines.reveal_focus()

    def _earlier(self) -> None:
        if self._place.sheet is not None:
            self._place.sheet.show_earlier()

    def drop(self) -> None:
        """Throw the draft away, after asking."""
        model, chart = self._place.writing.model, self._place.chart.chart
        if model is not None:
            Question("Bỏ bản nháp này", "Bản nháp sẽ mất hẳn ở máy này và ở máy chủ. Văn bản đã ký không đổi.",
                     "Bỏ nháp", self._place, on_yes=model.drop,
                     patient=chart.patient if chart is not None else None).show_over()

    # Signing

    def _why_not_sign(self) -> str:
        if self._place.writing.model is not None:
            return ALLOWED
        item = self._place.current()
        if item is None or item.view is None or not item.view.open_slots:
            return NOT_NOW
        answers = [self._place.chart.may_sign(item.entry, slot) for slot in item.view.open_slots]
        waits = why_it_waits(self._place.chart.chart, item.view) or NOT_NOW
        return ALLOWED if any(isinstance(answer, Allowed) for answer in answers) else waits

    def sign(self) -> None:
        """F9: hand the draft, or the open slot that is mine, to the signing model; first what is missing."""
        tasks = self.tasks()
        if tasks:
            self._place.desk.sync.flush()
            self._place.sign_wanted.emit(tasks)

    def tasks(self) -> list[Task]:
        """What F9 would sign now; empty when something is missing, and the cursor is there."""
        place, chart = self._place, self._place.chart.chart
        model = place.writing.model
        if chart is None:
            return []
        if model is not None:
            if place.writing.two_texts is not None and model.conflict_fields:
                next(iter(place.writing.two_texts.choices.values())).setFocus()
                return []
            return [] if place.writing.go_to_missing() else [draft_task(place.desk, chart, model)]
        item = place.current()
        if item is None or item.view is None:
            return []
        mine = [slot for slot in item.view.open_slots if isinstance(place.chart.may_sign(item.entry, slot), Allowed)]
        return [slot_task(place.desk, chart, item.view, slot) for slot in mine[:1]]

    def _why_not_house_sign(self) -> str:
        view = self._signed()
        return ALLOWED if view is not None and house_signing.may_command(self._place.desk, view) else NOT_NOW

    def house_sign(self) -> None:
        """Let the organisation sign a paper that leaves the house, once every person has (R10)."""
        view, chart = self._signed(), self._place.chart.chart
        if view is None or chart is None:
            return
        send = partial(house_signing.command, self._place.desk, view, chart.patient.full_name)
        Question("Ký số của đơn vị", "Mọi người có trách nhiệm đã ký. Máy chủ ký bằng khóa của đơn vị, và ghi tên "
                 "người ra lệnh. Sau đó giấy được coi là đã cấp.", "Ký số của đơn vị", self._place, on_yes=send,
                 patient=chart.patient).show_over()

    def _why_not_confirm(self) -> str:
        view = self._signed()
        if view is None or not confirming.may_take(self._place.desk, view):
            return NOT_NOW
        sent = confirming.on_its_way(view, self._place.chart.items)
        return "Đã lấy xác nhận; phiếu đang chờ gửi lên máy chủ." if sent else ALLOWED

    def confirm(self) -> None:
        """Ctrl+B: the patient confirms the version that is shown (R7)."""
        view, chart = self._signed(), self._place.chart.chart
        if view is not None and chart is not None:
            taking = confirming.Taking(self._place.desk, chart, view)
            ConfirmDialog(taking, self._place, on_paper=self._write_paper).show_over()

    def _why_not_capture(self) -> str:
        view = self._signed()
        return ALLOWED if view is not None and opening_capture.may_open(self._place.desk, view) else NOT_NOW

    def capture(self) -> None:
        """See what the patient left on a device, for a reason (R8)."""
        view, chart = self._signed(), self._place.chart.chart
        if view is not None and chart is not None:
            ask_and_show(self._place.desk, view, chart.patient, self._place)

    def _write_paper(self, draft: LocalDraft) -> None:
        """The paper of a confirmation, in the editor: who took it looks once more, and signs."""
        self._place.desk.sync.save(draft)
        self._place.chart.draft_ready.emit(draft)

    # Correcting, cancelling, looking back

    def _signed(self) -> EntryView | None:
        item = self._place.current()
        if item is None or item.view is None or item.state is ItemState.QUEUED:
            return None
        return item.view if item.view.state in (State.SIGNED, State.PARTLY_SIGNED) else None

    def _why_not_correct(self) -> str:
        view = self._signed()
        if view is None or self._place.writing.is_open:
            return NOT_NOW
        if is_confirmation(view.form):
            return Reason("confirmation_stays").vietnamese
        if is_replaced_when_issued(view):
            return Reason("issued_is_replaced", names_of(view.form)[0]).vietnamese
        return ALLOWED if view.author == self._me else "Chỉ người ghi được đính chính lần ghi của mình."

    def correct(self) -> None:
        """Ctrl+E: a draft of the next version, beside the signed one."""
        view = self._signed()
        if view is not None:
            self._place.chart.correct(view.id, "")

    def join_correction(self, correction: CorrectionView) -> None:
        """The buttons of the correction's side column."""
        correction.side.sign.clicked.connect(lambda _on: self._actions.trigger("chart.sign"))
        correction.side.drop.clicked.connect(lambda _on: self._actions.trigger("chart.drop"))

    def _why_not_cancel(self) -> str:
        view = self._signed()
        if view is not None and is_confirmation(view.form):
            return Reason("confirmation_stays").vietnamese
        return ALLOWED if view is not None and view.author == self._me and not self._place.writing.is_open else NOT_NOW

    def cancel(self) -> None:
        """Cancel a signed entry, with a reason; it stays readable."""
        view, chart = self._signed(), self._place.chart.chart
        if view is None or chart is None:
            return
        AskText("Hủy lần ghi đã ký", "Lý do hủy", "Hủy lần ghi", self._place,
                on_text=partial(self._cancel, view, chart.patient.full_name), patient=chart.patient,
                hint=f"Ít nhất {LEAST_REASON} ký tự. Lần ghi vẫn đọc được, có lý do và tên người hủy.").show_over()

    def _cancel(self, view: EntryView, patient_name: str, reason: str) -> None:
        if len(reason) < LEAST_REASON:
            self._place.refused.emit(Refusal(Reason("reason_too_short", "", {"least": LEAST_REASON})))
            return
        cancel_entry(self._place.desk, view, reason, patient_name)

    def _why_no_old_version(self) -> str:
        if self._place.writing.correction is not None or self._place.middle.old_version is not None:
            return ALLOWED
        item = self._place.current()
        return ALLOWED if item is not None and item.view is not None and item.view.version > 1 else NOT_NOW

    def old_version(self) -> None:
        """Alt+1: in a correction, only what changes; else the version before, only what changed."""
        place = self._place
        if place.writing.correction is not None:
            place.writing.correction.show_only_changes(only=not place.writing.correction.only_changes)
        elif place.middle.old_version is not None:
            place.back()
        else:
            item = place.current()
            if item is not None and item.view is not None:
                compare(place, item.view, Version.model_validate(item.view.body))

    # Signatures and paper

    def _why_not_explain(self) -> str:
        item = self._place.current()
        return ALLOWED if item is not None and item.view is not None and item.view.signatures else NOT_NOW

    def _print(self) -> None:
        found = self._place.form
        if found is not None:
            self._place.print_wanted.emit(found.code)
