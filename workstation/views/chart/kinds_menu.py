"""The menu of what this person may begin now (F6, Ins), one line a kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QMenu, QWidget

from records.forms import EntryKind, Form
from records.imaging_orders import reporting
from workstation.views.chart.states import known_icon
from workstation.views.widgets.icons import icon

Begin = Callable[[Form, EntryKind], object]
REQUESTS, RESULTS = "Yêu cầu chụp, siêu âm, thăm dò", "Kết quả chụp, siêu âm, thăm dò"


def kind_words(form: Form, kind: EntryKind) -> str:
    """«Tờ điều trị 36/BV2», «Bệnh án nội khoa: B. Tổng kết bệnh án», «Kết quả siêu âm 11/BV2»."""
    if not kind.repeatable:
        return f"{form.short_name}: {kind.name}"
    return f"{form.short_name if len(form.kinds) == 1 else kind.name} {form.code}"


def show_kinds(over: QWidget, kinds: Sequence[tuple[Form, EntryKind]], begin: Begin) -> QMenu:
    """Open the menu over the widget's top; the first line is chosen, so that Enter takes it."""
    menu = QMenu(over)
    menu.setAccessibleName("Ghi lần mới")
    for number, (words, inside) in enumerate(_lines(kinds), start=1):
        if words:
            into = menu.addMenu(icon(known_icon(inside[0][0].icon), "ink"), f"&{number}  {words}")
            for at, one in enumerate(inside, start=1):
                _add(into, at, one, begin)
        else:
            _add(menu, number, inside[0], begin)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(over.mapToGlobal(QPoint(12, 36)))
    first = menu.actions()
    if first:
        menu.setActiveAction(first[0])
    return menu


def _add(menu: QMenu | None, number: int, one: tuple[Form, EntryKind], begin: Begin) -> None:
    form, kind = one
    act = menu.addAction(icon(known_icon(form.icon), "ink"), f"&{number}  {kind_words(form, kind)}") if menu else None
    if act is not None:
        act.triggered.connect(lambda: begin(form, kind))


def _lines(kinds: Sequence[tuple[Form, EntryKind]]) -> list[tuple[str, list[tuple[Form, EntryKind]]]]:
    """The menu's lines in order: a kind, or under one word all requests or all results of the imaging series, at the
    place of the first. Alone they need no word above them.
    """
    lines: dict[str, list[tuple[Form, EntryKind]]] = {}
    for form, kind in kinds:
        lines.setdefault(_group(form, kind) or f"{form.code} {kind.key}", []).append((form, kind))
    grouped = len(lines) > 1
    found: list[tuple[str, list[tuple[Form, EntryKind]]]] = []
    for key, inside in lines.items():
        if grouped and len(inside) > 1:
            found.append((key, inside))
        else:
            found += [("", [one]) for one in inside]
    return found


def _group(form: Form, kind: EntryKind) -> str:
    if reporting(form.code, kind.key) is not None:
        return RESULTS
    return REQUESTS if any(reporting(form.code, other.key) for other in form.kinds) else ""
