"""A PDF as it prints: looked at on the screen, saved as a file, sent to a printer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PyQt6.QtGui import QKeyEvent, QPainter
from PyQt6.QtPdf import QPdfDocument
from PyQt6.QtPdfWidgets import QPdfView
from PyQt6.QtPrintSupport import QPrintDialog, QPrinter
from PyQt6.QtWidgets import QFileDialog, QWidget

from records.errors import Refusal
from records.messages import PatientView
from workstation.models.printing import Printed, Way
from workstation.views.prompts import Dialog
from workstation.views.widgets.buttons import KeyButton, PrimaryButton
from workstation.views.widgets.text import label

PRINT_DPI = 300
WIDTH, HEIGHT = 1120, 640


class PdfPane(QPdfView):
    """Shows a file that is only in memory; pages below each other, as wide as there is room."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)  # QPdfView wants a parent, or None in so many words
        # Of the parent, made after the view, so that they go after it: a window that closes over an open file would
        # otherwise take the document away under the view's renderer.
        self._document = QPdfDocument(parent)
        self._buffer = QBuffer(parent)
        self.setDocument(self._document)
        self.setPageMode(QPdfView.PageMode.MultiPage)
        self.setZoomMode(QPdfView.ZoomMode.FitToWidth)
        self.setAccessibleName("Trang giấy")

    @property
    def document_(self) -> QPdfDocument:
        """The document that is shown."""
        return self._document

    def show_pdf(self, pdf: bytes) -> None:
        """This file now."""
        self._document.close()
        self._buffer.close()
        # The buffer's own copy: one that Python holds would be gone before the document when a window closes over it.
        self._buffer.setData(QByteArray(pdf))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._document.load(self._buffer)
        self.setAccessibleDescription(f"{self._document.pageCount()} trang")

    def stop(self) -> None:
        """Let go of the file before the widgets go."""
        self._document.close()
        self._buffer.close()


class PreviewDialog(Dialog):
    """The paper, whose it is, and the two ways out of the house."""

    def __init__(self, printed: Printed, parent: QWidget, *, patient: PatientView | None = None, detail: str = "",
                 on_out: Callable[[Way], object], on_refused: Callable[[Refusal], object]) -> None:
        super().__init__(f"Bản in: {printed.name}", parent, patient=patient, detail=detail, width=WIDTH)
        self.setFixedHeight(HEIGHT)
        self._printed, self._on_out, self._on_refused = printed, on_out, on_refused
        self.pdf = PdfPane(self)
        self.pdf.show_pdf(printed.shown)
        pages = self.pdf.document_.pageCount()
        said = f"{pages} trang · {printed.note}" if printed.note else f"{pages} trang · tệp đã ký, in nguyên như đã ký"
        self.body.addWidget(label(said, "small_second", wrap=True))
        self.body.addWidget(self.pdf, 1)
        self.verbs(PrimaryButton("In", "Ctrl+P", icon="printer", on_click=self.print_),
                   KeyButton("Lưu PDF", "Ctrl+S", icon="device-floppy", on_click=self.save),
                   KeyButton("Đóng", "Esc", on_click=self.reject))
        self.pdf.setFocus()
        self.finished.connect(lambda _result: self.pdf.stop())

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            act = {Qt.Key.Key_P: self.print_, Qt.Key.Key_S: self.save}.get(Qt.Key(event.key()))
            if act is not None:
                act()
                return
        super().keyPressEvent(event)

    def save(self) -> None:
        """As a file, under the name that says what it is."""
        chosen, _ = QFileDialog.getSaveFileName(self, "Lưu PDF", self._printed.file_name, "PDF (*.pdf)")
        if chosen:
            self.save_as(Path(chosen))

    def save_as(self, path: Path) -> None:
        """Write the file itself, with its signatures."""
        try:
            path.write_bytes(self._printed.pdf)
        except OSError as error:
            self._on_refused(Refusal.because("file_not_saved", path.name, detail=str(error)))
            return
        self._on_out("saved")

    def print_(self) -> None:
        """Ask for the printer, then print."""
        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        dialog.setWindowTitle(f"In {self._printed.name} — Bệnh Án")
        dialog.accepted.connect(lambda: self.print_on(printer))
        dialog.open()

    def print_on(self, printer: QPrinter) -> None:
        """Every page, as it is shown."""
        if print_document(self.pdf.document_, printer):
            self._on_out("printed")
        else:
            self._on_refused(Refusal.because("printer_missing"))


def print_document(document: QPdfDocument, printer: QPrinter) -> bool:
    """Draw each page onto the printer's paper at its own size; False when the printer takes nothing."""
    printer.setResolution(PRINT_DPI)
    printer.setFullPage(True)
    painter = QPainter()
    pages = document.pageCount()
    for number in range(pages):
        points = document.pagePointSize(number)
        layout = printer.pageLayout()
        wide = points.width() > points.height()
        layout.setOrientation(layout.Orientation.Landscape if wide else layout.Orientation.Portrait)
        printer.setPageLayout(layout)
        if not (painter.begin(printer) if number == 0 else printer.newPage()):
            return False
        size = QSize(round(points.width() * PRINT_DPI / 72), round(points.height() * PRINT_DPI / 72))
        painter.drawImage(QRectF(0, 0, size.width(), size.height()), document.render(number, size))
    return pages > 0 and painter.end()
