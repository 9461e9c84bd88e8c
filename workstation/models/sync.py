"""Autosave, mirror, outbox and live events: nothing that was written is lost, and the screen says where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from PyQt6.QtCore import QObject, pyqtSignal

from records.entries import Instant
from records.forms import Frozen
from workstation.background import Background
from workstation.client import Client
from workstation.drafts.values import LocalDraft, OutboxCommand, OutboxItem
from workstation.models.session import Account


class SyncStatus(Frozen):
    """What the status line says."""

    saved_at: Instant | None = None
    received_at: Instant | None = None
    waiting: tuple[OutboxItem, ...] = ()
    """Commands that wait, in order («Chờ gửi n»)."""
    waiting_drafts: tuple[LocalDraft, ...] = ()
    refused: tuple[OutboxItem, ...] = ()
    """Refused or quarantined, until the person puts them away."""
    offline_since: Instant | None = None
    next_try_at: Instant | None = None
    needs_sign_in: bool = False
    """The server session ended: sending goes on after `SessionModel.unlock`."""
    disk_trouble: str = ""
    """Vietnamese; the local store cannot be written."""

    @property
    def saved_line(self) -> str:
        """«Đã lưu nháp 03:12:41», or nothing."""
        return ""
    @property
    def received_line(self) -> str:
        """«Máy chủ đã nhận 03:12:43», or nothing."""
        return ""
    @property
    def waiting_line(self) -> str:
        """«Chờ gửi 4», or nothing."""
        return ""
    @property
    def offline_line(self) -> str:
        """«Mất kết nối từ 02:47», or nothing."""
        return ""


class SyncModel(QObject):
    """One signed-in person's saving and sending; `start()` after sign-in, `stop()` before sign-out."""

    status_changed = pyqtSignal(object)
    """SyncStatus."""
    draft_saved = pyqtSignal(object)
    """LocalDraft: in the local store now."""
    draft_received = pyqtSignal(object)
    """LocalDraft: the server has it now."""
    draft_conflict = pyqtSignal(object)
    """LocalDraft with `theirs`."""
    draft_dropped = pyqtSignal(object)
    """UUID of the entry."""
    command_done = pyqtSignal(object)
    """OutboxItem that was done or quarantined."""
    command_refused = pyqtSignal(object)
    """OutboxItem with reasons."""
    chart_stale = pyqtSignal(object)
    """UUID of an encounter whose chart changed."""
    board_stale = pyqtSignal(object)
    """UUID of a ward whose board changed."""
    settlements_stale = pyqtSignal()

    status: SyncStatus

    def __init__(self, store: Any, client: Client, background: Background, account: Account,
                 parent: QObject | None = None) -> None:
        super().__init__(parent)
        raise NotImplementedError

    def start(self) -> None:
        """Begin: read what waits, listen to events, send."""
    def stop(self) -> None:
        """Save what is not saved yet, stop sending and listening."""
    def save(self, draft: LocalDraft) -> None:
        """The text changed: into the store within a second, to the server within five."""
    def flush(self) -> None:
        """Save now what waits for its second (before signing, locking, closing)."""
    def drop(self, draft: LocalDraft) -> None:
        """Throw a draft away, here and at the server."""
    def resolve(self, draft: LocalDraft, values: Mapping[str, Any]) -> None:
        """The person chose between two texts: these values go on, over the server's revision."""
    def send(self, command: OutboxCommand, *, closes: UUID | None = None) -> None:
        """Put a command into the outbox; `closes` is the entry whose draft the signed file is made of."""
    def put_away(self, item: OutboxItem) -> None:
        """The person has seen a refusal; its draft is open again already."""
    def retry_now(self) -> None:
        """Try the server now (Ctrl+R)."""
