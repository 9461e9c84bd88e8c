"""`benhan` starts to its sign-in window, and says what is wrong with its settings."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from workstation import __main__ as start
from workstation.__main__ import main
from workstation.config import read_config


def test_settings_that_cannot_be_read_are_refused_in_vietnamese(
        tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "workstation.toml"
    broken.write_text("server_url = [", "utf-8")
    assert main(["--config", str(broken)]) == 2
    said = capsys.readouterr().err
    assert "Không đọc được phần cài đặt của máy này" in said
    assert "Traceback" not in said


def test_settings_that_notepad_saved_are_read(tmp_path: Path) -> None:
    saved = tmp_path / "workstation.toml"
    saved.write_text('server_url = "https://benhan.benh-vien.vn:8443"\n', "utf-8-sig")
    assert read_config(saved, {}).server_url == "https://benhan.benh-vien.vn:8443"


def boxes_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What will stand in boxes of the system, for a program that was started by its icon on Windows."""
    said: list[str] = []
    monkeypatch.setattr(start, "show_alone", lambda title, words: said.append(f"{title}: {words}"))
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    return said


def test_without_a_terminal_a_refusal_stands_in_a_box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = boxes_of(monkeypatch)
    (tmp_path / "workstation.toml").write_text("server_url = [", "utf-8")
    assert main(["--config", str(tmp_path / "workstation.toml")]) == 2
    assert len(boxes) == 1
    assert boxes[0].startswith("Bệnh Án: Không đọc được phần cài đặt của máy này")


def test_without_a_terminal_a_start_that_fails_stands_in_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise ImportError("DLL load failed while importing QtCore")

    boxes = boxes_of(monkeypatch)
    monkeypatch.setattr(start, "_run", broken)
    assert main([]) == 1
    assert "Chương trình không khởi động được" in boxes[0]
    assert "DLL load failed while importing QtCore" in boxes[0]


@pytest.mark.parametrize("asked", [["--version"], ["--self-test"], ["--self-test", "--json", "--no-sign"]])
def test_what_prints_says_without_a_terminal_that_it_needs_one(
        asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The PIN would be asked for on a console that is not there, for ever."""
    boxes = boxes_of(monkeypatch)
    assert main(asked) == 2
    assert "cửa sổ dòng lệnh" in boxes[0]


def test_what_is_printed_into_a_file_is_unicode_whatever_the_pc_speaks(tmp_path: Path) -> None:
    (tmp_path / "workstation.toml").write_text("server_url = [", "utf-8")
    said = subprocess.run([sys.executable, "-m", "workstation", "--config", str(tmp_path / "workstation.toml")],
                          env={**os.environ, "PYTHONIOENCODING": "cp1252:strict", "PYTHONUTF8": "0"}, check=False,
                          cwd=Path(__file__).parents[2], capture_output=True)
    assert said.returncode == 2, said.stderr
    assert "Không đọc được phần cài đặt của máy này" in said.stderr.decode("utf-8")


def test_a_log_that_another_program_holds_goes_on_where_it_is(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows `benhan --images` beside the workstation would have ended both logs at their first megabyte."""
    def held(*_: object) -> None:
        raise PermissionError(13, "The process cannot access the file")

    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    root.handlers.clear()
    try:
        start.keep_log(tmp_path)
        (kept,) = (one for one in root.handlers if isinstance(one, RotatingFileHandler))
        kept.maxBytes = 200
        monkeypatch.setattr(Path, "replace", held)
        monkeypatch.setattr(os, "rename", held)
        for number in range(9):
            logging.getLogger("workstation").info("line %s", number)
        monkeypatch.undo()
        written = (tmp_path / "benhan.log").read_text("utf-8")
        assert [f"line {number}" in written for number in range(9)] == [True] * 9
    finally:
        for one in root.handlers:
            one.close()
        root.handlers[:] = before
        root.setLevel(level)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("benhan ")


def test_the_program_starts_without_a_server_and_keeps_its_log(tmp_path: Path) -> None:
    settings = tmp_path / "workstation.toml"
    lines = ('server_url = "http://127.0.0.1:9"', f"data_dir = '{tmp_path}/store'", "use_keyring = false")
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
            started.kill()
    assert "Đăng nhập — Bệnh Án" in out.decode()
    assert started.returncode == 0, errors.decode()
    assert b"Traceback" not in errors
    assert (tmp_path / "store" / "benhan.log").exists()
