"""The place «Soát hồ sơ»: what must be mended before this record is taken in and archived; how far it is proved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QStackedWidget, QWidget

from records.entries import EncounterState
from records.errors import Refusal
from records.messages import ClosingView
from workstation.models.closing import DONE, LEVELS, VERBS, ClosingModel, demanded_words, proved_words
from workstation.models.printing import Printed
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet, key_of
from workstation.views.preview import PreviewDialog
from workstation.views.prompts import AskText, Question
from workstation.views.prompts import Told as ToldDialog
from workstation.views.review.points import PointsList
from workstation.views.review.records import RecordsList
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.painting import ChipText
from workstation.views.widgets.place import PlaceView
from workstation.views.widgets.states import Empty, Loading
from workstation.views.widgets.text import PanelHead, clear, column, frame, label, row

_MINE = ("review.choose", "review.open", "review.next", "review.previous", "review.records", "review.return",
         "review.go_on", "review.print")
LIST_WIDTH = 352
_KEPT = ("Hồ sơ đã lưu trữ: xem và in được, không ghi, đính chính hay hủy được nữa. "
         "Kết quả đến sau được thêm bằng phụ lục.")
_ASK = {
    "archived": ("Lưu trữ hồ sơ này?", "Sau khi lưu trữ không văn bản nào của hồ sơ thay đổi được nữa."),
    "completed": ("Nhận hồ sơ này?", "Hồ sơ được nhận như đang hiện; sửa thêm gì sau đó thì phải nhận lại."),
    "checked": ("Đã soát lại cả hồ sơ?", "Ghi rằng Trưởng khoa đã xem những gì được ghi sau lần ký."),
}


class ReviewPlace(PlaceView):
    """Left: discharged records by deadline. Right: the check of one, its evidence, the one next act."""

    chart_wanted = pyqtSignal(object, object)
    """UUIDs of encounter and entry."""
    count_changed = pyqtSignal(int)

    def __init__(self, model: ClosingModel, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model, self._actions = model, actions
        self.list, self.points = RecordsList(), PointsList()
        self.go_on = PrimaryButton("Nhận hồ sơ", key_of("review.go_on"), icon="lock",
                                   on_click=lambda: actions.trigger("review.go_on"))
        self.give_back = KeyButton("Trả về khoa", key_of("review.return"),
                                   on_click=lambda: actions.trigger("review.return"))
        self.said = label("", "second", wrap=True)
        self._build()
        self._bind()
        self.list.chosen.connect(model.choose)
        self.points.entered.connect(lambda: actions.trigger("review.open"))
        self.points.doubleClicked.connect(lambda _index: actions.trigger("review.open"))
        model.changed.connect(self._show)
        model.refused.connect(self._tell)
        model.told.connect(self.said.setText)
        model.printed.connect(self._preview)
        self._show()

    def _build(self) -> None:
        self._counted = label("", "second")
        self._lists, self._empty = QStackedWidget(), Empty("Không có hồ sơ nào chờ soát.")
        self._lists.setProperty("role", "panel")
        for part in (self.list, self._empty, Loading()):
            self._lists.addWidget(part)
        left = QWidget()
        left.setFixedWidth(LIST_WIDTH)
        layout = column(PanelHead("list-check", "Hồ sơ chờ soát", self._counted), gap=0)
        layout.addWidget(self._lists, 1)
        left.setLayout(layout)
        divider = frame("divider")
        divider.setFixedWidth(1)
        body = row(left, divider, gap=0)
        body.addWidget(self._right(), 1)
        self.setLayout(body)

    def _right(self) -> QWidget:
        self._name, self._where, self._due = label("", "name"), label("", "second"), label("", "bold")
        head = frame("band")
        lines = column(gap=2, margins=(16, 8, 16, 8))
        lines.addLayout(row(self._name, None, self._due))
        lines.addWidget(self._where)
        head.setLayout(lines)
        self._chips = row(gap=8, margins=(12, 8, 12, 8))
        chips = frame("section")
        chips.setLayout(self._chips)
        self._proved, self._acts = label("", wrap=True), label("", "second", wrap=True)
        proof = frame("foot")
        proof.setLayout(column(label("Bằng chứng của chữ ký", "caption"), self._proved, self._acts, gap=2,
                               margins=(16, 8, 16, 8)))
        self._nothing = label("", wrap=True)
        whole = QWidget()
        whole.setLayout(column(self._nothing, None, margins=(16, 14, 16, 14)))
        self._middle = QStackedWidget()
        self._middle.setProperty("role", "panel")
        for part in (self.points, whole, Loading()):
            self._middle.addWidget(part)
        foot = frame("foot")
        printing = KeyButton("In phiếu soát", key_of("review.print"), icon="printer",
                             on_click=lambda: self._actions.trigger("review.print"))
        line = row(gap=8, margins=(16, 9, 14, 9))
        line.addWidget(self.said, 1)
        for button in (printing, self.give_back, self.go_on):
            line.addWidget(button)
        foot.setLayout(line)
        layout = column(head, chips, gap=0)
        layout.addWidget(self._middle, 1)
        layout.addWidget(proof)
        layout.addWidget(foot)
        made = QWidget()
        made.setLayout(layout)
        return made

    def _bind(self) -> None:
        bind = self._actions.bind
        bind("review.choose", self.points.setFocus, self._has_points)
        bind("review.open", self._open, self._has_place)
        bind("review.next", partial(self.points.step, 1), self._has_points)
        bind("review.previous", partial(self.points.step, -1), self._has_points)
        bind("review.records", self.list.setFocus, lambda: ALLOWED if self._model.rows else NOT_NOW)
        bind("review.return", self._return, self._why_no_return)
        bind("review.go_on", self._go_on, self._why_not_on)
        bind("review.print", self._model.print, lambda: ALLOWED if self._model.view else NOT_NOW)

    # The place

    def title(self) -> str:
        view = self._model.view
        return f"{view.row.patient} — Soát hồ sơ" if view is not None else "Soát hồ sơ"

    def enter(self) -> None:
        self._model.watch()
        self.points.setFocus() if self.points.rows.items else self.list.setFocus()

    def leave(self) -> None:
        self._model.rest()

    def stop(self) -> None:
        self._model.rest()
        self._actions.unbind(*_MINE)

    # What is shown

    def _show(self) -> None:
        model = self._model
        self._counted.setText(f"{model.waiting} hồ sơ, theo hạn" if model.rows else "")
        self._lists.setCurrentIndex(0 if model.rows else 1 if model.list is not None else 2)
        self.list.show_records(model.rows, model.chosen)
        self.count_changed.emit(model.waiting)
        view = model.view
        if view is None:
            self._middle.setCurrentIndex(2 if model.chosen is not None or model.list is None else 1)
        else:
            self._show_view(view)
        self._show_verbs()
        self.title_changed.emit(self.title())
        self._actions.refresh()

    def _show_view(self, view: ClosingView) -> None:
        one, now = view.row, datetime.now(UTC)
        self._name.setText(one.patient.upper())
        left = f", ra {times.day_and_clock(one.discharged_at, now)}" if one.discharged_at else ""
        self._where.setText(" · ".join(part for part in (
            f"Số vào viện {one.record_no}", one.ward, f"vào {times.day_and_clock(view.admitted_at, now)}{left}",
            view.diagnosis, f"{view.papers} văn bản") if part))
        self._due.setText("" if one.due is None else f"{'Quá hạn' if one.due < now else 'Hạn'} "
                                                     f"{times.day_and_clock(one.due, now)}")
        self._show_chips(view)
        self.points.show_points(view.points)
        done = one.state is EncounterState.ARCHIVED
        self._nothing.setText(_KEPT if done else "Không còn điểm nào phải sửa hay nên xem.")
        self._middle.setCurrentIndex(0 if view.points else 1)
        self._proved.setText(f"{LEVELS[one.level]}. {proved_words(view)}. {demanded_words(view)}.")
        self._acts.setText(" · ".join(
            f"{times.day_and_clock(act.at, now)} {act.person_name} {DONE[act.act]}"
            + (f" («{act.remark}»)" if act.remark else "") for act in view.acts[-3:]))

    def _show_chips(self, view: ClosingView) -> None:
        clear(self._chips)
        mend = sum(point.gravity == "mend" for point in view.points)
        look = len(view.points) - mend
        chips = []
        if view.row.state is EncounterState.ARCHIVED:
            chips.append(ChipText("Đã lưu trữ, không đổi được nữa", "ok", "lock"))
        else:
            chips.append(ChipText(f"{mend} phải sửa", "critical") if mend else ChipText("Đủ", "ok", "check"))
        if look:
            chips.append(ChipText(f"{look} nên xem", "attention"))
        chips.append(ChipText(f"Bằng chứng B-{view.row.level}", "ok" if view.row.level == "LT" else "attention",
                              "shield-check"))
        for said in chips:
            chip = Chip("")
            chip.show_as(said)
            self._chips.addWidget(chip)
        self._chips.addStretch(1)

    def _show_verbs(self) -> None:
        act = self._model.next_act
        self.go_on.setVisible(act is not None)
        self.give_back.setVisible(self._model.view is not None and "returned" in self._model.view.may)
        if act is not None:
            self.go_on.say(VERBS[act])
            self.go_on.refuse(self._model.why_not(act))

    # Acts

    def _has_points(self) -> str:
        return ALLOWED if self.points.rows.items else NOT_NOW

    def _has_place(self) -> str:
        point = self.points.point
        return ALLOWED if point is not None and point.entry is not None else NOT_NOW

    def _open(self) -> None:
        point, view = self.points.point, self._model.view
        if point is not None and view is not None:
            self.chart_wanted.emit(view.row.encounter, point.entry)

    def _why_no_return(self) -> str:
        return self._model.why_not("returned") if self.give_back.isVisibleTo(self) else NOT_NOW

    def _return(self) -> None:
        view = self._model.view
        if view is not None:
            AskText(f"Trả hồ sơ {view.row.patient} về khoa", "Nhận xét cho khoa", "Trả về khoa", self,
                    on_text=partial(self._model.do, "returned"),
                    hint="Khoa đọc được nhận xét này; nó ở lại với hồ sơ.").show_over()

    def _why_not_on(self) -> str:
        act = self._model.next_act
        return NOT_NOW if act is None else self._model.why_not(act)

    def _go_on(self) -> None:
        act, view = self._model.next_act, self._model.view
        if act is not None and view is not None and act in _ASK:
            title, text = _ASK[act]
            do: Callable[[], object] = partial(self._model.do, act)
            Question(title, f"{view.row.patient}, số vào viện {view.row.record_no}. {text} Mức bằng chứng "
                     f"{LEVELS[view.row.level]}.",
                     VERBS[act], self, on_yes=do).show_over()

    def _tell(self, refusal: Refusal) -> None:
        ToldDialog("Chưa làm được", refusal, self).show_over()

    def _preview(self, printed: Printed) -> None:
        PreviewDialog(printed, self, on_refused=self._tell, on_out=lambda _way: None).show_over()
