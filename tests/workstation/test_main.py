"""`benhan` starts to its sign-in window, and says what is wrong with its settings."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workstation.__main__ import main


def test_settings_that_cannot_be_read_are_refused_in_vietnamese(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "workstation.toml"
    broken.write_text("server_url = [", "utf-8")
    assert main(["--config", str(broken)]) == 2
    said = capsys.readouterr().err
    assert "Không đọc được phần cài đặt của máy này" in said
    assert "Traceback" not in said


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("benhan ")


def test_the_program_starts_without_a_server_and_keeps_its_log(tmp_path: Path) -> None:
    settings = tmp_path / "workstation.toml"
    lines = ('server_url = "http://127.0.0.1:9"', f'data_dir = "{tmp_path}/store"', "use_keyring = false")
    settings.write_text("\n".join(lines), "utf-8")
    script = (
        "import sys; import workstation.app as app\n"
        "old = app.Program.__init__\n"
        "def init(self, *a):\n"
        "    old(self, *a)\n"
        "    title = lambda: print(self.window.windowTitle(), flush=True)\n"
        "    self.machine.changed.connect(lambda: (title(), self.window.close()))\n"
        "app.Program.__init__ = init\n"
        "from workstation.__main__ import main; sys.exit(main(sys.argv[1:]))\n"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONIOENCODING": "utf-8"}
    started = subprocess.Popen([sys.executable, "-c", script, "--config", str(settings)], env=environment,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=Path(__file__).parents[2])
    try:
        out, errors = started.communicate(timeout=60)
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGKILL)
    assert "Đăng nhập — Bệnh Án" in out.decode()
    assert started.returncode == 0, errors.decode()
    assert b"Traceback" not in errors
    assert (tmp_path / "store" / "benhan.log").exists()
