"""What an action is, and the places that actions belong to; the table of all of them stands in `actions.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where an action belongs."""

    EVERYWHERE = "everywhere"
    SIGN_IN = "sign_in"
    LOCKED = "locked"
    WARD = "ward"
    CHART = "chart"
    SIGNING = "signing"
    IMAGES = "images"
    REVIEW = "review"
    EXCHANGE = "exchange"


PLACE_NAMES = {
    Place.WARD: "Khoa", Place.CHART: "Hồ sơ", Place.SIGNING: "Ký", Place.IMAGES: "Hình ảnh",
    Place.REVIEW: "Soát hồ sơ", Place.EXCHANGE: "Liên thông",
}
PLACE_ICONS = {
    Place.WARD: "bed", Place.CHART: "clipboard-text", Place.SIGNING: "signature", Place.IMAGES: "photo",
    Place.REVIEW: "list-check", Place.EXCHANGE: "send",
}


@dataclass(frozen=True)
class Action:
    """One thing that a person can do."""

    id: str
    text: str
    """In the palette: what it does."""
    place: Place
    key: str = ""
    """As it is written on buttons and bound; empty when the palette is the only way."""
    short: str = ""
    """In the key line; empty when it has no room there."""
    icon: str = "chevron-right"
    words: str = ""
    """More words to find it by."""
    by_widget: bool = False
    """The widget that has the focus answers the key itself (Enter on a row, letters in a filter)."""
    rank: int = 50
    """Order in the key line."""
    always: bool = False
    """Works before sign-in and while the screen is locked too."""
