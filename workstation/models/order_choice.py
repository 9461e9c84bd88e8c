"""Which order the result that is written answers: what may be chosen, what is chosen, and whether it must be asked."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal

from workstation.models.answering import Ordered, choosable, filled_in, number_key
from workstation.models.chart import ChartModel
from workstation.models.editor import EditorModel


class OrderChoice(QObject):
    """The question of one open result. The person answers it before they sign when several orders wait."""

    changed = pyqtSignal()
    """`orders`, `number` or `asks` is new."""

    def __init__(self, chart: ChartModel, editor: EditorModel) -> None:
        super().__init__(editor)
        self._chart, self._editor = chart, editor
        self.key = number_key(editor.kind)
        self.orders: tuple[Ordered, ...] = ()
        self._number = self.number
        self._declined = False
        """The person said that it answers none of them; kept as long as the text is open."""
        if self.key:
            chart.loaded.connect(self.look)
            editor.checked.connect(self.look)
            editor.value_changed.connect(lambda _key: self.look())
            self.look()

    @property
    def number(self) -> str:
        """The accession number that the result names; empty when it names none."""
        return str(self._editor.value(self.key) or "") if self.key else ""

    @property
    def chosen(self) -> Ordered | None:
        """The order that it names, when that is in the chart."""
        return self._of(self.number)

    @property
    def declined(self) -> bool:
        """It answers none of those that wait."""
        return self._declined and not self.number

    @property
    def asks(self) -> bool:
        """Several orders wait for such a result, and it is not said which one this is."""
        return len(self.orders) > 1 and not self.number and not self._declined and not self._editor.is_fixed

    def choose(self, number: str) -> None:
        """It answers that order, and says so of who ordered what and when; none when empty."""
        before = self.chosen
        self._declined = not number
        self._editor.take_over({self.key: number})
        if (now := self.chosen) is not None:
            self._editor.take_over(filled_in(self._editor.kind, self._editor.values, now, before))
        self._number = self.number
        self.changed.emit()

    def look(self) -> None:
        """The chart or the text is new."""
        chart = self._chart.chart
        orders = choosable(self._editor.kind, chart, self._editor.draft.entry, self.number) if chart else ()
        if (orders, self.number) != (self.orders, self._number):
            self.orders, self._number = orders, self.number
            self.changed.emit()

    def _of(self, number: str) -> Ordered | None:
        return next((one for one in self.orders if number and one.number == number), None)
