"""Which ward's signatures are shown, for who looks into several; and in whose place they look into it (R29)."""

from __future__ import annotations

from uuid import UUID

from PyQt6.QtWidgets import QFrame, QWidget

from records.messages import WardView
from workstation.models.delegations import who_gave
from workstation.models.signing_board import BoardScope, SigningBoardModel
from workstation.views.actions import NOT_NOW, ActionSet, key_of
from workstation.views.widgets.choice import ChoiceField
from workstation.views.widgets.text import Elided, KeyCap, row, ward_words

PLACED = "ký thay"


class WardChoice(QFrame):
    """The wards by name, one's own first; beside them the paper by which one signs there for another."""

    def __init__(self, board: SigningBoardModel, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "band")
        self._board = board
        self._offered: tuple[tuple[WardView, bool], ...] = ()
        self.field = ChoiceField("Khoa có văn bản chờ ký", icon_name="bed")
        self.field.setFixedWidth(290)
        self.why = Elided("", "small_second")
        layout = row(self.field, KeyCap(key_of("signing.ward")), gap=8, margins=(12, 5, 12, 5))
        layout.addWidget(self.why, 1)
        self.setLayout(layout)
        self.field.activated.connect(self._chosen)
        actions.bind("signing.ward", self.field.showPopup, self._why_not)
        board.changed.connect(self.show_wards)

    def is_wanted(self) -> bool:
        """Whether there is a choice, or something to say about the only ward."""
        wards = self._board.wards
        return self._board.scope is BoardScope.WARD and (
            len(wards) > 1 or any(self._board.in_place_of(ward) for ward in wards))

    def show_wards(self) -> None:
        """These wards, as they are open to this person now."""
        offered = tuple((ward, bool(self._board.in_place_of(ward))) for ward in self._board.wards)
        if offered != self._offered:
            self._offered = offered
            self.field.clear()
            for ward, placed in offered:
                self.field.addItem(f"{ward_words(ward.name)} · {PLACED}" if placed else ward_words(ward.name), ward.id)
        shown = self._board.ward
        if shown is not None:
            self.field.setCurrentIndex([ward.id for ward, _ in offered].index(shown.id))
        held = self._board.in_place_of(shown) if shown is not None else ()
        self.why.say(f"Bạn ký {'; '.join(map(who_gave, held))}" if held else "Khoa bạn làm việc")
        self.setVisible(self.is_wanted())

    def _chosen(self, index: int) -> None:
        ward: UUID = self.field.itemData(index)
        self._board.choose_ward(ward)

    def _why_not(self) -> str:
        return "" if self._board.scope is BoardScope.WARD and len(self._board.wards) > 1 else NOT_NOW
