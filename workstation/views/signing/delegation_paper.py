"""The page on which a written decision is entered: to whom, as what, for which days, forms and wards."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QCheckBox, QGridLayout, QListWidget, QListWidgetItem, QWidget

from records.forms import Manner, Role
from records.messages import ColleagueView, DelegationGiven
from workstation.models.delegations import (
    MANNER_WORDS,
    ROLE_WORDS,
    SHOWN,
    DelegationsModel,
    forms_of,
    manners_of,
)
from workstation.views.chart.moments import read_date
from workstation.views.widgets.choice import ChoiceField
from workstation.views.widgets.fields import LineField
from workstation.views.widgets.text import column, label, row

USUAL = timedelta(days=30)
LINE = 26
"""How high a colleague's line is."""
_WHO = Qt.ItemDataRole.UserRole


class Ticks(QWidget):
    """Some of several; nothing ticked means all of them, and the first line says so."""

    def __init__(self, name: str, every: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._rows = column(gap=3)
        self._every = label(every, "small_second")
        self._rows.addWidget(self._every)
        self.boxes: dict[str, QCheckBox] = {}
        self.setLayout(self._rows)

    def offer(self, choices: dict[str, str]) -> None:
        """These from now on; what was ticked stays ticked."""
        if choices == {key: box.text() for key, box in self.boxes.items()}:
            return
        ticked = set(self.ticked)
        for box in self.boxes.values():
            box.hide()
            box.deleteLater()
        self.boxes = {}
        for key, words in choices.items():
            box = self.boxes[key] = QCheckBox(words)
            box.setChecked(key in ticked)
            self._rows.addWidget(box)

    def say(self, words: str) -> None:
        """What it means that nothing is ticked."""
        self._every.setText(words)

    @property
    def ticked(self) -> tuple[str, ...]:
        """The keys that are ticked."""
        return tuple(key for key, box in self.boxes.items() if box.isChecked())


class PaperForm(QWidget):
    """What is typed becomes a `DelegationGiven`, or the first thing that is missing is said."""

    def __init__(self, model: DelegationsModel) -> None:
        super().__init__()
        self._model = model
        self.name = LineField("Người được ủy quyền", icon_name="search", placeholder="Gõ tên đồng nghiệp")
        self.people = QListWidget()
        self.people.setAccessibleName("Đồng nghiệp tìm thấy")
        self.people.setFixedHeight(SHOWN * LINE + 2)
        self.role, self.manner = ChoiceField("Chức vụ"), ChoiceField("Cách ký")
        self.starts, self.ends = LineField("Từ ngày"), LineField("Đến hết ngày")
        self.paper = LineField("Số, ngày văn bản ủy quyền", placeholder="12/QĐ-BV ngày 01/11/2026")
        self.forms = Ticks("Mẫu", "Không chọn: mọi mẫu cho ký thay")
        self.wards = Ticks("Khoa", "Không chọn: mọi khoa của người ủy quyền")
        self.mark = label("", "bold", wrap=True)
        self._build()
        for role in model.roles:
            self.role.addItem(ROLE_WORDS[role], role)
        self._show_role()
        self.name.textChanged.connect(self._find)
        self.people.itemClicked.connect(lambda _item: self._show_mark())
        self.people.currentItemChanged.connect(lambda *_: self._show_mark())
        self.role.currentIndexChanged.connect(lambda _number: self._show_role())
        self.manner.currentIndexChanged.connect(lambda _number: self._show_mark())
        for field in (self.name, self.starts, self.ends, self.paper):
            field.textChanged.connect(lambda _text, field=field: field.set_tone(""))
        model.changed.connect(self._news)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        # From the name, up and down choose among those who were found.
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        if event is not None and event.key() in steps and self.name.hasFocus():
            self.people.setCurrentRow(min(max(self.people.currentRow() + steps[Qt.Key(event.key())], 0),
                                          self.people.count() - 1))
            return
        super().keyPressEvent(event)

    def begin(self) -> None:
        """An empty paper, from today on for a month."""
        today = self._model.today
        self.name.clear()
        self.paper.clear()
        self.starts.setText(f"{today:%d/%m/%Y}")
        self.ends.setText(f"{today + USUAL:%d/%m/%Y}")
        for box in (*self.forms.boxes.values(), *self.wards.boxes.values()):
            box.setChecked(False)
        self._find("")
        self.name.setFocus()

    def wish(self) -> tuple[DelegationGiven | None, str]:
        """The command, or why there is none yet; the field in question gets the cursor."""
        who = self.chosen
        starts, ends = (self._day(field) for field in (self.starts, self.ends))
        for missing, field, why in (
                (who is None, self.name, "Chưa chọn người được ủy quyền."),
                (starts is None, self.starts, "Ngày bắt đầu chưa đúng (ngày/tháng/năm)."),
                (ends is None, self.ends, "Ngày kết thúc chưa đúng (ngày/tháng/năm)."),
                (not self.paper.text().strip(), self.paper, "Thiếu số và ngày của văn bản ủy quyền.")):
            field.set_tone("critical" if missing else "", why if missing else "")
            if missing:
                field.setFocus()
                return None, why
        if who is None or starts is None or ends is None:
            return None, ""
        return DelegationGiven(
            receiver=who.id, role=self._role, manner=self._manner, starts=starts, ends=ends, forms=self.forms.ticked,
            wards=tuple(map(UUID, self.wards.ticked)), paper=self.paper.text().strip()), ""

    @property
    def chosen(self) -> ColleagueView | None:
        """The colleague who is chosen."""
        item = self.people.currentItem()
        who = item.data(_WHO) if item is not None else None
        return who if isinstance(who, ColleagueView) else None

    # Inside

    @property
    def _role(self) -> Role:
        return Role(self.role.currentData() or Role.WARD_HEAD)

    @property
    def _manner(self) -> Manner:
        return Manner(self.manner.currentData() or Manner.AUTHORITY)

    def _day(self, field: LineField) -> date | None:
        return read_date(field.text(), self._model.today)

    def _build(self) -> None:
        left = column(label("Người được ủy quyền", "caption"), self.name, self.people, gap=4)
        left.addWidget(self.mark)
        left.addStretch(1)
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for number, (name, field) in enumerate((
                ("Chức vụ được ký thay", self.role), ("Cách ký", self.manner), ("Từ ngày", self.starts),
                ("Đến hết ngày", self.ends))):
            line, across = 2 * (number // 2), number % 2
            grid.addWidget(label(name, "caption"), line, across)
            grid.addWidget(field, line + 1, across)
        right = column(gap=8)
        right.addLayout(grid)
        right.addLayout(column(label("Số, ngày văn bản ủy quyền", "caption"), self.paper, gap=4))
        right.addLayout(row(self._ticks("Mẫu", self.forms), self._ticks("Khoa", self.wards), gap=20))
        right.addStretch(1)
        both = row(gap=24, margins=(0, 8, 0, 0))
        both.addLayout(left, 4)
        both.addLayout(right, 5)
        self.setLayout(both)

    @staticmethod
    def _ticks(name: str, ticks: Ticks) -> QWidget:
        ground = QWidget()
        ground.setLayout(column(label(name, "caption"), ticks, None, gap=4))
        return ground

    def _find(self, words: str) -> None:
        self.people.clear()
        for one in self._model.found(words):
            item = QListWidgetItem(f"{one.title} {one.full_name}".strip())
            item.setData(_WHO, one)
            item.setSizeHint(QSize(0, LINE))
            self.people.addItem(item)
        if self.people.count():
            self.people.setCurrentRow(0)
        self._show_mark()

    def _show_role(self) -> None:
        role, kept = self._role, self.manner.currentData()
        self.manner.clear()
        for manner in manners_of(role, self._model.today):
            self.manner.addItem(MANNER_WORDS[manner], manner)
        # Who is nobody's deputy signs under a written authority: the manner that is seldom wrong stands first.
        self.manner.setCurrentIndex(max(0, self.manner.findData(kept or Manner.AUTHORITY)))
        self.forms.offer({form.code: f"{form.short_name} {form.code}" for form in forms_of(role, self._model.today)})
        self._offer_wards()
        self._show_mark()

    def _offer_wards(self) -> None:
        wards = self._model.own_wards if self._role is Role.WARD_HEAD else self._model.wards
        self.wards.offer({str(ward.id): ward.name for ward in wards} if len(wards) > 1 else {})
        only = wards[0].name if len(wards) == 1 else ""
        self.wards.say(f"Chỉ {only}" if only else "Không chọn: mọi khoa của người ủy quyền")

    def _show_mark(self) -> None:
        who = self.chosen
        nobody = "Không có đồng nghiệp nào tên như vậy." if self.name.text().strip() and self._model.colleagues else ""
        self.mark.setText(nobody if who is None else (
            f"Dấu ký sẽ ghi: {self._manner} {ROLE_WORDS[self._role]}, {who.title} {who.full_name}"))

    def _news(self) -> None:
        self._offer_wards()
        if self.chosen is None and self.name.text():
            self._find(self.name.text())
