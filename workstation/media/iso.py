"""A folder as an ISO image for a disc: ISO 9660 names as DICOM asks (PS3.12 F), Joliet names for everybody else."""

from __future__ import annotations

from pathlib import Path

import pycdlib

from imaging.system import put_in_place


def write_iso(folder: Path, target: Path) -> None:
    """The whole folder; `target` appears only when it is complete."""
    disc = pycdlib.PyCdlib()
    disc.new(interchange_level=1, joliet=3, vol_ident="BENHAN")
    for path in sorted(folder.rglob("*")):
        inside = "/" + path.relative_to(folder).as_posix()
        if path.is_dir():
            disc.add_directory(inside, joliet_path=inside)
        else:
            disc.add_file(str(path), f"{inside if '.' in path.name else inside + '.'};1", joliet_path=inside)
    part = target.with_name(target.name + ".part")
    try:
        disc.write(str(part))
        put_in_place(part, target)
    finally:
        disc.close()
        part.unlink(missing_ok=True)
