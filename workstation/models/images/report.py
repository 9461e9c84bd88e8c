"""The report that pictures belong to: the draft that is open in the patient's chart, else a new one."""

from __future__ import annotations

from datetime import date

from records.forms import EntryKind, Form, all_forms, current_form
from workstation.models.chart import ChartModel


def reports(on: date) -> tuple[tuple[Form, EntryKind], ...]:
    """The kinds of the forms in force that take key images."""
    codes = dict.fromkeys(form.code for form in all_forms())
    current = [current_form(code, on) for code in codes]
    return tuple((form, kind) for form in current for kind in form.kinds
                 if any(field.type == "images" for field in kind.fields))


def write_report(chart: ChartModel, on: date) -> bool:
    """Go on with the newest report that is being written, else begin one; False when the chart is not here.

    Whether this person may begin one is the chart's to say (`refused`).
    """
    kinds = reports(on)
    if chart.chart is None or not kinds:
        return False
    open_ones = [item for form, kind in kinds for item in chart.sheet(form.code, kind.key) if chart.opens(item)]
    if open_ones:
        chart.open_draft(max(open_ones, key=lambda item: item.occurred_at).entry)
    else:
        chart.begin(*kinds[0])
    return True
