"""The self-test (F12, `benhan --self-test`): tries this PC in the background and keeps the report for its file."""

from __future__ import annotations

import contextlib
import ctypes
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PyQt6.QtCore import QObject, pyqtSignal

from records.errors import Refusal, Trouble
from records.identities import Identity
from workstation.about import version
from workstation.background import Background, Command, Query
from workstation.client import Client
from workstation.config import Config
from workstation.models.machine import LANE
from workstation.models.signing_prompts import WindowPrompter
from workstation.signing.base import Pin, PinRequest, Prompter

if TYPE_CHECKING:  # heavy: loaded when the test runs
    from workstation.signing.self_test_report import Report, Surroundings
    from workstation.signing.token import TokenSigner

HEALTH_S = 5.0


@dataclass(frozen=True)
class Bench:
    """What a self-test needs: the server's door, the tokens, the settings; the same with and without a window."""

    client: Client
    config: Config
    signer: Callable[[], TokenSigner]

    def run(self, approved: frozenset[str] | None = None) -> tuple[Report, tuple[Identity, ...]]:
        """Everything but the trial signature, without a PIN; and the certificates that could sign one."""
        from workstation.signing.self_test import Trial, examine
        from workstation.signing.self_test_report import Report

        around = self._around()
        at = self.client.clock.server_now()
        modules = examine(self.signer(), at, approved)
        identities = tuple(one for one in self.signer().identities() if one.refusal(at) is None)
        own = tuple(one for one in identities if approved and one.serial in approved)
        return Report(around, modules, Trial(skipped=True)), own or identities

    def sign(self, report: Report, identity: Identity, prompter: Prompter) -> Report:
        """The same with one signature over random bytes; this asks for the PIN."""
        from workstation.signing.self_test import try_signature

        return replace(report, trial=try_signature(self.signer(), identity, prompter))

    def _around(self) -> Surroundings:
        from workstation.signing.self_test_report import Surroundings

        begun, server_ms = time.perf_counter(), None
        with contextlib.suppress(Refusal):
            self.client.health()
            server_ms = (time.perf_counter() - begun) * 1000
        clock = self.client.clock
        return Surroundings(
            at=datetime.now(UTC), program=version(), workstation=self.config.workstation, system=platform.platform(),
            bits=ctypes.sizeof(ctypes.c_void_p) * 8, server=urlsplit(self.config.server_url).netloc,
            server_ms=server_ms, offset_s=clock.offset_s if server_ms is not None else None,
            tolerance_s=clock.tolerance_s)


class TrialStage(StrEnum):
    """Where the self-test stands."""

    LOOKING = "looking"
    READY = "ready"
    """All but the trial signature is known."""
    SIGNING = "signing"
    ASKING = "asking"


class SelfTestModel(QObject):
    """One window's self-test; `begin` starts anew. `approved`: the enrolled serials of who is signed in, if any."""

    changed = pyqtSignal()
    saved = pyqtSignal(object)
    """Path: the report is on the disk."""
    refused = pyqtSignal(object)

    def __init__(self, bench: Bench, background: Background, *, approved: frozenset[str] | None = None) -> None:
        super().__init__()
        self._bench, self._background = bench, background
        self._prompter = WindowPrompter(self)
        self._prompter.pin_wanted.connect(self._asked)
        self._approved = approved
        self.stage = TrialStage.LOOKING
        self.report: Report | None = None
        self.identities: tuple[Identity, ...] = ()
        self.identity: Identity | None = None
        self.request: PinRequest | None = None

    @property
    def last_try(self) -> bool:
        """One more wrong PIN locks the token: it must be accepted first."""
        if self.request is not None:
            return self.request.final_try
        return "USER_PIN_FINAL_TRY" in self._flags

    @property
    def on_token(self) -> bool:
        """The PIN is keyed in on the token itself."""
        return "PROTECTED_AUTHENTICATION_PATH" in self._flags

    @property
    def _flags(self) -> frozenset[str]:
        """Of the token that holds the chosen certificate."""
        return frozenset(flag for token in (self.report.tokens if self.report else ())
                         if self.identity is not None and token["serial"] == self.identity.token_serial
                         for flag in token["flags"])

    def begin(self) -> None:
        """Look at everything that needs no PIN."""
        if self.stage in (TrialStage.SIGNING, TrialStage.ASKING):
            return
        self.report, self.identities, self.identity = None, (), None
        self._turn(TrialStage.LOOKING)
        approved = self._approved
        self._background.run(Query("self-test", lambda: self._bench.run(approved), self._looked, self._failed),
                             lane=LANE)

    def choose(self, identity: Identity) -> None:
        """Which certificate tries to sign."""
        self.identity = identity
        self.changed.emit()

    def sign(self, pin: Pin) -> None:
        """Try one signature with this PIN, or answer the question that stands."""
        report, identity = self.report, self.identity
        if self.stage is TrialStage.ASKING:
            self._turn(TrialStage.SIGNING)
            self._prompter.answer(pin)
        elif self.stage is TrialStage.READY and report is not None and identity is not None:
            self._prompter.offer(pin)
            self._turn(TrialStage.SIGNING)
            self._background.run(Command("self-test signs", lambda: self._signed_by(report, identity), self._signed,
                                         self._failed), lane=LANE)
        else:
            pin.wipe()

    def stop(self) -> None:
        """The window goes: every question, now and later, is cancelled."""
        self._prompter.end()

    def save(self, path: Path) -> None:
        """Write the report: JSON when the name ends so, else text."""
        if self.report is None:
            return
        text = self.report.as_json() if path.suffix == ".json" else self.report.as_text()
        self._background.run(Command("save the self-test", lambda: _write(path, text), self._saved,
                                     self._not_saved))

    def _signed_by(self, report: Report, identity: Identity) -> Report:
        try:
            return self._bench.sign(report, identity, self._prompter)
        finally:
            self._prompter.forget()

    def _turn(self, stage: TrialStage) -> None:
        self.stage = stage
        if stage is not TrialStage.ASKING:
            self.request = None
        self.changed.emit()

    def _looked(self, found: tuple[Report, tuple[Identity, ...]]) -> None:
        self.report, self.identities = found
        self.identity = self.identities[0] if self.identities else None
        self._turn(TrialStage.READY)

    def _asked(self, request: PinRequest) -> None:
        self.request = request
        self._turn(TrialStage.ASKING)

    def _signed(self, report: Report) -> None:
        self.report = report
        self._turn(TrialStage.READY)

    def _failed(self, why: Refusal) -> None:
        self._turn(TrialStage.READY)
        self.refused.emit(why)

    # Methods, not the signals' own: a signal of a window that has gone may not be touched.

    def _saved(self, path: Path) -> None:
        self.saved.emit(path)

    def _not_saved(self, why: Refusal) -> None:
        self.refused.emit(why)


def _write(path: Path, text: str) -> Path:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Trouble.because("report_not_written", str(path), detail=str(error)) from error
    return path
