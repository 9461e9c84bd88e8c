"""make demo: the demo hospital's server, then the workstation; with no display, the day played on a virtual screen."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "demo-home"
OUTPUT = ROOT / "demo-output"
BIN = Path(sys.executable).parent
START_S = 240


class StepFailed(Exception):
    """A step of the demo did not come through; carries what to do."""


def main() -> int:
    """Run the demo; the exit code is 0 when all steps came through."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reset", action="store_true", help="forget the demo hospital and stop")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--play", action="store_true", help="play the day by itself even where there is a display")
    arguments = parser.parse_args()
    if arguments.reset:
        return reset()
    try:
        return run(arguments.port, play=arguments.play or not has_display())
    except StepFailed as failed:
        say(f"The demo stopped: {failed}")
        return 1
    except KeyboardInterrupt:
        return 130


def run(port: int, *, play: bool) -> int:
    """Server, then the windows; the server is stopped whatever happens."""
    step("1/3 Demo hospital: database, certificates, tokens, people, a few days of records")
    services = subprocess.Popen([sys.executable, "-m", "tests.sandbox.trust", "--home", str(HOME)], cwd=ROOT,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    server = phone = None
    try:
        phone, told = start_phone()
        server = start_server(free_port(port), told)
        if play:
            step("2/3 No display: the day is played on a virtual screen")
            play_the_day()
            step("3/3 The signed files, checked without server and database")
            check_files()
        else:
            step("2/3 The workstation opens; the sign-in window offers the demo people by a click")
            subprocess.run([BIN / "benhan", "--config", HOME / "workstation.toml"], check=False)
            step("3/3 The workstation was closed")
    finally:
        for process in (server, phone, services):
            if process is not None:
                stop(process)
    return 0


def start_phone() -> tuple[subprocess.Popen[str], list[str]]:
    """The played remote signing service, and what the server must be told of it."""
    phone = subprocess.Popen([sys.executable, "-m", "tests.sandbox.phone", "--home", HOME / "phone"], cwd=ROOT,
                             stdout=subprocess.PIPE, text=True)
    ready, *told = (phone.stdout.readline() if phone.stdout else "").split(maxsplit=2) or [""]
    if ready != "READY":
        stop(phone)
        raise StepFailed("the played remote signing service did not start.")
    return phone, ["--phone", *(word.strip() for word in told)]


def start_server(port: int, more: list[str]) -> subprocess.Popen[str]:
    """`benhan-server demo`, returned once it serves."""
    log = ROOT / "demo-server.log"
    with log.open("w", encoding="utf-8") as errors:
        server = subprocess.Popen(
            [BIN / "benhan-server", "demo", "--home", HOME, "--port", str(port),
             "--trust-services", f"http://127.0.0.1:{free_port(port + 1)}", *more],
            stdout=subprocess.PIPE, stderr=errors, text=True,
        )
    ready = threading.Event()

    def read() -> None:
        for line in server.stdout or ():
            say("   " + line.rstrip())
            if line.startswith("READY "):
                ready.set()

    threading.Thread(target=read, daemon=True).start()
    ends = time.monotonic() + START_S
    while not ready.wait(0.2):
        if server.poll() is not None or time.monotonic() > ends:
            stop(server)
            tail = "\n".join(log.read_text("utf-8").splitlines()[-5:])
            raise StepFailed(f"the server did not start. Its last words:\n{tail}\nThe whole log: {log}\n"
                             "What to do: `make demo-reset`, then `make demo` again.")
    return server


def play_the_day() -> None:
    """The day through the real windows, on Xvfb; leaves `demo-output/`."""
    if OUTPUT.exists():
        shutil.rmtree(OUTPUT)
    OUTPUT.mkdir()
    command = ["xvfb-run", "-a", "-s", "-screen 0 1366x768x24", sys.executable, "-m", "scripts.demo_day",
               "--home", str(HOME), "--out", str(OUTPUT)]
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb"}
    if subprocess.run(command, check=False, env=environment, cwd=ROOT).returncode:
        raise StepFailed(f"the day did not come through; the last picture in {OUTPUT} shows where.")


def check_files() -> None:
    """`benhan-server check` over all that the day signed."""
    files = sorted(OUTPUT.glob("*.pdf"))
    done = subprocess.run([BIN / "benhan-server", "check", "--trust", HOME / "trust", *files], check=False)
    if not files or done.returncode:
        raise StepFailed("a signed file did not pass the check; the lines above say what and where.")
    say(f"\nScreenshots and signed PDFs: {OUTPUT}\nAgain: make demo (starts in seconds). Anew: make demo-reset.")


def stop(server: subprocess.Popen[str]) -> None:
    """End the server the polite way, and wait for it."""
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()


def reset() -> int:
    """Forget the demo hospital: stop a cluster that still runs there, then remove the folders."""
    if HOME.exists():
        subprocess.run([BIN / "benhan-server", "demo", "--home", HOME, "--forget"], check=False)
    for folder in (HOME, OUTPUT):
        shutil.rmtree(folder, ignore_errors=True)
    say("The demo hospital is forgotten; the next `make demo` begins anew.")
    return 0


def has_display() -> bool:
    """Whether a window can be shown to somebody."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or sys.platform == "win32")


def free_port(wanted: int) -> int:
    """The wanted port, or another when somebody has it."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def step(text: str) -> None:
    """Say where we are."""
    say(f"\n== {text}")


def say(text: str) -> None:
    """A line for the person at the terminal."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
