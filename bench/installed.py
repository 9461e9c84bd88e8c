"""The program in the state in which pip installs it: compiled.

A checkout where Python may write no bytecode is compiled anew at each start, which no PC of a hospital ever does.
"""

from __future__ import annotations

import compileall

from bench.house import ROOT

PARTS = ("records", "imaging", "workstation", "server", "migrations", "resources")


def compile_all() -> None:
    """Quick when all is compiled already."""
    for part in PARTS:
        if not compileall.compile_dir(ROOT / part, quiet=1):
            raise RuntimeError(f"{part} cannot be compiled")
