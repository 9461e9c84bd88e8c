"""Which view shows a form's sheet: by the form's layout style, never by its name."""

from __future__ import annotations

from collections.abc import Sequence

from records.forms import Form
from records.messages import Chart
from workstation.models.chart import ChartModel
from workstation.models.confirming import papers_of
from workstation.models.timeline import TimelineItem
from workstation.views.chart.columns_sheet import ColumnsSheet
from workstation.views.chart.narrative_sheet import NarrativeSheet
from workstation.views.chart.rows_sheet import RowsSheet
from workstation.views.chart.vitals_sheet import VitalsSheet

Sheet = RowsSheet | ColumnsSheet | VitalsSheet | NarrativeSheet


def make_sheet(form: Form, chart: ChartModel) -> Sheet:
    """The reader for a form; a click on a key image in it asks for its frame."""
    match form.layout.style:
        case "rows":
            return RowsSheet(form)
        case "columns":
            return ColumnsSheet(form)
        case "chart":
            return VitalsSheet(form)
    made = NarrativeSheet(form)
    made.image_wanted.connect(chart.show_image)
    return made


def fill(sheet: Sheet, chart: Chart | None, items: Sequence[TimelineItem]) -> None:
    """Show these items, and below each document what the patient confirmed of it."""
    if isinstance(sheet, NarrativeSheet) and chart is not None:
        sheet.show_papers({item.entry: papers_of(item.view, chart.entries) for item in items if item.view is not None})
    sheet.show_items(items)
