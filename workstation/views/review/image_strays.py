"""Images that were kept apart: whom they name beside whom their study does, and to which they belong."""

from __future__ import annotations

from PyQt6.QtWidgets import QFrame, QGridLayout, QWidget

from records.messages import ImageNamesView, PatientView, StrayImagesView, StraySeriesView
from workstation.models.image_owners import ImageOwnersModel
from workstation.views.widgets import times
from workstation.views.widgets.buttons import KeyButton
from workstation.views.widgets.chip import Chip
from workstation.views.widgets.fields import TextField
from workstation.views.widgets.painting import ChipText
from workstation.views.widgets.text import Role, column, label, row

FIELDS = {"patient_no": "Mã người bệnh", "full_name": "Họ tên", "birth_date": "Ngày sinh", "sex": "Giới",
          "order": "Chỉ định"}
_SEXES = {"M": "nam", "F": "nữ", "O": "khác", "1": "nam", "2": "nữ", "3": "khác"}
"""As images write it, and as the record does."""
_STATES = {"": ChipText("Ảnh lạc", "attention", "alert-triangle"), "apart": ChipText("Để riêng", "neutral", "x"),
           "release": ChipText("Đã vào lần chụp", "ok", "check"), "move": ChipText("Đã tách riêng", "ok", "check")}
_DONE = {"release": "đưa vào lần chụp", "move": "tách thành lần chụp riêng", "apart": "để riêng"}
_FINAL = ("release", "move")
_WHY = {
    "other_content": "Trùng mã ảnh (SOP Instance UID) với ảnh đã có mà nội dung khác. Kho giữ cả hai tệp, chỉ ảnh đến "
                     "trước được xem. Hãy hỏi nơi chụp ảnh nào đúng và nhờ gửi lại với mã ảnh mới.",
    "other_series": "Mã chuỗi (Series Instance UID) đã thuộc một lần chụp khác. Kho giữ tệp, chưa ai xem được. Hãy nhờ "
                    "nơi chụp gửi lại với đúng mã lần chụp, mã chuỗi.",
    "other_patient": "Kho giữ tệp, chưa ai xem được. Hãy hỏi nơi chụp: đã sửa tên, mã giữa lúc chụp thì cùng một người "
                     "bệnh; hai người bệnh lẫn vào một lần chụp thì tách: ảnh vào hồ sơ của người có mã ghi trên ảnh.",
}
_FITS = "Ghi đúng người bệnh mà lần chụp đã gắn. Kho giữ tệp; chưa ai xem được khi chưa đưa vào lần chụp."
_MOVED = "Thành lần chụp riêng với mã mới, khớp người bệnh như ảnh mới đến; tệp máy gửi vẫn giữ nguyên."
_HERE = "{count} ảnh trong số này không đưa vào được: mã ảnh nay đã có trong kho (nơi chụp đã gửi lại)."
_MOST_SERIES = 4


