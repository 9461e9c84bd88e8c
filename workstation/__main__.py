"""`benhan [--config FILE]`: starts the workstation; `--images PATH` only reads a disc; `--self-test` tries this PC."""

from __future__ import annotations

import argparse
import gc
import io
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from imaging.system import keep_quiet, place_of, put_aside, show_alone
from records.errors import Refusal

if TYPE_CHECKING:  # what each way to start needs is loaded on its own way
    from workstation.config import Config

LOG_BYTES = 1_000_000


def keep_log(folder: Path) -> None:
    """Log to a file that cannot grow without end, and to the terminal when there is one; no names of patients."""
    from logging.handlers import RotatingFileHandler

    handlers: list[logging.Handler] = [logging.StreamHandler()] if sys.stderr is not None else []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        kept = RotatingFileHandler(folder / "benhan.log", maxBytes=LOG_BYTES, backupCount=2, encoding="utf-8")
        kept.rotator = put_aside  # a second program here may have it open: then both go on in it
        handlers.append(kept)
    except OSError as error:
        print(f"The log cannot be kept in {folder}: {error}", file=sys.stderr)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s",
                        handlers=handlers)
    # httpx names every address it asks, and addresses name patients.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the settings, open the window; returns the exit code."""
    keep_quiet()
    _speak_unicode()
    chosen, rest = _parser().parse_known_args(arguments)
    try:
        return _run(chosen, [sys.argv[0], *rest])
    except Refusal as refusal:
        _tell(refusal)
        return 2
    except Exception as error:
        if sys.stderr is not None:
            raise
        logging.getLogger(__name__).critical("The program could not start.", exc_info=True)
        _tell(Refusal.because("start_failed", detail=f"{type(error).__name__}: {error}"))
        return 1
    finally:
        gc.enable()


def _tell(refusal: Refusal) -> None:
    """A program that Windows started by its icon has no terminal: to whom nothing is shown, it just does not start."""
    words = f"{refusal.vietnamese}\n{refusal}"
    if sys.stderr is not None:
        print(words, file=sys.stderr)
    else:
        show_alone("Bệnh Án", words)


def _speak_unicode() -> None:
    """What goes to a file or a pipe is UTF-8 (Windows would write its own alphabet, which lacks ệ), and no letter that
    a terminal lacks is an error.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="benhan", description="Bệnh Án: the clinical workstation.")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML); else the usual places")
    parser.add_argument("--version", action="store_true", help="say which version this is")
    parser.add_argument("--images", type=place_of, metavar="PATH",
                        help="show the images of a folder, a disc, a DICOMDIR or a DICOM file; no sign-in")
    parser.add_argument("--self-test", action="store_true", help="try drivers, tokens, server and clock; no window")
    parser.add_argument("--json", action="store_true", help="with --self-test: the report as JSON")
    parser.add_argument("--no-sign", action="store_true", help="with --self-test: ask for no PIN, sign nothing")
    return parser


def _run(chosen: argparse.Namespace, arguments: Sequence[str]) -> int:
    asks = chosen.self_test and not chosen.no_sign
    if (sys.stdout is None and (chosen.version or chosen.self_test)) or (sys.stdin is None and asks):
        raise Refusal.because("terminal_missing")
    if chosen.version:
        from workstation.about import version

        print(f"benhan {version()}")
        return 0
    gc.disable()  # what is loaded at a start stays: looking through it again and again costs a tenth of the start
    if chosen.images is not None:
        from workstation import reader

        return reader.run(chosen.images, arguments, lambda: _settings(chosen.config).image_memory_mb)
    if chosen.self_test:
        from workstation.config import read_config
        from workstation.self_test import run as self_test

        gc.enable()
        return self_test(read_config(chosen.config), as_json=chosen.json, sign=not chosen.no_sign)
    config = _settings(chosen.config)
    from workstation import app

    return app.run(config, arguments)


def _settings(file: Path | None) -> Config:
    """As they are read, the log begins."""
    from workstation.config import read_config

    config = read_config(file)
    keep_log(config.data_dir)
    return config


if __name__ == "__main__":
    sys.exit(main())
