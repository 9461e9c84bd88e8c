"""The menu of what this person may begin now (F6, Ins), one line a kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QMenu, QWidget

from records.forms import EntryKind, Form
from workstation.views.chart.states import known_icon
from workstation.views.widgets.icons import icon

Begin = Callable[[Form, EntryKind], object]


def kind_words(form: Form, kind: EntryKind) -> str:
    """«Tờ điều trị 36/BV2», «Bệnh án nội khoa: B. Tổng kết bệnh án»."""
    return f"{form.short_name} {form.code}" if kind.repeatable else f"{form.short_name}: {kind.name}"


def show_kinds(over: QWidget, kinds: Sequence[tuple[Form, EntryKind]], begin: Begin) -> QMenu:
    """Open the menu over the widget's top; the first line is chosen, so that Enter takes it."""
    menu = QMenu(over)
    menu.setAccessibleName("Ghi lần mới")
    for number, (form, kind) in enumerate(kinds, start=1):
        act = menu.addAction(icon(known_icon(form.icon), "ink"), f"&{number}  {kind_words(form, kind)}")
        if act is not None:
            act.triggered.connect(lambda _on, form=form, kind=kind: begin(form, kind))
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(over.mapToGlobal(QPoint(12, 36)))
    first = menu.actions()
    if first:
        menu.setActiveAction(first[0])
    return menu
