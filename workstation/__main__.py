"""`benhan [--config FILE]`: starts the workstation; `--self-test` tries this PC on the terminal instead."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from records.errors import Refusal
from workstation.about import version
from workstation.config import read_config

LOG_BYTES = 1_000_000


def keep_log(folder: Path) -> None:
    """Log to a file that cannot grow without end, and to the terminal when there is one; no names of patients."""
    handlers: list[logging.Handler] = [logging.StreamHandler()] if sys.stderr is not None else []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handlers.append(RotatingFileHandler(folder / "benhan.log", maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8"))
    except OSError as error:
        print(f"The log cannot be kept in {folder}: {error}", file=sys.stderr)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s",
                        handlers=handlers)
    # httpx names every address it asks, and addresses name patients.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the settings, open the window; returns the exit code."""
    parser = argparse.ArgumentParser(prog="benhan", description="Bệnh Án: the clinical workstation.")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML); else the usual places")
    parser.add_argument("--version", action="version", version=f"benhan {version()}")
    parser.add_argument("--self-test", action="store_true", help="try drivers, tokens, server and clock; no window")
    parser.add_argument("--json", action="store_true", help="with --self-test: the report as JSON")
    parser.add_argument("--no-sign", action="store_true", help="with --self-test: ask for no PIN, sign nothing")
    chosen, rest = parser.parse_known_args(arguments)
    try:
        config = read_config(chosen.config)
        if chosen.self_test:
            from workstation.self_test import run as self_test

            return self_test(config, as_json=chosen.json, sign=not chosen.no_sign)
        keep_log(config.data_dir)
        from workstation.app import run

        return run(config, [sys.argv[0], *rest])
    except Refusal as refusal:
        print(refusal.vietnamese, file=sys.stderr)
        print(str(refusal), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
