"""What the status line says of saving and sending, in the screen's words."""

from __future__ import annotations

from datetime import datetime

from records.entries import Instant
from records.forms import Frozen
from workstation.config import ZONE
from workstation.drafts import LocalDraft, OutboxItem


def clock_time(at: datetime) -> str:
    """03:12:41, on the hospital's clock."""
    return f"{at.astimezone(ZONE):%H:%M:%S}"


def hour_minute(at: datetime) -> str:
    """03:12, on the hospital's clock."""
    return f"{at.astimezone(ZONE):%H:%M}"


class SyncStatus(Frozen):
    """What the status line says."""

    saved_at: Instant | None = None
    received_at: Instant | None = None
    waiting: tuple[OutboxItem, ...] = ()
    """Commands that wait, in order."""
    waiting_drafts: tuple[LocalDraft, ...] = ()
    """Texts that the server does not have yet."""
    refused: tuple[OutboxItem, ...] = ()
    """Refused or quarantined, until the person puts them away."""
    offline_since: Instant | None = None
    next_try_at: Instant | None = None
    needs_sign_in: bool = False
    """The server session ended: sending goes on after `SessionModel.renew` or `unlock`."""
    disk_trouble: str = ""
    """Vietnamese; the local store cannot be written."""

    @property
    def waiting_count(self) -> int:
        """Signed files and other commands, and texts."""
        return len(self.waiting) + len(self.waiting_drafts)

    @property
    def waiting_bytes(self) -> int:
        """How much the commands weigh."""
        return sum(item.size for item in self.waiting)

    @property
    def saved_line(self) -> str:
        """«Đã lưu nháp 03:12:41», or nothing."""
        return f"Đã lưu nháp {clock_time(self.saved_at)}" if self.saved_at else ""

    @property
    def received_line(self) -> str:
        """«Máy chủ đã nhận 03:12:43», or nothing."""
        return f"Máy chủ đã nhận {clock_time(self.received_at)}" if self.received_at else ""

    @property
    def waiting_line(self) -> str:
        """«Chờ gửi 4», or nothing."""
        return f"Chờ gửi {self.waiting_count}" if self.waiting_count else ""

    @property
    def offline_line(self) -> str:
        """«Mất kết nối từ 02:47», or nothing."""
        return f"Mất kết nối từ {hour_minute(self.offline_since)}" if self.offline_since else ""
