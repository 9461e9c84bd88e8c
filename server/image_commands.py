"""The options of `benhan-server image …` and `dicom` (what they do loads only when one of them runs)."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path


def declare(parser: argparse.ArgumentParser) -> None:
    """The verbs and their options."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    drawing = verbs.add_parser("render", help="one frame as a PNG: exactly the pixels that the viewer paints")
    drawing.add_argument("file", type=Path, metavar="FILE")
    drawing.add_argument("--frame", type=int, default=1, metavar="N", help="from 1 (default: 1)")
    drawing.add_argument("--window", type=float, nargs=2, metavar=("C", "W"),
                         help="centre and width (default: the file's first; without one, the frame's full range)")
    drawing.add_argument("--full", action="store_true", help="the frame's full range, whatever the file says")
    drawing.add_argument("--size", type=int, nargs=2, metavar=("W", "H"),
                         help="the frame is fitted into it, black around (default: its own size, pixels made square)")
    drawing.add_argument("--no-overlays", action="store_true", help="without the file's overlay planes and shutter")
    drawing.add_argument("--state", type=Path, metavar="FILE",
                         help="as this presentation state shows it: its window, turn, part, overlays and shutters "
                              "(its graphics are lines over the pixels and are not drawn)")
    drawing.add_argument("--out", type=Path, required=True, metavar="PNG")
    drawing.set_defaults(run=_run("draw"))
    telling = verbs.add_parser("info", help="what a file is; what of it cannot be shown, and why")
    telling.add_argument("file", type=Path, metavar="FILE")
    telling.add_argument("--json", action="store_true")
    telling.set_defaults(run=_run("tell"))


def declare_service(parser: argparse.ArgumentParser) -> None:
    """The options of the DICOM service."""
    def run(options: argparse.Namespace) -> int:
        from server.dicom.serving import serve
        from server.settings import read_settings

        return serve(read_settings(options.config), aet=options.aet, port=options.port)

    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the server's settings (TOML)")
    parser.add_argument("--aet", metavar="NAME", help="its AE title (default: that of dicom.toml)")
    parser.add_argument("--port", type=int, metavar="N", help="its port (default: that of dicom.toml)")
    parser.set_defaults(run=run)


def _run(name: str) -> Callable[[argparse.Namespace], int]:
    def act(options: argparse.Namespace) -> int:
        from server import imaging_console

        code: int = getattr(imaging_console, name)(options)
        return code

    return act
