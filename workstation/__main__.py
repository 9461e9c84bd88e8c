"""`benhan [--config FILE]`: starts the workstation."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from records.errors import Refusal
from workstation.about import version
from workstation.config import read_config


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the settings, open the window; returns the exit code."""
    parser = argparse.ArgumentParser(prog="benhan", description="Bệnh Án: the clinical workstation.")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML); else the usual places")
    parser.add_argument("--version", action="version", version=f"benhan {version()}")
    chosen, rest = parser.parse_known_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        config = read_config(chosen.config)
        from workstation.app import run

        return run(config, [sys.argv[0], *rest])
    except Refusal as refusal:
        print(refusal.vietnamese, file=sys.stderr)
        print(str(refusal), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
