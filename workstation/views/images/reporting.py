"""Key images and the report beside the pictures: K takes a frame in, F6 writes, F9 goes to sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QLabel

from records.errors import Refusal
from records.pictures import LARGEST_SIDE, is_key_image
from workstation.models.answering import number_key
from workstation.models.desk import Desk
from workstation.models.editor import EditorModel
from workstation.models.images import said
from workstation.models.images.choosing import Choosing
from workstation.models.images.hanging import Hung
from workstation.models.images.key_images import KeyImage, blank_of, spot_of, taken_in
from workstation.models.images.report import devices
from workstation.models.images.stack import Spot
from workstation.views import style
from workstation.views.actions import ALLOWED, NOT_NOW, ActionSet, key_of
from workstation.views.images.beside import ReportBeside
from workstation.views.images.dark import ViewerButton
from workstation.views.images.key_images import KeyImageList, picture_size, pixels_of
from workstation.views.images.patient_place import ImagesPlace
from workstation.views.widgets.text import label, row

_MINE = ("images.key_image", "images.report", "images.sign")
"""Bound here; the place lets go of them together with its own."""


class Begun(Enum):
    """What became of the wish to write."""

    NOT_HERE = "not here"
    """The chart of this person is not open, or nobody writes a report here."""
    OPEN = "open"
    """Its draft is open in the chart."""
    ASKED = "asked"
    """The chart asks, tells why not, or fetches a draft of another PC first."""


@dataclass(frozen=True)
class Chart:
    """What the patient's chart does for a report."""

    write: Callable[[str, Sequence[str]], Begun]
    """Opens the report on a study that these devices made."""
    draft: Callable[[], EditorModel | None] = lambda: None
    """What is being written there now."""
    whole: Callable[[], None] = lambda: None
    """Shows the form itself."""
    sign: Callable[[], None] = lambda: None


