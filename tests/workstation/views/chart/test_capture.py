"""Evidence of a confirmation: what may be seen of each kind, and that a reason is asked first (R8)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from PyQt6.QtCore import QBuffer, QIODevice
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtWidgets import QApplication, QLabel, QMainWindow

from records.errors import Trouble
from records.messages import CaptureOpened
from tests.workstation import hospital
from workstation.models.opening_capture import shown
from workstation.views import style
from workstation.views.chart.capture import CaptureDialog

AT = datetime(2026, 11, 25, 7, 5, tzinfo=UTC)


def picture(kind: str) -> bytes:
    image = QImage(60, 80, QImage.Format.Format_Grayscale8)
    image.fill(QColor("gray"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, kind)
    return buffer.data().data()


def opened(method: str, evidence: bytes) -> CaptureOpened:
    return CaptureOpened.model_validate({"method": method, "device": "SecuGen HU20", "captured_at": AT,
                                         "evidence": base64.b64encode(evidence).decode()})


RECEIPT: dict[str, Any] = {
    "phone": "0912345678", "phone_source": "told", "gateway": "Tin nhắn TTYTTHU", "message_no": "sms-1", "tries": 2,
    "sent_at": "2026-11-25T14:02:00+07:00", "confirmed_at": "2026-11-25T14:05:00+07:00",
    "document": {"entry": "e", "version": 1, "sha256": "ab" * 32, "file_sha256": "cd" * 32}}


def test_a_print_and_a_drawing_are_pictures_and_a_receipt_is_lines(qapp: QApplication) -> None:
    style.apply(qapp, "day")
    finger = picture("BMP")
    assert shown(opened("fingerprint", finger)).picture == finger
    drawing = {"strokes": [[[1, 2, 0, 0.5], [3, 4, 1500, 0.5]]], "png": base64.b64encode(picture("PNG")).decode()}
    drawn = shown(opened("drawn", json.dumps(drawing).encode()))
    assert drawn.picture.startswith(b"\x89PNG")
    assert "1 nét, 2 điểm, 1,5 giây" in drawn.lines[0]
    receipt = shown(opened("code", json.dumps(RECEIPT).encode()))
    assert receipt.lines[0] == "Số điện thoại: 0912345678 (do người xác nhận cho biết)"
    assert "14:02:00 25/11/2026" in receipt.lines[3]
    window = QMainWindow()
    dialog = CaptureDialog(drawn, "Người nhà khiếu nại", window, patient=hospital.patient())
    assert not dialog.picture.pixmap().isNull()
    assert "Đã ghi nhật ký, lý do: Người nhà khiếu nại" in [one.text() for one in dialog.findChildren(QLabel)]
    dialog.deleteLater()
    window.deleteLater()


@pytest.mark.parametrize(("method", "evidence"), [("drawn", b"no json"), ("code", b"{}"), ("drawn", b"[]")])
def test_what_cannot_be_read_is_trouble_and_no_crash(method: str, evidence: bytes) -> None:
    with pytest.raises(Trouble):
        shown(opened(method, evidence))
