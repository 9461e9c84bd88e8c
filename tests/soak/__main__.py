"""`make soak`: every test that is marked as a long run, whole; what ran and what came of it goes to docs/proof."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAD = "| long run | counted | took | verdict |\n| --- | --- | --- | --- |"
_VERDICTS = {"passed": "good", "failed": "**broken**", "skipped": "not run"}


class Notes:
    """Collects a line for each long run."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The run itself; or its setting up, when that failed."""
        if report.when != "call" and report.outcome == "passed":
            return
        if report.when == "teardown" and report.outcome != "failed":
            return
        module, _, name = report.nodeid.rpartition("::")
        words = name.removeprefix("test_").replace("_", " ")
        counted = ", ".join(f"{value} {told}" for told, value in report.user_properties) or "-"
        self.lines.append(f"| {words} (`{module}`) | {counted} | {report.duration:.0f} s "
                          f"| {_VERDICTS[report.outcome]} |")
        print(self.lines[-1], flush=True)


def main(arguments: list[str]) -> int:
    """Run them; the exit code is pytest's."""
    notes, start = Notes(), time.monotonic()
    code = int(pytest.main(["-q", "-m", "soak", "--soak", "-n", "2", *(arguments or ["tests"])], plugins=[notes]))
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = [
        f"# Long runs of {today}", "",
        (f"Written by `make soak` at revision {_revision()}: {os.cpu_count()} cores, {platform.machine()}, "
         f"Python {platform.python_version()}, {(time.monotonic() - start) / 60:.1f} minutes in all."), "",
        HEAD, *notes.lines, "",
        "Every run passed." if code == 0 else f"**Not every run passed** (pytest's exit code {code}).",
    ]
    target = ROOT / "docs" / "proof" / f"soak-{today}.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"Written: {target.relative_to(ROOT)}")
    return code


def _revision() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, text=True, check=False,
                          capture_output=True)
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
