"""The tools above the pictures: what is in the hand is lit, and each key does the same."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QWidget

from workstation.models.images.presets import presets_of
from workstation.views.actions import BY_ID, key_of
from workstation.views.images.dark import FOLDS, ViewerButton
from workstation.views.images.viewport import Viewport
from workstation.views.images.viewport_acts import TOOLS
from workstation.views.widgets.text import frame, row

_SHORT = {
    "images.window": "Cửa sổ", "images.zoom": "Phóng", "images.pan": "Kéo", "images.length": "Đo",
    "images.angle": "Góc", "images.region": "Vùng", "images.invert": "Đảo", "images.turn": "Xoay",
    "images.cine": "Chạy", "images.link": "Nối cuộn",
}
_GROUPS = (
    ("images.window", "images.zoom", "images.pan"), ("images.length", "images.angle", "images.region"),
    ("images.invert", "images.turn", "images.cine", "images.link"),
)


class ViewerBar(QFrame):
    """Buttons by action; presets are named after what the active picture has."""

    def __init__(self, do: Callable[[str], object], more: Callable[[QWidget], object],
                 parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "viewer_bar")
        self.setFixedHeight(38)
        self.setMinimumWidth(1)  # it folds: at 150 % a ward's screen is 910 wide
        self._do = do
        self.buttons: dict[str, ViewerButton] = {}
        layout = row(gap=2, margins=(8, 0, 8, 0))
        for group in _GROUPS:
            for action in group:
                layout.addWidget(self._button(action, _SHORT[action], BY_ID[action].icon))
            layout.addSpacing(6)
            layout.addWidget(_rule())
            layout.addSpacing(6)
        layout.addWidget(self._button("images.layout", "2×2", "layout-grid"))
        for number in (1, 2, 3):
            layout.addWidget(self._button(f"images.preset.{number}", ""))
        layout.addStretch(1)
        self.more = ViewerButton("⋯", on_click=lambda: more(self.more))
        self.more.setToolTip("Việc khác: đo, cách xem, ảnh then chốt, lưu, xuất")
        self.more.setAccessibleName("Việc khác")
        layout.addWidget(self.more)
        self.setLayout(layout)

    def _button(self, action: str, text: str, icon: str = "") -> ViewerButton:
        made = ViewerButton(text, key_of(action), icon=icon, on_click=lambda: self._do(action))
        made.setToolTip(f"{BY_ID[action].text} ({key_of(action)})")
        self.buttons[action] = made
        return made

    def show_state(self, viewport: Viewport, rows: int, columns: int, *, linked: bool) -> None:
        """What is in the hand, what is inverted, runs and goes along, and which windows there are."""
        state = viewport.state
        for action, tool in TOOLS.items():
            if action in self.buttons:
                self.buttons[action].light(on=state.tool is tool)
        self.buttons["images.invert"].light(on=state.invert)
        self.buttons["images.cine"].light(on=viewport.cine.running)
        self.buttons["images.link"].light(on=linked)
        self.buttons["images.layout"].say(f"{rows}×{columns}")
        presets = presets_of(viewport.here) if viewport.here is not None else ()
        for number in (1, 2, 3):
            button = self.buttons[f"images.preset.{number}"]
            if number <= len(presets):
                button.say(presets[number - 1].name)
                button.light(on=state.voi == presets[number - 1].voi)
            button.setVisible(number <= len(presets))
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """No button is cut: icons go first, then the keys."""
        layout = self.layout()
        for how in range(FOLDS + 1):
            for button in self.buttons.values():
                button.fold(how)
            if layout is None or layout.sizeHint().width() <= self.width():
                return


def _rule() -> QFrame:
    made = frame("viewer_rule")
    made.setFixedSize(1, 24)
    return made
