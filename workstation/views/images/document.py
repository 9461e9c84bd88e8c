"""The pane of a PDF that lies in a DICOM file: its pages, shown as every PDF of the program is."""

from __future__ import annotations

from PyQt6.QtPdf import QPdfDocument
from PyQt6.QtWidgets import QStackedLayout, QWidget

from imaging.objects.document import Document
from records.errors import Reason
from workstation.views.images.broken import BrokenPane
from workstation.views.preview import PdfPane
from workstation.views.widgets.text import column, frame, label


class DocumentPane(QWidget):
    """Title, number of pages, the pages; a PDF that cannot be opened says so."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pages = label("", "small_second")
        self.pdf = PdfPane(self)
        self._body = QStackedLayout()
        self._body.addWidget(self.pdf)
        body = QWidget()
        body.setLayout(self._body)
        head = frame("head")
        head.setLayout(column(label(document.title, "title", wrap=True), self._pages, margins=(12, 8, 12, 8)))
        self.setLayout(column(head, body, gap=0))
        self.setFocusProxy(self.pdf)
        self.pdf.show_pdf(document.pdf)
        self._said()

    @property
    def broken(self) -> bool:
        """Whether there is no page to show."""
        return self._body.currentWidget() is not self.pdf

    def stop(self) -> None:
        """Let go of the file before the widgets go."""
        self.pdf.stop()

    def _said(self) -> None:
        shown = self.pdf.document_
        if shown.error() is QPdfDocument.Error.None_ and shown.pageCount() > 0:
            self._pages.setText(f"{shown.pageCount()} trang")
            return
        locked = shown.error() is QPdfDocument.Error.IncorrectPassword
        self._body.addWidget(BrokenPane(Reason("document_locked" if locked else "document_broken")))
        self._body.setCurrentIndex(1)
