"""Which view shows a form's sheet: by the form's layout style, never by its name."""

from __future__ import annotations

from records.forms import Form
from workstation.views.chart.columns_sheet import ColumnsSheet
from workstation.views.chart.narrative_sheet import NarrativeSheet
from workstation.views.chart.rows_sheet import RowsSheet
from workstation.views.chart.vitals_sheet import VitalsSheet

Sheet = RowsSheet | ColumnsSheet | VitalsSheet | NarrativeSheet


def make_sheet(form: Form) -> Sheet:
    """The reader for a form."""
    match form.layout.style:
        case "rows":
            return RowsSheet(form)
        case "columns":
            return ColumnsSheet(form)
        case "chart":
            return VitalsSheet(form)
    return NarrativeSheet(form)
