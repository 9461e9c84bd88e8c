"""pydicom is loaded without what it needs for its own samples only; and those are still there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import sys
import imaging.image
print([name for name in ("requests", "urllib.request", "tqdm") if name in sys.modules])
from pydicom.data import get_testdata_file
from pydicom.data.data_manager import get_url_map
print(get_testdata_file("CT_small.dcm"), len(get_url_map()) > 10, "requests" in sys.modules)
"""


def test_samples_are_downloaded_by_nobody_and_found_by_those_who_ask() -> None:
    ran = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=60, check=True,
                         cwd=Path(__file__).parents[2])
    first, second = ran.stdout.splitlines()
    assert first == "[]"
    assert second.endswith("CT_small.dcm True True")
