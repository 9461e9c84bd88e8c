"""Acts on a signed entry that leave it as it is: its history, restoring, issuing another in its place, adding to it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from records.confirmations import is_confirmation
from records.entries import EncounterState
from records.errors import Reason, Refusal
from records.messages import EntryView, VersionRecord
from workstation.models import amending, history
from workstation.models.account import utc_now
from workstation.models.cases import kind_of
from workstation.models.history import LEAST_REASON
from workstation.models.timeline import in_sentence, names_of
from workstation.views.actions import ALLOWED, NOT_NOW
from workstation.views.chart.amending import HistoryDialog, ReasonDialog
from workstation.views.prompts import AskText

if TYPE_CHECKING:
    from workstation.views.chart.place import ChartPlace

NO_RIGHT = "Chỉ trưởng khoa và phòng Kế hoạch được cho khôi phục."


class AmendingActs:
    """What the chart's acts hand on; `compare` shows an older version beside its successor."""

    def __init__(self, place: ChartPlace, compare: Callable[[EntryView, int], None]) -> None:
        self._place, self._compare = place, compare
        self.dialog: HistoryDialog | None = None
        self.preview: Callable[[EntryView, VersionRecord, str], object] = lambda _view, _record, _since: None
        """Shows a version's signed file as it prints; the program connects it."""

    def table(self) -> dict[str, tuple[Callable[[], object], Callable[[], str]]]:
        """Action -> (what it does, why it may not be done now)."""
        return {
            "chart.history": (self.history, self._why_no_history),
            "chart.restore": (self.restore, self._why_not_restore),
            "chart.reissue": (self.reissue, self._why_not_reissue),
            "chart.addendum": (self.addendum, self._why_no_addendum),
        }

    def _view(self) -> EntryView | None:
        """The signed entry that the cursor is on, while nothing is written."""
        item = self._place.current()
        return item.view if item is not None and not self._place.writing.is_open else None

    # History

    def _why_no_history(self) -> str:
        return ALLOWED if self._view() is not None else NOT_NOW

    def history(self) -> None:
        """Alt+2: every version, who, when, why."""
        view = self._view()
        if view is None:
            return
        numbers = history.restorable(view) if self._may_restore(view) else ()
        dialog = self.dialog = HistoryDialog(
            self._place, restorable=numbers, on_restore=partial(self._ask_restore, view),
            on_compare=partial(self._compare, view), on_print=partial(self.preview, view))
        history.versions_of(self._place.desk, view.id, lambda told: dialog.show_history(told.value), dialog.tell)
        dialog.show_over()

    # Restoring (R34)

    def _may_restore(self, view: EntryView) -> bool:
        return history.may_let_restore(self._place.desk.account) and not is_confirmation(view.form)

    def _why_not_restore(self) -> str:
        view = self._view()
        if view is None or not history.restorable(view):
            return NOT_NOW
        return ALLOWED if self._may_restore(view) else NO_RIGHT

    def restore(self) -> None:
        """Let the cancelled text be restored; where several could be, the history asks which."""
        view = self._view()
        if view is None:
            return
        numbers = history.restorable(view)
        if len(numbers) == 1:
            self._ask_restore(view, numbers[0])
        else:
            self.history()

    def _ask_restore(self, view: EntryView, number: int) -> None:
        chart = self._place.chart.chart
        if chart is None:
            return
        AskText(f"Khôi phục phiên bản {number}", "Lý do khôi phục", "Cho khôi phục", self._place,
                on_text=partial(self._restore, view, number, chart.patient.full_name), patient=chart.patient,
                hint=f"Ít nhất {LEAST_REASON} ký tự. Nội dung phiên bản {number} thành phiên bản {view.version + 1} và "
                "người ghi phải ký lại; không phiên bản nào bị sửa hay xóa.").show_over()

    def _restore(self, view: EntryView, number: int, patient_name: str, reason: str) -> None:
        if self._long_enough(reason):
            history.restore_entry(self._place.desk, view, number, reason, patient_name)

    def _long_enough(self, reason: str) -> bool:
        if len(reason) >= LEAST_REASON:
            return True
        self._place.refused.emit(Refusal(Reason("reason_too_short", "", {"least": LEAST_REASON})))
        return False

    # Issuing another one in its place (R37)

    def _why_not_reissue(self) -> str:
        view, chart = self._view(), self._place.chart.chart
        if view is None or chart is None:
            return NOT_NOW
        return ALLOWED if amending.may_reissue(chart, view, self._place.desk.account, utc_now()) else NOT_NOW

    def reissue(self) -> None:
        """«Cấp lại»: a new paper, with its reason; the old one stays and says that it was replaced."""
        view, chart = self._view(), self._place.chart.chart
        if view is None or chart is None:
            return
        ReasonDialog(f"Cấp lại {in_sentence(names_of(view.form)[0])}", kind_of(view.form).replaced_for,
                     "Soạn giấy cấp lại", self._place, on_reason=partial(self._reissue, view), patient=chart.patient,
                     hint="Giấy cũ không bị sửa: vẫn đọc được, và nói rõ đã được cấp lại khi giấy mới ký xong."
                     ).show_over()

    def _reissue(self, view: EntryView, reason: str) -> None:
        if (chart := self._place.chart.chart) is not None:
            draft = amending.reissue_draft(chart, view, self._place.desk.account, reason, utc_now())
            self._place.chart.begin_draft(draft)

    # Adding to what is archived (R31)

    def _why_no_addendum(self) -> str:
        view, chart = self._view(), self._place.chart.chart
        if view is None or chart is None or chart.encounter.state is not EncounterState.ARCHIVED:
            return NOT_NOW
        return ALLOWED if amending.addendum_kinds(chart, self._place.desk.account, utc_now()) else NOT_NOW

    def addendum(self) -> None:
        """A late result enters the archived record beside what was archived."""
        view, chart = self._view(), self._place.chart.chart
        if view is None or chart is None:
            return
        AskText("Thêm phụ lục cho hồ sơ đã lưu trữ", "Vì sao đến sau", "Soạn phụ lục", self._place,
                on_text=partial(self._addendum, view), patient=chart.patient,
                hint="Văn bản đã lưu trữ giữ nguyên; phụ lục được ký riêng và ghi rõ bổ sung cho văn bản nào."
                ).show_over()

    def _addendum(self, view: EntryView, reason: str) -> None:
        chart = self._place.chart.chart
        if chart is not None and self._long_enough(reason):
            draft = amending.addendum_draft(chart, view, self._place.desk.account, reason, utc_now())
            self._place.chart.begin_draft(draft)
