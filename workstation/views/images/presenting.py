"""H: what others left, or what one saved oneself, laid upon the active viewport one after the other, and taken off."""

from __future__ import annotations

from dataclasses import replace

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Refusal
from workstation.models.images.annexes import Annex, Annexes
from workstation.views.images.face import Laying
from workstation.views.images.grid import Grid
from workstation.views.images.viewport import Viewport


class Presenting(QObject):
    """Says whose presentation it is and of when; nothing is laid that the reader did not ask for."""

    told = pyqtSignal(str)

    def __init__(self, annexes: Annexes, grid: Grid) -> None:
        super().__init__(grid)
        self._annexes, self._grid = annexes, grid

    def next(self) -> None:
        """The next state of the frame that is seen; after the last one, as it was before."""
        viewport = self._grid.viewport
        if viewport.here is None:
            self.told.emit(self._grid.active.no_picture)
            return
        found = self._annexes.states(viewport.here.spot)
        if not found:
            self.told.emit("Chưa ai lưu cách trình bày nào cho ảnh này.")
            return
        lie = viewport.laid.uids if viewport.laid is not None else ()
        at = next((number for number, one in enumerate(found, start=1) if one.uid in lie), 0)
        if at == len(found):
            self.off()
        else:
            self._lay(viewport, found[at], f"{at + 1}/{len(found)}")

    def off(self) -> None:
        """Take it off: the picture as the reader had it, at the place where they are now."""
        viewport = self._grid.viewport
        if viewport.laid is None:
            self.told.emit("Khung này không có cách trình bày nào đang đặt lên.")
            return
        before = viewport.laid.before
        viewport.lay(None)
        if before is not None:
            viewport.become(replace(before, place=viewport.state.place, tool=viewport.state.tool))
        self.told.emit("Đã gỡ cách trình bày: ảnh như bạn đang xem trước đó.")

    def _lay(self, viewport: Viewport, annex: Annex, number: str) -> None:
        from imaging.objects.presentation import Presentation  # as all of presentation states: with the first of them
        from workstation.models.images.upon import Upon

        here, state = viewport.here, annex.holds
        if here is None or not isinstance(state, Presentation):
            return
        together = self._annexes.saved_with(annex)
        upon = Upon([one.holds for one in together if isinstance(one.holds, Presentation)])
        try:
            found = upon.lay(here, viewport.size_px, viewport.state)
        except Refusal as refused:
            self.told.emit(refused.vietnamese)
            return
        before = viewport.laid.before if viewport.laid is not None else viewport.state
        viewport.become(found.look)
        viewport.lay(Laying(upon.over, f"Trình bày {number}: {annex.words}",
                             tuple(one.uid for one in together), before, upon.follow, upon.still))
        said = " · ".join(filter(None, (state.label, state.description)))
        self.told.emit(" ".join((f"Cách trình bày {number} của {annex.words}{': ' if said else ''}{said}.",
                                 *found.left_out)))
