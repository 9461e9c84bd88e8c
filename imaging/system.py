"""What differs between Linux and Windows, once: child processes and their pipes, files that others hold, memory.

Whoever needs to know where the program runs asks here (`tests/structure/test_both_systems.py`). Tests try Windows' part
by setting `WINDOWS`, with something in the place of its system calls.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import mmap
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path, PureWindowsPath
from typing import IO, Any

NAME = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
"""As our lists name systems."""
WINDOWS = NAME == "windows"
HELD_S = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""How long a file that somebody else holds is waited for, each time anew: a virus scanner looks at what is new."""
_STANDARD = {0: -10, 1: -11}
"""STD_INPUT_HANDLE and STD_OUTPUT_HANDLE."""
_WARNING = 0x30
"""MB_ICONWARNING."""
_PIPE_BYTES = 1 << 20


def start_child(arguments: Sequence[str], env: Mapping[str, str], *, from_terminal: bool = True
                ) -> subprocess.Popen[bytes]:
    """This Python anew, with pipes to its input and from its output. No console window flashes up on Windows.

    `from_terminal`: Ctrl+C in the terminal ends it as well, where there are such things.
    """
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0x08000000) if WINDOWS else 0
    return subprocess.Popen([sys.executable, *arguments], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, creationflags=flags,
                            start_new_session=not WINDOWS and not from_terminal)


def take_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """In the child: keep the pipes for us alone. A library that reads or prints must not find them; and on Windows one
    that is loaded asks what its input is, and would wait until our reading of the next request ends.
    """
    source, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, standard in _STANDARD.items():
        os.dup2(nothing, number)
        if WINDOWS:  # a program without a console keeps the old handles in mind
            _library("kernel32").SetStdHandle(standard, ctypes.c_void_p(import_module("msvcrt").get_osfhandle(number)))
    return source, out


def keep_quiet() -> None:
    """No box of Windows' own when a library crashes or lacks a part, or when a drive is empty: this program and its
    children say it themselves, and nobody would be there to close the box of a child.
    """
    if WINDOWS:
        system = import_module("msvcrt")
        system.SetErrorMode(system.SEM_FAILCRITICALERRORS | system.SEM_NOGPFAULTERRORBOX
                            | system.SEM_NOOPENFILEERRORBOX)


def show_alone(title: str, words: str) -> None:
    """Words in a box of the system, which waits until it is closed; for a program without window and terminal."""
    if WINDOWS:
        _library("user32").MessageBoxW(None, words, title, _WARNING)


def find_runtime() -> None:
    """In a child that loads no Qt: let decoders find the C++ runtime that comes with it. Python brings none, and not
    every PC has one.
    """
    if WINDOWS and (qt := importlib.util.find_spec("PyQt6")) is not None and qt.origin is not None:
        with contextlib.suppress(OSError):
            vars(os)["add_dll_directory"](str(Path(qt.origin).parent / "Qt6" / "bin"))


def load_with_its_parts(library: str) -> None:
    """Have a vendor's library loaded already when others load it by its path alone: Windows then looks for what it
    needs beside the program and not beside the library. What is wrong with it they say.
    """
    if WINDOWS:
        with contextlib.suppress(OSError):
            ctypes.CDLL(str(Path(library).absolute()))


def bound_memory(most: int) -> None:
    """In a child: no more address space than that, and no image of it on the disk when it dies. Not on Windows."""
    if not WINDOWS:
        resource = import_module("resource")
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def anonymous_memory(size: int) -> mmap.mmap:
    """So many bytes, all zero, on pages of their own."""
    if WINDOWS:
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def widen(pipe: IO[bytes] | None) -> None:
    """A pipe of Linux holds 64 KB; wider, a picture goes through it in few turns between the two programs."""
    if NAME == "linux" and pipe is not None:
        fcntl = import_module("fcntl")
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def put_in_place(made: Path, target: Path) -> None:
    """Rename a file or folder; what was at `target` is replaced. On Windows that fails while anybody has either open,
    as virus scanners and indexers do for a moment with all that is new.
    """
    for wait_s in HELD_S if WINDOWS else ():
        try:
            made.replace(target)
        except PermissionError:
            time.sleep(wait_s)
        else:
            return
    made.replace(target)


def put_aside(made: str, target: str) -> None:
    """Rename a file unless somebody else has it open, which only Windows minds; it is not waited for."""
    with contextlib.suppress(PermissionError):
        Path(made).replace(target)


def take_away(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as it can be; what others hold is waited for, as above."""
    for wait_s in HELD_S if WINDOWS else ():
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(wait_s)
    shutil.rmtree(folder, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder last; Windows does so by itself."""
    if not WINDOWS:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def place_of(argument: str) -> Path:
    r"""A folder or file as the command line names it. Windows names a whole drive `"D:\"`, which its own rules for
    quotes make `D:"`; and `D:` is a folder of that drive, not the drive.
    """
    if not WINDOWS:
        return Path(argument)
    argument = argument.rstrip('"')
    named = PureWindowsPath(argument)
    return Path(argument + "\\" if named.drive and not named.root and not named.name else argument)


def _library(name: str) -> Any:
    return getattr(vars(ctypes)["windll"], name)
