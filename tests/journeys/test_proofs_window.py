"""Records office and IT see what waits for evidence and why; two people change whom the house trusts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from PyQt6.QtWidgets import QApplication, QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from records.messages import TrustProposal
from server.demo import pki
from tests.journeys.conftest import Town, opened
from tests.journeys.hands import DOCTOR, OFFICE, Hand, admitted, everybody
from tests.journeys.places import SitDown, sit_down
from workstation.ids import new_id
from workstation.models.proofs import ProofsModel
from workstation.views import style
from workstation.views.review.proofs import ProofsDialog
from workstation.views.widgets.buttons import KeyButton

pytestmark = pytest.mark.xdist_group("journeys in towns of their own")
__all__ = ["sit_down"]
LONG = 60_000


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """A hospital of its own: its trust list changes here."""
    with opened() as running:
        running.proofs.down.add("tsa")
        yield running


def said(dialog: ProofsDialog) -> str:
    return "\n".join(one.text() for one in dialog.findChildren(QLabel))


def button(dialog: ProofsDialog, verb: str) -> KeyButton:
    return next(one for one in dialog.findChildren(KeyButton) if one.text() == verb)


def test_what_waits_is_told_tried_again_and_a_trust_list_takes_two_people(
    town: Town, sit_down: SitDown, qtbot: QtBot,
) -> None:
    hands = everybody(town)
    stay = admitted(hands[DOCTOR].client, "Người Bệnh Chờ Dấu")
    hands[DOCTOR].signs_part(stay, "part_a", systolic=120)
    roots = [(town.home.trust / "training-root.pem").read_text("ascii"),
             pki.make_root("CA mới").certificate.public_bytes(Encoding.PEM).decode()]
    Hand(town, "tuan.hoangminh").client.propose_trust(TrustProposal(
        pems=tuple(roots), valid_from=datetime.now(UTC).date(), note="Thêm CA mới của tỉnh"), new_id())

    application = QApplication.instance()
    assert isinstance(application, QApplication)
    style.apply(application)
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(1366, 700)
    window.show()
    model = ProofsModel(sit_down(OFFICE, "office", encounter=stay.id).desk, window)
    dialog = ProofsDialog(model, window)
    dialog.show_over()
    qtbot.waitUntil(lambda: "1 tệp đang chờ" in said(dialog) and "Bản 1: chờ người thứ hai duyệt" in said(dialog),
                    timeout=LONG)
    qtbot.waitUntil(lambda: model.load() is None and "Dịch vụ" in said(dialog), timeout=LONG)  # type: ignore[func-returns-value]
    if folder := os.environ.get("BENHAN_PICTURES"):
        dialog.grab().save(f"{folder}/bang-chung-dang-cho.png")

    town.proofs.down.clear()
    button(dialog, "Thử lại ngay").click()
    qtbot.waitUntil(lambda: "1 tệp đủ bằng chứng" in again(model, dialog), timeout=LONG)
    button(dialog, "Duyệt").click()
    qtbot.waitUntil(lambda: "Bản 1: đang dùng" in said(dialog), timeout=LONG)
    dialog.reject()


def again(model: ProofsModel, dialog: ProofsDialog) -> str:
    model.load()
    return said(dialog)
