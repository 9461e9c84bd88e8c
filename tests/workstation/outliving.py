"""What may end a whole program is tried in a program of its own: whether it lived to say so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def outlives(script: str, *arguments: str) -> None:
    """It comes to its last line, which prints ALIVE."""
    ran = subprocess.run([sys.executable, "-X", "faulthandler", "-c", script, *arguments], cwd=ROOT, check=False,
                         capture_output=True, text=True, timeout=60)
    assert ran.stdout == "ALIVE\n", ran.stdout + ran.stderr
