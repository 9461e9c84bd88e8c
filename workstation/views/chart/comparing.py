"""The chart's middle with a version beside the one before it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from records.entries import Version
from records.messages import EntryView
from workstation.emitting import emitter
from workstation.models.history import earlier_version
from workstation.views.chart.version_view import VersionView

if TYPE_CHECKING:
    from workstation.views.chart.place import ChartPlace


def compare_at(place: ChartPlace, view: EntryView, number: int) -> None:
    """That version beside the one before it."""
    if number == view.version:
        compare(place, view, Version.model_validate(view.body))
    else:
        _ask(place, view, number, partial(compare, place, view))


def compare(place: ChartPlace, view: EntryView, new: Version) -> None:
    """A version that is at hand beside the one before it; nothing where there is none before it."""
    older = max([number for number in view.older if number < new.version], default=new.version - 1)
    if older < 1:
        return

    def show(old: Version) -> None:
        shown = VersionView(old, new, has_older=old.version > 1)
        shown.older_wanted.connect(lambda: compare(place, view, old))
        place.show_old_version(shown)
        place.acts.refresh()

    _ask(place, view, older, show)


def _ask(place: ChartPlace, view: EntryView, number: int, show: Callable[[Version], None]) -> None:
    earlier_version(place.desk, view.id, number, show, emitter(place, place.refused))
