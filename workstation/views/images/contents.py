"""The pane for what a file that is no picture holds: it stands in a viewport's place."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget

from imaging.objects.document import Document
from imaging.objects.report import Report
from imaging.objects.waveform import Waveforms
from workstation.models.images.contents import Contents
from workstation.views.images.broken import BrokenPane
from workstation.views.images.document import DocumentPane
from workstation.views.images.report import ReportPane
from workstation.views.images.waveform import WaveformPane


def pane_for(contents: Contents, parent: QWidget | None = None) -> QWidget:
    """A `ReportPane` says which image its reader wants (`wanted`); a `DocumentPane` wants `stop` before it goes."""
    match contents:
        case Report():
            return ReportPane(contents, parent)
        case Document():
            return DocumentPane(contents, parent)
        case Waveforms():
            return WaveformPane(contents, parent)
        case _:
            return BrokenPane(contents, parent)
