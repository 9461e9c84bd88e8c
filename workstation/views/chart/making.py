"""Which widget a field of the form gets: by its type and size, never by the form's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from records.forms import Field
from workstation.views.chart.blanks import Blank, LineBlank, NumberBlank, TextBlank
from workstation.views.chart.choices import YesNoBlank, choice_blank
from workstation.views.chart.coded import CodedBlank
from workstation.views.chart.images_blank import ImagesBlank
from workstation.views.chart.moments import DateBlank, MomentBlank
from workstation.views.chart.order_blank import OrderBlank
from workstation.views.chart.row_list import RowList
from workstation.views.chart.rows import FEW_COLUMNS, FixedRows, GatheredBlank, SmallTable

_OF_TYPE: Mapping[str, Callable[[Field], Blank]] = {
    "text": TextBlank, "int": NumberBlank, "decimal": NumberBlank, "bool": YesNoBlank, "date": DateBlank,
    "instant": MomentBlank, "coded": CodedBlank, "gathered": GatheredBlank, "images": ImagesBlank,
    "order": OrderBlank,
}
"""Types whose widget does not depend on anything else of the field."""


def make_blank(field: Field, *, narrow: bool = False) -> Blank:
    """The widget for a field; `narrow` where it stands in a side panel or a table."""
    made = _made(field, narrow=narrow)
    if field.computed or field.given:
        made.lock()
    return made


def _made(field: Field, *, narrow: bool) -> Blank:
    match field.type:
        case "choice" | "choices":
            return choice_blank(field, narrow=narrow)
        case "rows":
            return _table(field)
    return _OF_TYPE.get(field.type, LineBlank)(field)


def _table(field: Field) -> Blank:
    if field.fixed_rows:
        return FixedRows(field, make_blank)
    if len(field.fields) <= FEW_COLUMNS:
        return SmallTable(field, make_blank)
    return RowList(field, lambda part: make_blank(part, narrow=True))
