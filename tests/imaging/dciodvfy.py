"""dciodvfy (Debian's dicom3tools), the judge of every DICOM object that we write: what it calls an Error."""

from __future__ import annotations

import subprocess
from pathlib import Path


def errors_in(data: bytes, folder: Path) -> list[str]:
    """Its lines that begin with Error, for a whole file; raises when it did not run or did not know the class."""
    file = folder / "judged.dcm"
    file.write_bytes(data)
    # "-new" is left out: the old form tells one line a finding, which is what is counted here.
    done = subprocess.run(["dciodvfy", file], capture_output=True, text=True, errors="replace", check=False, timeout=60)
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    if not lines:
        raise AssertionError("dciodvfy said nothing: it names the class of each file that it judges")
    return [line for line in lines if line.startswith("Error") or "unrecognized" in line.lower()]
