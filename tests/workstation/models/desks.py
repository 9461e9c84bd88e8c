"""A desk for tests: one signed-in doctor with store, sync and models, on a little server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pytestqt.qtbot import QtBot

from records.errors import Trouble
from records.messages import WorkstationSettings
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from workstation.background import Background
from workstation.client import Client
from workstation.drafts import LocalDraft, Store
from workstation.ids import new_id
from workstation.models.account import Account
from workstation.models.desk import Desk
from workstation.models.sync import SyncModel

KEY = bytes(range(32))
QUICK = WorkstationSettings(mirror_after_ms=2500)
"""Mirrors half a second after saving, so that a test need not wait for five."""


def account(**changes: Any) -> Account:
    good: dict[str, Any] = {
        "person": hospital.person(), "settings": QUICK, "facility": hospital.FACILITY, "facility_code": "99001",
        "health_department": "Sở Y tế Đông Phú", "training": True, "renderers": ("1",), "trust_roots": (),
        "signed_in_at": datetime.now(UTC),
    }
    return Account(**{**good, **changes})


class Desks:
    """Makes desks and clears them away in the end."""

    def __init__(self, folder: Path, little: LittleServer, client_of: Callable[..., Client],
                 background: Background, qtbot: QtBot) -> None:
        self.little, self.qtbot = little, qtbot
        self._folder, self._client_of, self._background = folder, client_of, background
        self._made: list[Desk] = []

    def open(self, name: str = "pc", *, start: bool = True, signed_in: bool = True) -> Desk:
        """A desk on the PC of that name; the same name opens the same store."""
        store = Store(self._folder / f"{name}.db", KEY, hospital.DOCTOR)
        client = self._client_of(self.little)
        if signed_in:
            try:
                client.sign_in("ha", "mat khau 1")
            except Trouble:
                client.door.token = "held before"
        me = account(settings=QUICK.model_copy(update={"stamp_within_s": self.little.settings.stamp_within_s}))
        sync = SyncModel(store, client, self._background, me)
        desk = Desk(account=me, store=store, client=client, background=self._background, sync=sync)
        self._made.append(desk)
        if start:
            sync.start()
        return desk

    def settle(self) -> None:
        """Wait until no work is under way but listening."""
        listening = sum(desk.sync.is_listening for desk in self._made)
        self.qtbot.waitUntil(lambda: self._background.running <= listening, timeout=10_000)

    def close(self) -> None:
        for desk in self._made:
            desk.sync.stop()
        self.qtbot.waitUntil(lambda: self._background.running == 0, timeout=10_000)
        for desk in self._made:
            desk.store.close()


def draft(plan: str = "Tiếp tục levofloxacin.", **changes: Any) -> LocalDraft:
    now = datetime.now(UTC)
    good: dict[str, Any] = {
        "entry": new_id(), "encounter": hospital.ENCOUNTER, "form": hospital.ROW, "occurred_at": now, "begun_at": now,
        "values": {"plan": plan},
    }
    return LocalDraft(**{**good, **changes})


def made(folder: Path, little: LittleServer, client_of: Callable[..., Client], background: Background,
         qtbot: QtBot) -> Iterator[Desks]:
    desks = Desks(folder, little, client_of, background, qtbot)
    yield desks
    desks.close()


ENTRY = UUID(int=77)
