"""What `benhan-server image render` and `image info` do: the viewer's pixels from the shell, and what a file is."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from typing import Any

from imaging.apart import Apart
from imaging.geometry import aspect_of, plane_of, spacing_of, ultrasound_regions
from imaging.grey import FullDynamic, Table, Window
from imaging.image import Image, open_image
from imaging.objects import telling as objects
from imaging.objects.kinds import Kind
from imaging.objects.presentation import read_presentation
from imaging.objects.presenting import picture as presented
from imaging.png import png
from imaging.rendering import View, render
from imaging.sources import OnDisk
from records.errors import Reason, Refusal


def draw(options: argparse.Namespace) -> int:
    """Write the PNG."""
    image = open_image(OnDisk(options.file))
    with closing(Apart()) as decoder:
        frame = image.frame(options.frame, decoder)
    size = tuple(options.size) if options.size else None
    if options.state is not None:
        state = read_presentation(open_image(OnDisk(options.state)).dataset)
        options.out.write_bytes(png(presented(state, image, frame, size)))
        return 0
    if options.window and not 0 < options.window[1] < float("inf"):
        raise Refusal.because("request_malformed", "window", detail="a width above 0")
    grey = image.grey(options.frame)
    voi = Window(*options.window) if options.window else FullDynamic() if options.full else None
    view = View(voi=voi, size=size, overlays=not options.no_overlays)
    picture = render(frame, grey, view, aspect_of(image.dataset, image.groups, options.frame))
    options.out.write_bytes(png(picture))
    return 0


def tell(options: argparse.Namespace) -> int:
    """Print it; the exit code is 1 when something in the file cannot be shown."""
    image = open_image(OnDisk(options.file))
    told = description(image)
    if options.json:
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for line in _lines(told):
            print(line)
    return 1 if told["cannot_show"] else 0


def description(image: Image) -> dict[str, Any]:
    """All that `info` tells, every frame tried: plain values."""
    syntax = image.header.transfer_syntax
    told: dict[str, Any] = {
        "identity": image.identity.as_json(), "transfer_syntax": {"uid": str(syntax), "name": syntax.name}}
    contents, trouble = objects.told(image)
    told["object"] = contents
    if contents["kind"] not in (Kind.PICTURE, Kind.OTHER):
        return {**told, "cannot_show": [reason.as_json() for reason in trouble]}
    if image.why_not is not None:
        return {**told, "cannot_show": [image.why_not.as_json()]}
    form, grey = image.format, image.grey(1)
    spacing, plane = spacing_of(image.dataset, image.groups, 1), plane_of(image.dataset, image.groups, 1)
    return {
        **told,
        "pixels": {"rows": form.rows, "columns": form.columns, "frames": form.frames, "samples": form.samples,
                   "photometric": form.photometric, "bits_allocated": form.allocated, "bits_stored": form.stored,
                   "signed": form.signed},
        "grey": {"unit": grey.modality.unit, "presets": [_preset(preset) for preset in grey.presets],
                 "inverted": grey.inverted},
        "spacing": {"x_mm": spacing.x_mm, "y_mm": spacing.y_mm, "calibration": spacing.calibration,
                    "note": spacing.note} if spacing.calibration != "none" else {"calibration": "none"},
        "position": None if plane is None else [float(value) for value in plane.position],
        "ultrasound_regions": len(ultrasound_regions(image.dataset)),
        "cannot_show": [reason.as_json() for reason in _trouble(image)],
    }


def _trouble(image: Image) -> list[Reason]:
    """Each frame is decoded; a reason that many frames share is told once."""
    found: dict[str, Reason] = {}
    with closing(Apart()) as decoder:
        for number in range(1, image.format.frames + 1):
            try:
                image.frame(number, decoder)
            except Refusal as refused:
                for reason in refused.reasons:
                    found.setdefault(reason.english, reason)
                if len(found) > 20:
                    break
    return list(found.values())


def _preset(preset: Window | Table) -> dict[str, Any]:
    if isinstance(preset, Table):
        return {"table": len(preset.entries), "name": preset.name}
    return {"center": preset.center, "width": preset.width, "function": preset.shape, "name": preset.name}


def _lines(told: dict[str, Any]) -> list[str]:
    who = told["identity"]
    lines = [f"{who['modality'] or '?'}  {who['patient_name']}  {who['patient_id']}  {who['study_date']}",
             f"instance  {who['instance_uid']}", f"transfer syntax  {told['transfer_syntax']['name']}"]
    if "pixels" in told:
        pixels, spacing = told["pixels"], told["spacing"]
        lines.append(f"pixels  {pixels['columns']} × {pixels['rows']}, {pixels['frames']} frame(s), "
                     f"{pixels['photometric']}, {pixels['bits_stored']} of {pixels['bits_allocated']} bits"
                     f"{', signed' if pixels['signed'] else ''}")
        size = f"{spacing['x_mm']:g} × {spacing['y_mm']:g} mm, " if "x_mm" in spacing else ""
        lines.append(f"pixel size  {size}{spacing['calibration']}")
    if told["object"]["kind"] != Kind.PICTURE:
        lines += _object_lines(told["object"])
    for reason in told["cannot_show"]:
        lines += [f"cannot be shown: {reason['english']}", f"  {reason['vietnamese']}"]
    return lines


def _object_lines(contents: dict[str, Any]) -> list[str]:
    lines = [f"object  {contents['kind']} ({contents['words']})"]
    for name in ("label", "title", "title_words", "description", "creator", "bytes"):
        if contents.get(name):
            lines.append(f"{name.replace('_', ' ')}  {contents[name]}")
    for group in contents.get("groups", ()):
        lines.append(f"waveform  {group['label']}: {', '.join(group['channels'])}; {group['rate_hz']:g} Hz, "
                     f"{group['seconds']:g} s, {', '.join(group['units'])}")
    if "images" in contents:
        lines.append(f"of  {len(contents['images'])} image(s)")
    return [*lines, *str(contents.get("text", "")).splitlines()]
