"""What differs on Windows, tried on any system: `WINDOWS` is set, and its calls are played."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import time
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace
from typing import Any

import pytest

from imaging import system

ROOT = Path(__file__).parents[2]
here = pytest.mark.skipif(not system.WINDOWS, reason="Windows itself")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "WINDOWS", True)


class Held:
    """A file or folder that somebody else has open for a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        self.left, self.waits = times, list[float]()
        really = os.replace

        def replace(source: Any, target: Any) -> None:
            if self.left > 0:
                self.left -= 1
                raise PermissionError(13, "The process cannot access the file: it is being used by another process")
            really(source, target)

        monkeypatch.setattr(os, "replace", replace)
        monkeypatch.setattr(time, "sleep", self.waits.append)


@pytest.mark.usefixtures("windows")
def test_a_file_that_a_scanner_holds_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(monkeypatch, 3)
    (tmp_path / "key.new").write_text("new", "utf-8")
    (tmp_path / "key.json").write_text("old", "utf-8")
    system.put_in_place(tmp_path / "key.new", tmp_path / "key.json")
    assert (tmp_path / "key.json").read_text("utf-8") == "new"
    assert held.waits == list(system.HELD_S[:3])


@pytest.mark.usefixtures("windows")
def test_a_file_that_stays_held_is_an_error_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(monkeypatch, 99)
    (tmp_path / "a").touch()
    with pytest.raises(PermissionError):
        system.put_in_place(tmp_path / "a", tmp_path / "b")
    assert held.waits == list(system.HELD_S)


def test_elsewhere_a_file_that_may_not_be_renamed_is_an_error_at_once(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "WINDOWS", False)
    held = Held(monkeypatch, 1)
    (tmp_path / "a").touch()
    with pytest.raises(PermissionError):
        system.put_in_place(tmp_path / "a", tmp_path / "b")
    assert held.waits == []


@pytest.mark.usefixtures("windows")
def test_a_folder_whose_files_are_held_goes_when_they_are_let_go(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, waits, really = tmp_path / "ANH-1", list[float](), os.unlink
    folder.mkdir()
    (folder / "IM000001").write_bytes(b"held")

    def unlink(*a: Any, **k: Any) -> None:
        if len(waits) < 2:
            raise PermissionError(13, "held")
        really(*a, **k)

    monkeypatch.setattr(os, "unlink", unlink)
    monkeypatch.setattr(time, "sleep", waits.append)
    system.take_away(folder)
    assert not folder.exists()
    assert len(waits) == 2


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize(("told", "meant"), [
    ('D:"', "D:\\"), ("D:", "D:\\"), ("D:\\", "D:\\"), ("D:\\DICOMDIR", "D:\\DICOMDIR"),
    ("\\\\pacs\\cd", "\\\\pacs\\cd"),
    ("E:ảnh", "E:ảnh"), ("cd", "cd")])
def test_a_drive_is_meant_as_a_whole(told: str, meant: str) -> None:
    assert PureWindowsPath(system.place_of(told)) == PureWindowsPath(meant)


def test_elsewhere_a_path_stands_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "WINDOWS", False)
    assert str(system.place_of('odd:"')) == 'odd:"'


@pytest.mark.usefixtures("windows")
def test_no_console_window_flashes_up(monkeypatch: pytest.MonkeyPatch) -> None:
    started: dict[str, Any] = {}
    monkeypatch.setattr(subprocess, "Popen", lambda arguments, **how: started.update(how, arguments=arguments))
    system.start_child(["-m", "x"], {}, from_terminal=False)
    assert started["creationflags"] == 0x08000000
    assert started["start_new_session"] is False, "Windows' Popen takes no such thing"
    assert started["arguments"] == [sys.executable, "-m", "x"]


@pytest.mark.usefixtures("windows")
def test_windows_shows_no_box_for_a_crash_or_an_empty_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    told = SimpleNamespace(SEM_FAILCRITICALERRORS=1, SEM_NOGPFAULTERRORBOX=2, SEM_NOOPENFILEERRORBOX=0x8000,
                           SetErrorMode=modes.append)
    monkeypatch.setitem(sys.modules, "msvcrt", told)
    system.keep_quiet()
    assert modes == [0x8003]


@pytest.mark.usefixtures("windows")
def test_decoders_find_the_runtime_that_qt_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[str] = []
    monkeypatch.setitem(vars(os), "add_dll_directory", folders.append)
    system.find_runtime()
    assert [Path(folder).parts[-3:] for folder in folders] == [("PyQt6", "Qt6", "bin")]


@pytest.mark.usefixtures("windows")
def test_a_vendors_library_finds_its_parts_beside_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(ctypes, "CDLL", loaded.append)
    monkeypatch.chdir(tmp_path)
    system.load_with_its_parts("token.dll")
    assert loaded == [str(tmp_path / "token.dll")], "by its whole path: only then Windows looks beside it"


@pytest.mark.usefixtures("windows")
def test_a_library_that_cannot_be_loaded_is_told_by_who_loads_it_next(tmp_path: Path) -> None:
    (tmp_path / "broken.dll").write_bytes(b"MZ no library")
    system.load_with_its_parts(str(tmp_path / "broken.dll"))


@pytest.mark.usefixtures("windows")
def test_a_program_without_terminal_and_window_speaks_in_a_box(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[Any, ...]] = []
    user32 = SimpleNamespace(MessageBoxW=lambda *words: said.append(words))
    monkeypatch.setitem(vars(ctypes), "windll", SimpleNamespace(user32=user32))
    system.show_alone("Bệnh Án", "Không đọc được phần cài đặt của máy này.")
    assert said == [(None, "Không đọc được phần cài đặt của máy này.", "Bệnh Án", 0x30)]


CHILD = """
import json, os, sys
from imaging import system
source, out = system.take_pipes()
print("a library prints")
found = {"read": sys.stdin.read(), "asked": source.readline().decode()}
out.write(json.dumps(found).encode())
"""


def test_a_child_keeps_its_pipes_from_libraries() -> None:
    done = subprocess.run([sys.executable, "-c", CHILD], input=b"request\n", capture_output=True, cwd=ROOT, check=True)
    assert json.loads(done.stdout) == {"read": "", "asked": "request\n"}


@here
def test_the_error_mode_is_set() -> None:
    system.keep_quiet()
    assert vars(ctypes)["windll"].kernel32.GetErrorMode() & 0x8003 == 0x8003
