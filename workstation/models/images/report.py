"""The report that pictures belong to: of their device's form, the draft open in the chart, else a new one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from records import imaging_orders
from records.errors import Refusal
from records.forms import EntryKind, Form, current_form
from records.image_lists import ImageSeriesView, ImageStudyView
from records.policy import Allowed
from workstation.config import ZONE
from workstation.models.answering import number_key
from workstation.models.beginning import Made
from workstation.models.chart import ChartModel, TimelineItem

Kinds = tuple[tuple[Form, EntryKind], ...]


def reports(on: date, modalities: Collection[str] = ()) -> Kinds:
    """The kinds of the forms in force that report on what one of these devices made; all when none does."""
    found = []
    for one in imaging_orders.reports_on(modalities) or imaging_orders.data().reports:
        try:
            whole = current_form(one.form, on)
        except Refusal:
            continue
        found.append((whole, whole.kind(one.kind)))
    return tuple(found)


def devices(study: ImageStudyView | None, series: ImageSeriesView | None) -> tuple[str, ...]:
    """Which devices made what is read: the series' own, else (of a structured report, say) its study's."""
    if series is not None and imaging_orders.reports_on((series.modality,)):
        return (series.modality,)
    return study.modalities if study is not None else ()


def made_of(study: ImageStudyView | None) -> Made:
    """What the device says of the study."""
    return Made() if study is None else Made(_taken_at(study), study.description)


def _taken_at(study: ImageStudyView) -> datetime | None:
    """None where it does not say the minute."""
    if len(study.time) < 4:
        return None
    try:
        return datetime.strptime(f"{study.date}{study.time[:6]:0<6}", "%Y%m%d%H%M%S").replace(tzinfo=ZONE)
    except ValueError:
        return None


def write_report(chart: ChartModel, on: date, study: str = "", modalities: Collection[str] = (),
                 made: Made | None = None) -> Kinds | None:
    """Go on with the newest report of the device's form that is being written and answers no other order than the
    study's, else begin one on that study; the kinds to choose among when the device does not say which it is; None when
    the chart is not here.

    Whether this person may begin one is the chart's to say (`refused`).
    """
    kinds = reports(on, modalities)
    if chart.chart is None or not kinds:
        return None
    number = next((one.accession for one in chart.chart.imaging_orders if study in one.studies), "")
    open_ones = [(_names(item, kind), item) for form, kind in kinds for item in chart.sheet(form.code, kind.key)
                 if chart.opens(item)]
    open_ones = [(named, item) for named, item in open_ones if not number or named in ("", number)]
    may = tuple(pair for pair in kinds if isinstance(chart.may_begin(*pair), Allowed)) or kinds[:1]
    if open_ones:
        _, newest = max(open_ones, key=lambda one: (bool(number) and one[0] == number, one[1].occurred_at))
        chart.open_draft(newest.entry)
    elif len(may) > 1:
        return may
    else:
        chart.begin(*may[0], study, made=made)
    return ()


def _names(item: TimelineItem, kind: EntryKind) -> str:
    """The order that a draft says it answers."""
    text = item.draft or item.others
    return str(text.values.get(number_key(kind), "")) if text is not None else ""
