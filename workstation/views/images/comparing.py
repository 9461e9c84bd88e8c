"""Priors beside what is read: B takes the newest, the panel any of them; both go along until they are let go."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject, pyqtSignal

from records.image_lists import ImageSeriesView
from workstation.models.images.hanging import Hung, offered, shown_series
from workstation.models.images.reading import Reading
from workstation.views.images.grid import Grid
from workstation.views.images.panel import ImagesPanel


class Comparing(QObject):
    """Pairs the active viewport with one prior at a time."""

    told = pyqtSignal(str)

    def __init__(self, reading: Reading, grid: Grid, panel: ImagesPanel, changed: Callable[[], object]) -> None:
        super().__init__(grid)
        self._reading, self._grid, self._panel, self._changed = reading, grid, panel, changed
        panel.prior_wanted.connect(self.put)

    def show(self) -> None:
        """The priors of what hangs first, in the panel."""
        grid, studies = self._grid, self._reading.studies
        first = studies.study(grid.hanging.ports[0].study_uid) if grid.hanging.ports else None
        priors, known = offered(first, studies.studies) if first is not None else ((), "")
        self._panel.show_priors(priors, {cell.hung.study_uid for cell in grid.cells}, known)

    def toggle(self) -> None:
        """B: the newest prior beside what is read, going along; again: each on its own."""
        if self._grid.paired:
            self._grid.unpair()
            self.told.emit("Hai lần chụp không còn đi cùng nhau.")
            return
        studies = self._reading.studies
        study = studies.study(self._grid.active.hung.study_uid)
        priors, known = offered(study, studies.studies) if study is not None else ((), "")
        if not priors:
            self.told.emit("Không có lần chụp nào trước đó của phần này." if not known else
                           "Không có lần chụp nào trước đó.")
            return
        self.put(priors[0].uid)
        if known:
            self.told.emit(f"{known}. Hãy xem có đúng bộ phận không.")

    def put(self, uid: str) -> None:
        """A prior beside the active viewport: where it hangs already, else in an empty one, else in a new column."""
        grid, study = self._grid, self._reading.studies.study(uid)
        series = shown_series(study) if study is not None else ()
        now = grid.active
        if study is None or not series or now.hung.study_uid == uid:
            return
        at = next((number for number, cell in enumerate(grid.cells) if cell.hung.study_uid == uid), None)
        if at is None:
            if len(grid.cells) == 1:
                grid.lay_out(1, 2)
            free = [number for number, cell in enumerate(grid.cells) if not cell.hung.series_uid]
            others = [number for number, cell in enumerate(grid.cells) if cell is not now]
            at = free[0] if free else others[-1]
            grid.put(Hung(uid, self._alike(now.hung, series), prior=True), at)
            grid.activate(grid.cells.index(now))
        grid.pair(now, grid.cells[at])
        self._changed()

    def _alike(self, hung: Hung, series: Sequence[ImageSeriesView]) -> str:
        found = self._reading.studies.series(hung.series_uid)
        alike = [one for one in series if found is not None and one.modality == found[1].modality
                 and one.description == found[1].description]
        return (alike or series)[0].uid
