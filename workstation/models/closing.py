"""The closing check: discharged records, what each still lacks, and what this person may do with the chosen one."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.entries import EncounterState
from records.errors import Refusal
from records.messages import ClosingCommand, ClosingList, ClosingPoint, ClosingRow, ClosingView
from workstation.background import Command, Query
from workstation.emitting import emitter
from workstation.ids import new_id
from workstation.models.desk import Desk, Told
from workstation.models.printing import Printed

ActName = Literal["checked", "returned", "completed", "archived"]
RELOAD_AFTER_MS = 800
_LIST, _VIEW = TypeAdapter(ClosingList), TypeAdapter(ClosingView)
VERBS: dict[ActName, str] = {"checked": "Đã soát hồ sơ", "returned": "Trả về khoa", "completed": "Nhận hồ sơ",
                             "archived": "Lưu trữ"}
DONE: dict[ActName, str] = {"checked": "đã soát", "returned": "trả về khoa", "completed": "nhận hồ sơ",
                            "archived": "lưu trữ"}
LEVELS = {
    "B": "B-B: thời điểm ký theo đồng hồ máy trạm", "T": "B-T: có dấu thời gian, chưa kèm bằng chứng về thu hồi",
    "LT": "B-LT: đủ dấu thời gian và bằng chứng về thu hồi",
}
_BLOCKED_BY: dict[ActName, tuple[str, ...]] = {"completed": ("complete",), "archived": ("complete", "archive")}


class ClosingModel(QObject):
    """Asks the server while somebody looks; the chosen record stays chosen when the answer changes."""

    changed = pyqtSignal()
    refused = pyqtSignal(object)
    """Refusal: with every point that blocks the act."""
    printed = pyqtSignal(object)
    """Printed: the check as a file."""
    told = pyqtSignal(str)
    """What was done, in words."""

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._looked_at = False
        self.list: ClosingList | None = None
        self.view: ClosingView | None = None
        self.chosen: UUID | None = None
        self.doing = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.load)
        desk.sync.board_stale.connect(self._stale)

    @property
    def rows(self) -> tuple[ClosingRow, ...]:
        """The records of the list."""
        return self.list.rows if self.list is not None else ()

    @property
    def waiting(self) -> int:
        """How many wait to be taken in or archived."""
        return sum(row.state is EncounterState.CLOSED for row in self.rows)

    @property
    def next_act(self) -> ActName | None:
        """What this person does next with the chosen record; None when there is nothing."""
        if self.view is None:
            return None
        wants = {point.reason["code"] for point in self.view.points}
        untaken = bool(wants & {"closing_not_taken_in", "closing_changed_since"})
        may = self.view.may
        if "completed" in may and untaken:
            return "completed"
        if "archived" in may:
            return "archived"
        return "checked" if "checked" in may else None

    def blocking(self, act: ActName) -> tuple[ClosingPoint, ...]:
        """What keeps the chosen record from this act."""
        if self.view is None:
            return ()
        return tuple(point for point in self.view.points if point.blocks in _BLOCKED_BY.get(act, ()))

    def why_not(self, act: ActName) -> str:
        """Why this act is not possible now; empty when it is."""
        if self.view is None or act not in self.view.may:
            return "Bạn không có quyền làm việc này với hồ sơ đang chọn."
        if self._desk.away:
            return "Đang mất kết nối: làm được khi có mạng lại."
        if self.doing:
            return "Đang gửi lên máy chủ."
        many = len(self.blocking(act))
        return f"Còn {many} điểm phải sửa" if many else ""

    def watch(self) -> None:
        """Somebody looks."""
        self._looked_at = True
        self.load()

    def rest(self) -> None:
        """Nobody looks."""
        self._looked_at = False

    def choose(self, encounter: UUID) -> None:
        """Show the check of this record."""
        if encounter != self.chosen:
            self.chosen, self.view = encounter, None
            self.changed.emit()
            self._load_view()

    def load(self) -> None:
        """Ask for the list and for the check of the chosen record."""
        if self.list is None:
            self._desk.kept("closing", _LIST, self._take_list)
        self._desk.fetch("closing", "/api/closing", _LIST, self._take_list, self._failed)
        self._load_view()

    def do(self, act: ActName, remark: str = "") -> None:
        """Do it with the record as it is shown."""
        if self.view is None or self.why_not(act):
            return
        encounter, key = self.view.row.encounter, new_id()
        command, name = ClosingCommand(act=act, content=self.view.content, remark=remark), self.view.row.patient
        self.doing = True
        self.changed.emit()

        def done(view: ClosingView) -> None:
            self.doing = False
            self._take_view(Told(view, view.at, cached=False))
            self.told.emit(f"{VERBS[act]}: {name}.")
            self.load()

        self._desk.background.run(Command(
            "close a record", lambda: self._desk.client.close_record(encounter, command, key), done, self._not_done))

    def print(self) -> None:
        """The check that is shown, as a file to print or to save."""
        from workstation.models.closing_report import report_of

        view, account, at = self.view, self._desk.account, self._desk.client.clock.server_now()
        if view is not None:
            self._desk.background.run(Query("report a closing check", lambda: report_of(view, account, at),
                                            emitter(self, self.printed), emitter(self, self.refused)))

    # Inside

    def _load_view(self) -> None:
        if self.chosen is not None:
            self._desk.fetch(f"closing:{self.chosen}", f"/api/encounters/{self.chosen}/closing", _VIEW,
                             self._take_view, self._failed)

    def _take_list(self, told: Told[ClosingList]) -> None:
        if told.cached and self.list is not None:
            return
        self.list = told.value
        if self.chosen is None and self.rows:
            self.choose(self.rows[0].encounter)
        self.changed.emit()

    def _take_view(self, told: Told[ClosingView]) -> None:
        if told.value.row.encounter == self.chosen:
            self.view = told.value
            self.changed.emit()

    def _not_done(self, refusal: Refusal) -> None:
        self.doing = False
        self.refused.emit(refusal)
        self.load()

    def _failed(self, refusal: Refusal) -> None:
        if self.list is None:
            self.refused.emit(refusal)

    def _stale(self, _: Any) -> None:
        if self._looked_at and not self._later.isActive():
            self._later.start(RELOAD_AFTER_MS)


def proved_words(view: ClosingView) -> str:
    """«4 văn bản đã ký: 3 B-LT, 1 B-T; 1 đang chờ bằng chứng»."""
    counted = [f"{view.proved[level]} B-{level}" for level in ("LT", "T", "B") if view.proved.get(level)]
    said = f"{sum(view.proved.values())} văn bản đã ký" + (f": {', '.join(counted)}" if counted else "")
    return said + (f"; {view.pending} đang chờ bằng chứng" if view.pending else "")


def demanded_words(view: ClosingView) -> str:
    """What this hospital demands."""
    return f"Bệnh viện yêu cầu B-{view.complete} để nhận, B-{view.archive} để lưu trữ"


__all__ = ["DONE", "LEVELS", "VERBS", "ActName", "ClosingModel", "Printed", "demanded_words", "proved_words"]
