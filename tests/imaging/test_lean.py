"""pydicom is loaded without its samples, their download and its decoders; who asks for samples still finds them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import sys
from imaging.lean import load_pydicom
load_pydicom()
import imaging.image
print([name for name in ("requests", "urllib.request", "tqdm", "PIL") if name in sys.modules])
from pydicom.data import get_testdata_file
from pydicom.data.data_manager import get_url_map
import PIL.Image, pydicom
print(get_testdata_file("CT_small.dcm"), len(get_url_map()) > 10, "requests" in sys.modules,
      pydicom.examples.ct.Modality)
"""


def test_samples_are_downloaded_by_nobody_and_found_by_those_who_ask() -> None:
    ran = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=60, check=True,
                         cwd=Path(__file__).parents[2])
    first, second = ran.stdout.splitlines()
    assert first == "[]"
    assert second.endswith("CT_small.dcm True True CT")
