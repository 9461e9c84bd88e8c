"""How everything looks: reads resources/styles/tokens.toml and writes fonts, palette and style sheet from it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from string import Template
from typing import Any, Literal
from uuid import UUID

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PyQt6.QtWidgets import QApplication, QWidget

from records.bundled import bundled

Theme = Literal["day", "night"]


@cache
def tokens() -> dict[str, dict[str, Any]]:
    """The whole data file, as it stands."""
    return tomllib.loads(bundled("styles", "tokens.toml").read_text("utf-8"))


@dataclass
class _Current:
    """The theme that is on; there is one screen, so there is one."""

    theme: Theme = "day"


class Announcer(QObject):
    """Says that the theme changed, for what paints itself and keeps pixmaps."""

    changed = pyqtSignal()


_current = _Current()


@cache
def announcer() -> Announcer:
    """The one announcer of theme changes."""
    return Announcer()


def theme() -> Theme:
    """The theme that is on now."""
    return _current.theme


def colour_name(token: str) -> str:
    """The token's colour in the theme that is on now, as #RRGGBB."""
    return str(tokens()[_current.theme][token])


def colour(token: str) -> QColor:
    """The token's colour in the theme that is on now."""
    return QColor(colour_name(token))


def image_colour(token: str) -> QColor:
    """A colour of the image viewer, which has no day or night."""
    return QColor(tokens()["image"][token])


def stripe(patient: UUID) -> QColor:
    """The colour by which one patient's windows are told from another's; it has no meaning."""
    stripes = tokens()["patient"]["stripes"]
    return QColor(stripes[patient.int % len(stripes)])


def px(name: str) -> int:
    """A size of the grid."""
    return int(tokens()["grid"][name])


def type_px(name: str) -> int:
    """A size of type."""
    return int(tokens()["type"][name])


def font(size: str = "text", *, bold: bool = False) -> QFont:
    """The program's font at a named size."""
    return QFont(_font(size, bold))  # a copy: whoever asked may change it


@cache
def _font(size: str, bold: bool) -> QFont:
    chosen = QFont(tokens()["type"]["family"])
    chosen.setPixelSize(type_px(size))
    chosen.setBold(bold)
    return chosen


@cache
def _load_fonts() -> None:
    """Fonts ship with the program, so that no PC lacks ậ or ữ."""
    for name in ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"):
        file = bundled("fonts", name)
        if file.is_file():
            QFontDatabase.addApplicationFontFromData(file.read_bytes())


def palette() -> QPalette:
    """The palette of the theme that is on now."""
    roles = {
        QPalette.ColorRole.Window: "bg", QPalette.ColorRole.WindowText: "ink", QPalette.ColorRole.Base: "panel",
        QPalette.ColorRole.AlternateBase: "alt", QPalette.ColorRole.Text: "ink", QPalette.ColorRole.Button: "panel",
        QPalette.ColorRole.ButtonText: "ink", QPalette.ColorRole.Highlight: "sel",
        QPalette.ColorRole.HighlightedText: "ink", QPalette.ColorRole.ToolTipBase: "panel",
        QPalette.ColorRole.ToolTipText: "ink", QPalette.ColorRole.PlaceholderText: "ink3",
        QPalette.ColorRole.Link: "primary", QPalette.ColorRole.Mid: "line2", QPalette.ColorRole.Dark: "border",
        QPalette.ColorRole.Light: "panel", QPalette.ColorRole.Midlight: "line", QPalette.ColorRole.Shadow: "line2",
        QPalette.ColorRole.Accent: "primary",
    }
    made = QPalette()
    for role, token in roles.items():
        made.setColor(role, colour(token))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, colour("ink3"))
    return made


def style_sheet() -> str:
    """resources/styles/benhan.qss with the tokens of the theme that is on now put in."""
    values: dict[str, Any] = dict(tokens()[_current.theme])
    values.update({f"px_{name}": size for name, size in tokens()["grid"].items()})
    values.update({f"type_{name}": size for name, size in tokens()["type"].items()})
    values.update({f"image_{name}": colour for name, colour in tokens()["image"].items()})
    return Template(bundled("styles", "benhan.qss").read_text("utf-8")).substitute(values)


def apply(application: QApplication, chosen: Theme = "day") -> None:
    """Dress the whole program; may be called again at any moment to change day for night."""
    _current.theme = chosen
    _load_fonts()
    sheet = style_sheet()
    worn = application.styleSheet() == sheet  # to put on the same one again costs as much as another
    if not worn:
        application.setStyle("Fusion")
    application.setFont(font())
    application.setPalette(palette())
    if not worn:
        application.setStyleSheet(sheet)
    announcer().changed.emit()


def toggle(application: QApplication) -> None:
    """Day becomes night and night day (Ctrl+F11)."""
    apply(application, "night" if _current.theme == "day" else "day")


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget its role in the style sheet (`QLabel[role="title"]`) and have it drawn anew when it changes."""
    if widget.property("role") == role:
        return
    widget.setProperty("role", role)
    style = widget.style()
    if style is not None:
        style.unpolish(widget)
        style.polish(widget)
