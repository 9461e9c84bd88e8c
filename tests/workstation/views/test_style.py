"""The look is data, legible by day and by night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from PyQt6.QtGui import QColor, QFont, QRawFont
from PyQt6.QtWidgets import QApplication, QListWidget, QMenu, QMessageBox, QStatusBar, QWidget
from pytestqt.qtbot import QtBot

from workstation.views import style
from workstation.views.actions import ACTIONS, PLACE_ICONS
from workstation.views.widgets import icons
from workstation.views.widgets.fields import LineField, TextField
from workstation.views.widgets.painting import TONES

ROOT = Path(__file__).parents[3]
TEXT_ON_GROUND = (
    ("ink", "panel"), ("ink", "bg"), ("ink", "alt"), ("ink", "sel"), ("ink2", "panel"), ("ink2", "alt"),
    ("ink3", "panel"), ("primary", "panel"), ("primary_ink", "primary"), ("top_ink", "top"), ("top_ink2", "top"),
    ("top_ink", "top_field"), ("badge_ink", "badge"), *((tone.ink, tone.ground) for tone in TONES.values()),
    ("ok", "panel"), ("attention", "panel"), ("critical", "panel"), ("amended", "panel"),
)
EDGE_ON_GROUND = (("border", "panel"), ("primary", "panel"), ("primary", "bg"))


def luminance(colour: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast(first: QColor, second: QColor) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.fixture(params=["day", "night"])
def theme(request: pytest.FixtureRequest, qapp: QApplication) -> style.Theme:
    style.apply(qapp, request.param)
    chosen: style.Theme = request.param
    return chosen


@pytest.mark.parametrize(("ink", "ground"), TEXT_ON_GROUND)
def test_text_is_legible_on_its_ground_by_day_and_by_night(theme: style.Theme, ink: str, ground: str) -> None:
    assert contrast(style.colour(ink), style.colour(ground)) >= 4.5


THEMED = {"QAbstractItemView": QListWidget, "QMenu": QMenu, "QMessageBox": QMessageBox, "QStatusBar": QStatusBar}
"""The classes for which Qt has fonts of their own from Windows."""


@pytest.fixture
def windows_fonts(qapp: QApplication) -> Iterator[None]:
    """As after Windows told that its settings changed."""
    style.apply(qapp, "day")
    for name in THEMED:
        qapp.setFont(QFont("DejaVu Serif", 19), name)
    yield
    qapp.setFont(style.font())  # forgets those of classes


@pytest.mark.usefixtures("windows_fonts")
@pytest.mark.parametrize("made", THEMED.values(), ids=THEMED)
def test_lists_and_menus_keep_our_font_on_windows(qtbot: QtBot, made: type[QWidget]) -> None:
    """Studies of a disc stood in a font of the PC's, whose letters nobody chose."""
    widget = made()
    qtbot.addWidget(widget)
    widget.ensurePolished()
    assert (widget.font().family(), widget.font().pixelSize()) == ("Noto Sans", style.type_px("text"))


@pytest.mark.parametrize("made", [LineField, TextField])
def test_a_hint_in_an_empty_field_is_as_legible_as_other_words(
        theme: style.Theme, qtbot: QtBot, made: type[LineField | TextField]) -> None:
    """Qt took half of the ink for it: 3.2 : 1 by day, 4.2 : 1 by night."""
    field = made("Mã", placeholder="IIIIIIIIIIIIIIII")
    qtbot.addWidget(field)
    field.resize(240, 40)
    with qtbot.waitExposed(field):
        field.show()
    field.clearFocus()
    picture = field.grab().toImage()
    colours = [picture.pixelColor(x, y) for x in range(12, 100) for y in range(9, 24)]
    assert max(contrast(one, style.colour("panel")) for one in colours) >= 4.5


@pytest.mark.parametrize("ground", ["ground", "panel", "chosen"])
@pytest.mark.parametrize("ink", ["ink", "strong", "length", "region", "reference", "alert"])
def test_words_of_the_image_viewer_are_legible(ink: str, ground: str) -> None:
    assert contrast(style.image_colour(ink), style.image_colour(ground)) >= 4.5


@pytest.mark.parametrize(("edge", "ground"), EDGE_ON_GROUND)
def test_edges_of_controls_and_the_focus_ring_are_seen(theme: style.Theme, edge: str, ground: str) -> None:
    assert contrast(style.colour(edge), style.colour(ground)) >= 3


def test_day_and_night_have_the_same_tokens() -> None:
    assert style.tokens()["day"].keys() == style.tokens()["night"].keys()


def test_the_style_sheet_leaves_no_token_open(theme: style.Theme) -> None:
    assert "$" not in style.style_sheet()


def test_no_colour_is_written_outside_the_tokens() -> None:
    literal = re.compile(r"#[0-9A-Fa-f]{3,8}\b|Qt\.GlobalColor\.(?!transparent)|QColor\(\s*\d")
    files = [*(ROOT / "workstation").rglob("*.py"), ROOT / "resources" / "styles" / "benhan.qss"]
    for file in files:
        for number, line in enumerate(file.read_text("utf-8").splitlines(), start=1):
            assert not literal.search(line) or "#RRGGBB" in line, f"{file.relative_to(ROOT)}:{number}: {line.strip()}"


def test_one_patient_keeps_one_colour_in_every_window() -> None:
    patient = UUID(int=0x9A4F)
    assert style.stripe(patient) == style.stripe(patient)
    assert len({style.stripe(UUID(int=number)).name() for number in range(8)}) == 8


def test_every_icon_that_is_named_is_shipped_and_every_shipped_one_is_drawn(dressed: QApplication) -> None:
    for name in {action.icon for action in ACTIONS} | set(PLACE_ICONS.values()):
        assert not icons.icon_pixmap(name).isNull()
    for file in (ROOT / "resources" / "icons").glob("*.svg"):
        picture = icons.icon_pixmap(file.stem, "ink", 16).toImage()
        drawn = sum(picture.pixelColor(x, y).alpha() > 0 for x in range(16) for y in range(16))
        assert drawn > 8, file.stem


def test_icons_follow_the_theme(qapp: QApplication) -> None:
    style.apply(qapp, "day")
    day = icons.icon_pixmap("bed", "ink").toImage()
    style.apply(qapp, "night")
    assert icons.icon_pixmap("bed", "ink").toImage() != day
    style.apply(qapp, "day")


def test_the_bundled_font_has_every_vietnamese_letter(dressed: QApplication) -> None:
    shipped = [QRawFont(str(ROOT / "resources" / "fonts" / f"NotoSans-{weight}.ttf"), 13)
               for weight in ("Regular", "Bold")]
    letters = "aăâbcdđeêghiklmnoôơpqrstuưvxy"
    marked = "àảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ"
    for letter in letters + letters.upper() + marked + marked.upper() + "0123456789₂·–«»…°±×":
        assert all(font.supportsCharacter(ord(letter)) for font in shipped), letter
