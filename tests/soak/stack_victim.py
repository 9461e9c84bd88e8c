"""A workstation without a window that signs a stack with the doctor's token: run by itself, to be disturbed."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any
from uuid import UUID

from PyQt6.QtWidgets import QApplication

from tests.journeys.phones import draft_tasks, sat_down
from tests.soak.phone_victim import Loop
from workstation.config import Config
from workstation.models.signing import SigningModel, Stage
from workstation.signing.base import Pin


def main(told: str) -> None:
    """Write so many rows, tell which; then sign as often as somebody says so, and tell how each time ended."""
    want = json.loads(told)
    loop: Any = Loop(QApplication([]))
    place, _ = sat_down(want["url"], Path(want["ca"]), UUID(want["encounter"]), Path(want["folder"]), loop)
    config = Config(server_url=want["url"], pkcs11_modules=(Path(want["module"]),), pkcs11_environment=want["env"])
    model = SigningModel(place.desk, config)
    act = model.begin(draft_tasks(loop, place, want["count"]))
    loop.waitUntil(lambda: act.stage is Stage.READY, timeout=20_000)
    loop.waitUntil(lambda: len(place.desk.store.drafts()) >= want["count"], timeout=20_000)
    print(*(line.task.entry for line in act.lines), flush=True)
    orders: list[str] = []
    threading.Thread(target=lambda: orders.extend(iter(sys.stdin.readline, "")), daemon=True).start()
    while True:
        loop.waitUntil(lambda: bool(orders), timeout=600_000)
        orders.clear()
        act.sign(Pin(want["pin"]))
        loop.waitUntil(lambda: not act.running, timeout=120_000)
        print(act.stage.value, *(reason.code for reason in (act.refusal.reasons if act.refusal else ())), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
