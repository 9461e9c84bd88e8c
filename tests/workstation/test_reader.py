"""`benhan --images`, the program itself: a picture without server or sign-in, and nothing loaded in vain."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.workstation.models.images.discs import HERS, HOA, slices

NOT_NEEDED = ("pydantic", "sqlalchemy", "httpx", "requests", "urllib3", "records.forms", "records.messages",
              "workstation.config", "workstation.models.desk", "workstation.drafts", "workstation.client",
              "workstation.views.prompts", "imagecodecs", "PIL")
_SCRIPT = f"""
import sys
from PyQt6.QtCore import QTimer
from workstation import reader
from workstation.__main__ import main
go_first = reader.let_the_window_go_first
def watch(*given):
    from workstation.views.images.reader_window import ReaderWindow
    settle = ReaderWindow._settle
    def settled(self, *told):
        if not self._settled and self.place is not None:
            print("LOADED", [name for name in {NOT_NEEDED!r} if name in sys.modules], flush=True)
            self.settled.connect(lambda: QTimer.singleShot(0, self.close))
        settle(self, *told)
    ReaderWindow._settle = settled
    go_first(*given)
reader.let_the_window_go_first = watch
sys.exit(main(sys.argv[1:]))
"""


def test_the_first_picture_waits_for_nothing_that_it_does_without(tmp_path: Path) -> None:
    for number, file in enumerate(slices(HOA, HERS, 3)):
        (tmp_path / f"IM{number}").write_bytes(file)
    ran = subprocess.run(
        [sys.executable, "-c", _SCRIPT, "--images", str(tmp_path)], capture_output=True, timeout=60, check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "BENHAN_DATA_DIR": str(tmp_path / "store"),
             "BENHAN_IMAGE_MEMORY_MB": "100"})
    assert ran.returncode == 0, ran.stderr.decode()
    assert ran.stdout.decode().splitlines() == ["LOADED []"], "the start has grown: four fifths of it were such once"
    assert b"Traceback" not in ran.stderr
    assert (tmp_path / "store" / "benhan.log").exists(), "the settings are read behind the picture, and the log begun"
