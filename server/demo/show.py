"""`benhan-server demo`: a whole demo hospital in one folder, served in the foreground until a signal comes."""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from records.errors import Refusal
from server.administration import bring_up_to_date, init_keys
from server.demo.devices import send_pictures, worklist_lines
from server.demo.enrolment import enrol_phone, enrol_staff
from server.demo.home import DemoHome, hospital_data, prepare
from server.demo.phone import PhoneService
from server.demo.seed import seed
from server.services.hospital import Hospital
from server.serving import build
from server.settings import Settings

_log = logging.getLogger("benhan.server.demo")
HISTORY_S = 180
"""The past days' records are signed within this time, or the demo does without them."""


def run(folder: Path, port: int, history: Path | None, trust_services: str = "",
        phone: PhoneService | None = None) -> int:
    """Make what is missing, serve, print READY; stop cleanly on SIGTERM or SIGINT."""
    home = DemoHome(folder.resolve())
    home.folder.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        return _serve(home, port, history, trust_services, phone)


def _serve(home: DemoHome, port: int, history: Path | None, trust_services: str, phone: PhoneService | None) -> int:
    settings = prepare(home, port, trust_services, phone)
    with _cluster(home):
        bring_up_to_date(settings)
        init_keys(settings)
        _fill(home, settings, phone)

        def ready() -> None:
            # In a thread of its own: the history is signed over HTTPS against this very server.
            threading.Thread(target=_announce, args=(home, settings, history), daemon=True).start()

        build(settings, ready).run()
    return 0


def forget(folder: Path) -> int:
    """Stop the demo's cluster and remove its data, wherever it lies."""
    DemoHome(folder.resolve()).cluster.destroy()
    return 0


@contextmanager
def _alone(home: DemoHome) -> Iterator[None]:
    """Hold the folder: a second server on it would have its cluster stopped by the first one's end."""
    with (home.folder / "in-use.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refusal.because("demo_home_in_use", str(home.folder)) from error
        yield


@contextmanager
def _cluster(home: DemoHome) -> Iterator[None]:
    cluster = home.cluster
    cluster.create()
    cluster.start()
    try:
        yield
    finally:
        cluster.stop()


def _fill(home: DemoHome, settings: Settings, phone: PhoneService | None) -> None:
    """The hospital's people and patients, and their certificates."""
    hospital, data = Hospital.open(settings), hospital_data()
    try:
        if seed(hospital.engine, hospital.keys, hospital.passwords, data):
            _log.info("The demo hospital is loaded.")
        if enrolled := enrol_staff(hospital, home.tokens, data):
            _log.info("%d certificates are enrolled.", enrolled)
        if phone is not None and enrol_phone(hospital, phone.folder, data):
            _log.info("A certificate at the remote signing service is enrolled.")
    finally:
        hospital.close()


def _announce(home: DemoHome, settings: Settings, history: Path | None) -> None:
    try:
        _sign_history(home, history)
        if history is None or history.exists():
            send_pictures(home, hospital_data())
    finally:
        for line in worklist_lines(home):
            print(line, flush=True)
        print(f"READY https://{settings.host}:{settings.port}", flush=True)


def _sign_history(home: DemoHome, history: Path | None) -> None:
    """The past days' records, signed by the staff's tokens through the workstation's own path; once."""
    script = history or Path(__file__).parents[2] / "scripts" / "demo_history.py"
    done = home.folder / "history.done"
    if done.exists():
        return
    if not script.exists():
        _log.info("There is no %s: the demo begins without signed history.", script.name)
        return
    try:
        outcome = subprocess.run([sys.executable, str(script), "--home", str(home.folder)], check=False,
                                 stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=HISTORY_S,
                                 env={**os.environ, "PYTHONPATH": str(script.resolve().parents[1])})
    except subprocess.TimeoutExpired:
        _log.warning("The signed history was not finished within %d seconds; the demo goes on without it.", HISTORY_S)
        return
    if outcome.returncode == 0:
        done.touch()
    else:
        _log.warning("The signed history could not be made (exit code %d).", outcome.returncode)