class Reporting(QObject):
    """Joins one place of images to its patient's report."""

    def __init__(self, desk: Desk, place: ImagesPlace, actions: ActionSet, chart: Chart) -> None:
        super().__init__(place)
        self._desk, self._place, self._chart, self._actions = desk, place, chart, actions
        self.choosing = Choosing(desk, place.reading.patient.id, self)
        self.caption: QLabel = label("", "viewer_caption")
        self.images = KeyImageList()
        choose = ViewerButton("Chọn ảnh chính", key_of("images.key_image"), icon="star", on_click=self.choose)
        self.beside = ReportBeside(chart.draft)
        self.report: QLabel = label("", "viewer_caption")
        self.go_on = ViewerButton("", key_of("images.report"), icon="pencil", on_click=self.write)
        self.sign = ViewerButton("Ký", key_of("images.sign"), icon="signature", on_click=self._sign)
        self.order: QLabel = label("", "viewer_small", wrap=True)
        """Which order the report answers; loud when the pictures bear another one's number."""
        self.order.hide()
        for widget in (self.caption, self.images, choose):
            place.panel.key_images.addWidget(widget)
        place.panel.report.addWidget(self.report)
        place.panel.report.addWidget(self.order)
        place.panel.report.addWidget(self.beside, 1)
        place.panel.report.addLayout(row(self.go_on, self.sign, gap=4))
        actions.bind("images.key_image", self.choose, self._reads)
        actions.bind("images.report", self.write, self._reads)
        actions.bind("images.sign", self._sign, lambda: ALLOWED if self.beside.form else NOT_NOW)
        place.entered.connect(self.beside.look)
        for news in (place.entered, place.grid.active_changed, place.grid.opened, place.reading.studies.loaded):
            news.connect(self._say_order)
        self.beside.left.connect(place.take_keys)
        self.beside.turned.connect(self._show_report)
        self.beside.keys_changed.connect(self._say_write)
        self.beside.keys_changed.connect(place.panel.bring)
        self.beside.keys_changed.connect(actions.refresh)  # letters are words there: the key line names none of them
        self.images.opened.connect(lambda item: place.show_spot(spot_of(item)))
        self.images.dropped.connect(self._drop)
        self._chosen = self.choosing.chosen
        self.choosing.changed.connect(self._choice_changed)
        self.choosing.refused.connect(self._refused)
        self._show()
        self._show_report()

    def choose(self) -> None:
        """The frame in the active viewport, as it looks now; once more takes it in as it looks then."""
        cell = self._place.grid.active
        viewport, pane = cell.viewport, cell.pane
        if pane is not None and pane.waveform is not None:
            spot = Spot(cell.hung.study_uid, cell.hung.series_uid, pane.uid)
            where = said.series_of(self._place.reading, spot)
            self.choosing.choose(spot, f"{where}, {pane.waveform.words}"[:said.MOST_WORDS],
                                 pixels_of(pane.waveform.picture(LARGEST_SIDE)))
            return
        if viewport.here is None:
            self._place.tell(cell.no_picture if pane is None else
                             f"{cell.no_picture} Ảnh chính là hình của máy chụp hoặc băng điện tim.")
            return
        picture = pixels_of(viewport.snapshot(picture_size(viewport.width(), viewport.height())))
        self.choosing.choose(viewport.here.spot, said.all_of(self._place.reading, viewport.here.spot), picture)

    def write(self) -> None:
        """Into the words of the report on what is read now, slices in sight; from these words, to the whole form."""
        if self.beside.has_keys:
            self._chart.whole()
            return
        hung, studies = self._read_now(), self._place.reading.studies
        found = studies.series(hung.series_uid)
        made = devices(studies.study(hung.study_uid), found[1] if found is not None else None)
        begun = self._chart.write(hung.study_uid, made)
        if begun is Begun.NOT_HERE:
            self._place.tell("Chưa mở hồ sơ của người bệnh này, hoặc bạn không được viết phiếu kết quả.")
        elif begun is Begun.OPEN:
            self.beside.look()
            if self.beside.form:
                self._place.panel.show()
                self.beside.take_keys()
            else:  # a form without long words
                self._chart.whole()

    def _read_now(self) -> Hung:
        """What is read: never the prior beside it."""
        grid = self._place.grid
        return grid.hanging.ports[0] if grid.active.hung.prior and grid.hanging.ports else grid.active.hung

    def _say_order(self) -> None:
        """Of two orders of one name: whose report is open, and whether these pictures are that order's."""
        named, borne = self._numbers()
        other = bool(named and borne and named != borne)
        self.order.setText(f"Phiếu trả lời chỉ định số {named}, ảnh đang xem mang số {borne}." if other
                           else f"Chỉ định số {named}")
        style.set_role(self.order, "viewer_alert" if other else "viewer_small")
        self.order.setVisible(bool(named))

    def _numbers(self) -> tuple[str, str]:
        """Of the order that the report answers, and of the one whose number the pictures bear."""
        model = self._chart.draft() if self.beside.form else None
        named = str(model.value(number_key(model.kind)) or "") if model is not None else ""
        study = self._place.reading.studies.study(self._read_now().study_uid) if self._place.grid.cells else None
        return named, study.accession if study is not None else ""

    def _choice_changed(self) -> None:
        """What K took goes into the report that is open beside; a report on another order is left alone."""
        fresh, before = [item for item in self.choosing.chosen if item not in self._chosen], len(self._chosen)
        self._chosen = self.choosing.chosen
        self._take_in(fresh)
        self._show()
        if len(self._chosen) >= before and self._place.panel.isHidden():  # at 125 % nothing else would show it
            key = key_of("images.panel")
            self._place.tell(f"Đã chọn ảnh chính: {self._told_of(self._chosen)}. {key} mở danh sách.")

    def _take_in(self, items: Sequence[KeyImage]) -> None:
        model = self.beside.model
        named, borne = self._numbers()
        if model is not None and items and not (named and borne and named != borne):
            model.take_over({blank_of(model.kind): taken_in(self._inside(), items)})

    def _inside(self) -> Sequence[KeyImage]:
        """The pictures that the report beside holds."""
        model = self.beside.model
        held = model.value(blank_of(model.kind)) if model is not None else None
        return [item for item in held or () if is_key_image(item)]

    def _drop(self, item: KeyImage) -> None:
        """Out of the list, and out of the report that holds it."""
        model, held = self.beside.model, self._inside()
        left = [one for one in held if spot_of(one) != spot_of(item)]
        if model is not None and left != held:
            model.take_over({blank_of(model.kind): left})
        self.choosing.drop(item)

    def _sign(self) -> None:
        self._chart.sign()

    def _show_report(self) -> None:
        form = self.beside.form
        self.report.setText(f"PHIẾU KẾT QUẢ · {form}" if form else "PHIẾU KẾT QUẢ")
        self._say_write()
        self.sign.setVisible(bool(form))
        if form and self._place.grid.cells:
            read = self._read_now().study_uid
            self._take_in([item for item in self.choosing.chosen if item["study"] == read])
            self._show()
        self._place.panel.make_room(wanted=bool(form))
        self.images.show_at_most(1 if form else 3)
        self._say_order()
        self._actions.refresh()

    def _say_write(self) -> None:
        self.go_on.say("Viết phiếu kết quả" if not self.beside.form else
                       "Cả phiếu" if self.beside.has_keys else "Viết tiếp")

    def _show(self) -> None:
        chosen = self.choosing.chosen
        self.caption.setText(f"ẢNH CHÍNH · {self._told_of(chosen)}" if chosen else "ẢNH CHÍNH")
        self.images.show_images(chosen)

    def _told_of(self, chosen: Sequence[KeyImage]) -> str:
        if not self.beside.form:
            return f"{len(chosen)} ảnh vào phiếu"
        held = {spot_of(item) for item in self._inside()}
        inside = sum(spot_of(item) in held for item in chosen)
        return f"{inside} ảnh trong phiếu" if inside == len(chosen) else f"{inside}/{len(chosen)} ảnh trong phiếu"

    def _refused(self, why: Refusal) -> None:
        self._place.tell(" ".join(f"{reason.vietnamese} {reason.todo}".strip() for reason in why.reasons))

    def _reads(self) -> str:
        return ALLOWED if self._place.grid.cells else NOT_NOW
