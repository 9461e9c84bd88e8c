"""Run every bench (or those named), print and write bench/results.md; exit 1 when a demand is missed."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import HEAD, Figure

LOAD = os.getloadavg()
BENCHES = ("render", "signatures", "sign_stack", "token_pace", "remote_signing", "chart", "signing_board", "search",
           "images", "load", "startup", "pixels", "window_drag", "image_stream", "local_series")


def main() -> int:
    """Each bench is a module with `run() -> list[Figure]`."""
    wanted = sys.argv[1:] or list(BENCHES)
    figures: list[Figure] = []
    for name in wanted:
        print(f"== {name}", flush=True)
        for figure in importlib.import_module(f"bench.{name}").run():
            print(figure.row(), flush=True)
            figures.append(figure)
    if wanted == list(BENCHES):
        _write(figures)
    return 1 if any(figure.met is False for figure in figures) else 0


def _write(figures: list[Figure]) -> None:
    lines = [
        "# Measured", "",
        (f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.machine()}, "
         f"Python {platform.python_version()}, load average at the start {LOAD[0]:.2f}."),
        "Written by `make bench`; ours and the peer are measured in the same run.", "", HEAD,
        *(figure.row() for figure in figures),
    ]
    (Path(__file__).parent / "results.md").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
