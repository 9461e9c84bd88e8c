"""What can be saved of a look into its study as a DICOM object; where nothing can, the saver says so."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from pydicom.dataset import Dataset
from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Refusal
from workstation.models.images.marks import Marks
from workstation.models.images.stack import Loaded
from workstation.models.images.view_state import ViewState

if TYPE_CHECKING:  # loaded by those who can save
    from imaging.objects.references import ImageReference
    from imaging.objects.writing import Code
    from workstation.models.images.states import Over


class Saver(QObject):
    """Told what to save; answers later."""

    saved = pyqtSignal(str)
    """In words, what is kept now."""
    kept = pyqtSignal(object)
    """The files that are kept now."""
    refused = pyqtSignal(object)
    """Refusal."""

    @abstractmethod
    def save_look(self, here: Loaded | None, look: ViewState, size: tuple[int, int], marks: Marks,
                  lies: Over | None = None) -> None:
        """What one viewport shows, with the marks that lie on it, below the state that `lies` there."""

    @abstractmethod
    def save_key_objects(self, images: Sequence[ImageReference], headers: Mapping[str, Dataset], title: Code,
                         description: str = "", done: Callable[[], object] = bool) -> None:
        """These frames matter; `headers`, by study, tell whose they are. Those of several studies: a file in each.

        `done` is called when all of them are kept.
        """


class SavesNothing(Saver):
    """The hospital does not have these images: nothing is kept of them."""

    def save_look(self, here: Loaded | None, look: ViewState, size: tuple[int, int], marks: Marks,
                  lies: Over | None = None) -> None:
        """Says so."""
        self.refused.emit(Refusal.because("disc_not_kept"))

    def save_key_objects(self, images: Sequence[ImageReference], headers: Mapping[str, Dataset], title: Code,
                         description: str = "", done: Callable[[], object] = bool) -> None:
        """Says so."""
        self.refused.emit(Refusal.because("disc_not_kept"))
