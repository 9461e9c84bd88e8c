"""Where an entry stands, as icon, word and colour: the same in the time line, on the sheet and in chips."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from records.bundled import bundled
from records.forms import Amending
from records.messages import SignatureView
from records.order_states import OrderState
from workstation.models.cases import kind_of
from workstation.models.chart import ItemState, TimelineItem
from workstation.views.widgets import times
from workstation.views.widgets.painting import ChipText, Tone


@dataclass(frozen=True)
class Shown:
    """A state as a word, an icon and an ink."""

    word: str
    icon: str
    ink: str
    tone: Tone


SHOWN = {
    ItemState.DRAFT: Shown("nháp", "pencil", "attention", "attention"),
    ItemState.OTHERS_DRAFT: Shown("người khác đang soạn", "users", "attention", "attention"),
    ItemState.QUEUED: Shown("chờ gửi", "cloud-up", "attention", "attention"),
    ItemState.AWAITED: Shown("chờ xác nhận", "clock", "attention", "attention"),
    ItemState.REFUSED: Shown("bị từ chối", "alert-triangle", "critical", "critical"),
    ItemState.PARTLY_SIGNED: Shown("chờ ký tiếp", "clock", "attention", "attention"),
    ItemState.SIGNED: Shown("", "check", "ok", "ok"),
    ItemState.AMENDED: Shown("đã đính chính", "git-compare", "amended", "amended"),
    ItemState.CANCELLED: Shown("đã hủy", "x", "ink3", "neutral"),
    ItemState.REPLACED: Shown("đã cấp lại", "git-compare", "ink3", "neutral"),
}
ORDERS = {
    OrderState.ORDERED: "", OrderState.LISTED: "đã lên máy", OrderState.TAKEN: "đã chụp",
    OrderState.REPORTED: "đã có kết quả", OrderState.SIGNED: "kết quả đã ký", OrderState.CANCELLED: "đã hủy",
}
"""Where a picture that was ordered stands."""
_CHIPS = {
    ItemState.DRAFT: "Nháp", ItemState.OTHERS_DRAFT: "Người khác đang soạn", ItemState.QUEUED: "Đã ký, chờ gửi",
    ItemState.AWAITED: "Chờ xác nhận trên điện thoại",
    ItemState.REFUSED: "Máy chủ từ chối", ItemState.PARTLY_SIGNED: "Chờ ký tiếp", ItemState.SIGNED: "Đã ký",
    ItemState.AMENDED: "Đã đính chính", ItemState.CANCELLED: "Đã hủy",
    ItemState.REPLACED: "Đã được cấp lại",
}


def chip_of(item: TimelineItem) -> ChipText:
    """The state as a chip, with version and reason where it was corrected."""
    shown = SHOWN[item.state]
    if item.state is ItemState.AMENDED and is_result(item):
        return ChipText("Kết quả đã sửa", shown.tone, shown.icon)
    icon = "shield-check" if item.state is ItemState.SIGNED else shown.icon
    return ChipText(_CHIPS[item.state], shown.tone, icon)


def word_of(item: TimelineItem) -> str:
    """The state as a word; a released result that was corrected is called as on paper (R36), and a request says where
    the picture stands that it orders.
    """
    if item.state is ItemState.SIGNED and len(item.orders) == 1:
        return ORDERS[item.orders[0].state]
    return "đã sửa" if item.state is ItemState.AMENDED and is_result(item) else SHOWN[item.state].word


def ordered_rows(item: TimelineItem) -> dict[int, str]:
    """By place in the list of orders, from 0, where the picture stands that the row orders; a draft says nothing."""
    if item.view is None or item.draft is not None:
        return {}
    return {one.row: ORDERS[one.state] for one in item.orders
            if one.version == item.view.version and one.state is not OrderState.CANCELLED and ORDERS[one.state]}


def is_result(item: TimelineItem) -> bool:
    """Of whose correction the orderer is told."""
    return item.view is not None and kind_of(item.view.form).amending is Amending.NOTIFY


def amended_words(item: TimelineItem) -> str:
    """«Phiên bản 2, lý do: ghi nhầm bên», or nothing."""
    view = item.view
    if view is None:
        return ""
    if (gone := view.cancellation) is not None:
        return f"{gone.by} hủy {times.clock(gone.at)} {times.day_month(gone.at)}, lý do: {gone.reason}"
    if (why := view.correction) is not None:
        word = f"khôi phục phiên bản {why.restores}, " if why.restores is not None else ""
        begins = "Kết quả đã sửa, phiên bản" if is_result(item) and why.restores is None else "Phiên bản"
        return f"{begins} {view.version}, {word}lý do: {why.reason}"
    if (relation := view.relates_to) is not None:
        word = "Cấp lại, thay" if relation.code == "replaces" else "Phụ lục của"
        return f"{word} {relation.named}, lý do: {relation.reason}"
    return ""


def signature_words(mark: SignatureView) -> str:
    """«BS. Lê Thu Hà ký 09:02 16/11/2026»."""
    words = f"{mark.title} {mark.full_name} ký {times.clock(mark.signed_at)} {times.full_date(mark.signed_at)}".strip()
    return words if mark.settled else f"{words} · ký khi mất mạng"


def unsigned_words(item: TimelineItem, now: datetime) -> str:
    """What stands where a signature mark would: that there is none, and whether it is late."""
    if item.state is ItemState.QUEUED:
        return "Đã ký trên máy này, chờ gửi"
    if item.state is ItemState.AWAITED:
        return "Chưa ký, chờ xác nhận trên điện thoại"
    if item.state is ItemState.REFUSED:
        return "Máy chủ chưa nhận chữ ký"
    if item.state is ItemState.CANCELLED:
        return "Đã hủy"
    written = item.view.written_at if item.view is not None else item.occurred_at
    late = now - written - timedelta(minutes=item.sign_within_min)
    words = "Chờ ký tiếp" if item.state is ItemState.PARTLY_SIGNED else "Chưa ký"
    return f"{words}, quá hạn {times.span(late)}" if late > timedelta(0) else words


def known_icon(name: str, instead: str = "file-text") -> str:
    """The form's icon, or a plain sheet where this build has no drawing of that name."""
    return name if bundled("icons", f"{name}.svg").is_file() else instead
