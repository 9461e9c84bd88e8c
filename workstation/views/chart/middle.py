"""The middle column's body: a state, the sheet, an editor that needs the whole room, or an old version over it."""

from __future__ import annotations

from PyQt6.QtWidgets import QStackedWidget, QWidget

from workstation.views.chart.sheets import Sheet
from workstation.views.chart.version_view import VersionView
from workstation.views.widgets.states import Loading


class Middle(QStackedWidget):
    """One of them is seen; the sheet stays behind the others."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet: Sheet | None = None
        self.editor: QWidget | None = None
        self.old_version: VersionView | None = None
        self._state: QWidget = Loading()
        self.addWidget(self._state)

    def show_state(self, state: QWidget) -> None:
        """Empty, loading, in trouble: nothing else to show."""
        self.removeWidget(self._state)
        self._state.deleteLater()
        self._state = state
        self.addWidget(state)
        self.setCurrentWidget(state)

    def put_sheet(self, sheet: Sheet) -> None:
        """Another form's sheet."""
        old, self.sheet = self.sheet, sheet
        self.addWidget(sheet)
        if old is not None:
            self.removeWidget(old)
            old.deleteLater()
        self.show_sheet()

    def show_sheet(self) -> None:
        """The sheet, or the editor that stands in its place."""
        shown = self.editor or self.sheet
        if shown is not None:
            self.setCurrentWidget(shown)

    def put_editor(self, editor: QWidget | None) -> None:
        """An editor that needs the whole room; None gives the room back to the sheet."""
        self.editor = editor
        if editor is not None:
            self.addWidget(editor)
        self.show_sheet()

    def show_version(self, view: VersionView) -> None:
        """An earlier version over the sheet."""
        self.close_version()
        self.old_version = view
        self.addWidget(view)
        self.setCurrentWidget(view)
        view.setFocus()

    def close_version(self) -> bool:
        """Back to the sheet; False when there was no version to close."""
        view, self.old_version = self.old_version, None
        if view is None:
            return False
        self.removeWidget(view)
        view.deleteLater()
        self.show_sheet()
        return True

    def take_focus(self) -> None:
        """The cursor onto what is seen."""
        shown = self.currentWidget()
        if shown is not None:
            inside = next((found for name in ("view", "plot", "table", "text")
                           if isinstance(found := getattr(shown, name, None), QWidget)), shown)
            inside.setFocus()