class StrayCard(QFrame):
    """Those of one study that name the same person: told, and decided about by number and reason."""

    def __init__(self, view: StrayImagesView, model: ImageOwnersModel, reason: str = "") -> None:
        super().__init__()
        self.setProperty("role", "section")
        self.view, self._model = view, model
        chip = Chip("")
        chip.show_as(_STATES[view.settled])
        name = plain_name(view.full_name)
        what = " · ".join(part for part in (
            "/".join(view.modalities), view.description, f"{view.count} ảnh", f"từ {', '.join(view.senders)}",
            f"nhận {times.clock(view.last_at)} {times.full_date(view.last_at)}") if part)
        self._layout = column(*card_head(name, chip, what), gap=5, margins=(12, 10, 12, 10))
        self._layout.addWidget(self._compared())
        for words, role in self._judged():
            self._layout.addWidget(label(words, role, wrap=True))
        for done in view.decisions:
            self._layout.addWidget(label(f"{done.person_name} {_DONE[done.decision]}: {done.reason}", "small_second",
                                         wrap=True))
        self.reason = TextField("Lý do", reason, placeholder="Vì sao", lines=1)
        self.release = KeyButton("Cùng người bệnh: đưa vào lần chụp này", small=True,
                                 on_click=lambda: model.settle_strays(view, "release", self.reason.toPlainText()))
        self.parting = KeyButton("Người bệnh khác: tách lần chụp riêng", small=True,
                              on_click=lambda: model.settle_strays(view, "move", self.reason.toPlainText()))
        self.apart = KeyButton("Để riêng", small=True,
                               on_click=lambda: model.settle_strays(view, "apart", self.reason.toPlainText()))
        self._lay_acts()
        self.setLayout(self._layout)
        self.setAccessibleName(f"{name}, {_STATES[view.settled].text}, {what}")

    def _compared(self) -> QWidget:
        """Whom the study names, whose it is, and whom these images name, below each other."""
        view = self.view
        first = ImageNamesView(patient_no=view.patient_no, full_name=view.full_name, birth_date=view.birth_date,
                               sex=view.sex)
        lines = [("Ảnh đến trước ghi", named_words(first))]
        if view.study_state != "matched":
            lines.append(("Lần chụp", "chưa rõ của ai" if view.study_state == "open" else "đang để riêng"))
        elif view.patient is not None:
            lines.append(("Lần chụp gắn cho", person_words(view.patient)))
        if view.names is not None:
            lines.append(("Những ảnh này ghi", f"{named_words(view.names)}  ·  {_series_words(view.series)}"))
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for place, (caption, words) in enumerate(lines):
            grid.addWidget(label(caption, "second"), place, 0)
            grid.addWidget(label(words, wrap=True), place, 1)
        holder = QWidget()
        holder.setLayout(grid)
        return holder

    def _judged(self) -> list[tuple[str, Role]]:
        view = self.view
        if view.settled in _FINAL:
            return [(_MOVED, "second")] if view.settled == "move" else []
        told: list[tuple[str, Role]] = []
        if view.why == "other_patient" and view.fits:
            told.append((_FITS, "ok"))
        else:
            if view.why == "other_patient" and view.differs:
                told.append((f"Khác: {', '.join(FIELDS[one].lower() for one in view.differs)}.", "attention_bold"))
            told.append((_WHY[view.why], "attention"))
        if view.here:
            told.append((_HERE.format(count=view.here), "attention"))
        return told

    def _lay_acts(self) -> None:
        view = self.view
        acts: list[QWidget] = []
        if view.why == "other_patient" and view.names is not None and view.settled not in _FINAL:
            # Those who name the patient of the study by now are no other's.
            acts += [self.release] if view.fits else [self.release, self.parting]
            self.release.refuse("" if view.here < view.count else "Các mã ảnh này nay đã có trong kho.")
        if not view.settled:
            acts.append(self.apart)
        for spare in {self.reason, self.release, self.parting, self.apart} - ({self.reason, *acts} if acts else set()):
            spare.setParent(self)
            spare.hide()
        if acts:
            holder = QWidget()
            laid = row(self.reason, *acts, gap=8)
            laid.setStretch(0, 1)
            holder.setLayout(laid)
            self._layout.addWidget(holder)


def person_words(who: PatientView) -> str:
    """Enough to know the person: name, sex, birth date, number."""
    return ", ".join(part for part in (who.full_name.upper(), sex_told(who.sex), times.birth(who.birth_date),
                                       who.patient_no) if part)


def card_head(name: str, chip: Chip, what: str) -> tuple[QWidget, QWidget]:
    """Whom it names, where it stands; what it is in a line of its own, because both may be long."""
    first = QWidget()
    first.setLayout(row(label(name, "name"), chip, None, gap=10))
    return first, label(what, "second", wrap=True)


def sex_told(sex: str) -> str:
    """«nữ»; nothing where nothing is written, anything else as it stands."""
    return _SEXES.get(sex, sex)


def plain_name(name: str) -> str:
    """A name as images write it, without carets."""
    return " ".join(name.replace("^", " ").split()).upper() or "Không có tên"


def plain_day(told: str) -> str:
    """A day as images write it (20261116), as we do: 16/11/2026; anything else as it stands."""
    return f"{told[6:8]}/{told[4:6]}/{told[:4]}" if len(told) == 8 else told


def named_words(names: ImageNamesView) -> str:
    """Whom images name: name, sex, birth date, number."""
    number = f"mã {names.patient_no}" if names.patient_no else "không có mã"
    return ", ".join(part for part in (plain_name(names.full_name), sex_told(names.sex),
                                       plain_day(names.birth_date), number) if part)


def _series_words(series: tuple[StraySeriesView, ...]) -> str:
    told = [" ".join(part for part in (
        "chuỗi" if one.number is None else f"chuỗi {one.number}", one.modality, one.description,
        f"({one.count} ảnh)") if part) for one in series[:_MOST_SERIES]]
    more = len(series) - _MOST_SERIES
    return "; ".join([*told, f"{more} chuỗi nữa"] if more > 0 else told)
