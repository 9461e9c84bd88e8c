"""A program with a window ends without a word, whatever its other threads still do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workstation.models.images.discs import HERS, HOA, slices
from tests.workstation.outliving import outlives

_SCRIPT = """
import sys, threading
from pathlib import Path
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication
from workstation import app, reader
from workstation.background import Background, Query
from workstation.config import Config
begun, go_on, first = threading.Event(), threading.Event(), app.let_the_window_go_first
def work():
    begun.set()
    go_on.wait(20)
def begin(root):
    background = root if isinstance(root, Background) else root.background
    background.run(Query("late", work, print), lane="late")
    begun.wait(20)
    QTimer.singleShot(0, QApplication.closeAllWindows)
    first(root)
app.let_the_window_go_first = reader.let_the_window_go_first = begin
threading.excepthook = lambda told: print(told.exc_value, flush=True)
folder = Path(sys.argv[2])
if sys.argv[1] == "reader":
    code = reader.run(folder, [], lambda: 100)
else:
    code = app.run(Config(server_url="http://127.0.0.1:9", data_dir=folder / "store", use_keyring=False), [])
go_on.set()
for thread in threading.enumerate():
    if thread.name == "late-0":
        thread.join(20)
print("ALIVE" if code == 0 else code)
"""


@pytest.mark.parametrize("program", ["app", "reader"])
def test_work_that_goes_on_when_the_program_has_ended_says_nothing(program: str, tmp_path: Path) -> None:
    for number, file in enumerate(slices(HOA, HERS, 3)):
        (tmp_path / f"IM{number}").write_bytes(file)
    outlives(_SCRIPT, program, str(tmp_path))
