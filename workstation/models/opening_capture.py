"""Opening what a patient left on a device: by right, for a reason that the audit keeps, and never a template (R8)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from records.confirmations import is_confirmation
from records.errors import Refusal, Trouble
from records.forms import Role
from records.messages import CaptureOpened, CaptureWanted, EntryView
from workstation.background import Query
from workstation.config import ZONE
from workstation.ids import new_id
from workstation.models.desk import Desk

OPENERS = frozenset({Role.RECORDS_OFFICE})
"""Whom the server lets: the records office."""
LEAST_REASON = 5


@dataclass(frozen=True)
class Shown:
    """What may be seen of it: a picture, or lines."""

    title: str
    taken_at: datetime
    picture: bytes = field(default=b"", repr=False)
    lines: tuple[str, ...] = ()


def may_open(desk: Desk, view: EntryView) -> bool:
    """Whether that entry is a confirmation with something kept, and this person may see it."""
    return (is_confirmation(view.form) and bool(_values(view).get("evidence_sha256"))
            and bool(OPENERS & set(desk.account.person.roles)))


def open_capture(desk: Desk, view: EntryView, reason: str, done: Callable[[Shown], None],
                 failed: Callable[[Refusal], None]) -> None:
    """Ask the server; nothing of the answer is kept on this PC."""
    transaction = UUID(_values(view)["transaction_no"])

    def ask() -> Shown:
        return shown(desk.client.open_capture(transaction, CaptureWanted(reason=reason), new_id()))

    desk.background.run(Query("open capture", ask, done, failed))


def shown(opened: CaptureOpened) -> Shown:
    """The evidence as a person can look at it."""
    try:
        evidence = base64.b64decode(opened.evidence, validate=True)
        if opened.method == "fingerprint":
            return Shown("Ảnh vân tay", opened.captured_at, evidence, (opened.device,))
        told = json.loads(evidence)
        if opened.method == "drawn":
            return _drawn(opened, told)
        return Shown("Biên nhận mã một lần", opened.captured_at, lines=tuple(_receipt(told)))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Trouble.because("answer_unreadable", "CaptureOpened", detail=type(error).__name__) from error


def _drawn(opened: CaptureOpened, told: dict[str, Any]) -> Shown:
    points = [point for stroke in told["strokes"] for point in stroke]
    seconds = f"{max((point[2] for point in points), default=0) / 1000:.1f}".replace(".", ",")
    return Shown("Chữ ký vẽ", opened.captured_at, base64.b64decode(told.get("png", "")),
                 (f"{opened.device} · {len(told['strokes'])} nét, {len(points)} điểm, {seconds} giây",))


def _receipt(told: dict[str, Any]) -> list[str]:
    source = "có trong hồ sơ" if told["phone_source"] == "on_file" else "do người xác nhận cho biết"
    sent, right = (datetime.fromisoformat(told[name]).astimezone(ZONE) for name in ("sent_at", "confirmed_at"))
    return [
        f"Số điện thoại: {told['phone']} ({source})", f"Cổng: {told['gateway']}", f"Số tin nhắn: {told['message_no']}",
        f"Gửi lúc {sent:%H:%M:%S %d/%m/%Y}, mã đúng lúc {right:%H:%M:%S}, nhập {told['tries']} lần",
        f"Văn bản {told['document']['entry']}, bản {told['document']['version']}",
        f"SHA-256 {told['document']['sha256']}"]


def _values(view: EntryView) -> dict[str, Any]:
    values: dict[str, Any] = view.body.get("values", {})
    return values
