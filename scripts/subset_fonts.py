"""Makes the fonts and the colour profile of `resources/` from Debian's fonts-liberation2 and fonts-noto-core; run once.

The results are committed: what a page looks like must never depend on the fonts of a machine. Running it again
with other versions of the sources changes the frozen page digests, so it takes a new renderer version.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import ImageCms

ROOT = Path(__file__).resolve().parent.parent
DEBIAN = Path("/usr/share/fonts/truetype")
LATIN = (
    (0x0020, 0x007E), (0x00A0, 0x017F), (0x01A0, 0x01B0), (0x0370, 0x03FF), (0x1E00, 0x1EFF), (0x2010, 0x206F),
    (0x2070, 0x209F), (0x20AB, 0x20AC), (0x2100, 0x215F), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x25A0, 0x25FF),
    (0x2640, 0x2642),
)
"""Latin with Vietnamese, Greek, and the signs that a ward writes: ≤ ≥ ° ² ₂ µ × – … ↑ → ≈ ± ♀."""
SIGNS = ((0x2190, 0x2195), (0x21D2, 0x21D4), (0x2208, 0x2265), (0x25A0, 0x25FF), (0x2610, 0x2612), (0x2640, 0x2642),
         (0x26A0, 0x26A0), (0x2713, 0x2718))


@dataclass(frozen=True)
class Source:
    """One font: where it comes from, what it is called here, what is kept."""

    path: str
    name: str
    ranges: tuple[tuple[int, int], ...] = LATIN
    family: str = ""
    """A new family name, where the licence reserves the old one (OFL §3: "Liberation")."""


SOURCES = (
    Source("liberation2/LiberationSerif-Regular.ttf", "BenhAnSerif-Regular", family="Benh An Serif"),
    Source("liberation2/LiberationSerif-Bold.ttf", "BenhAnSerif-Bold", family="Benh An Serif"),
    Source("liberation2/LiberationSerif-Italic.ttf", "BenhAnSerif-Italic", family="Benh An Serif"),
    Source("noto/NotoSans-Regular.ttf", "NotoSans-Regular"),
    Source("noto/NotoSans-Bold.ttf", "NotoSans-Bold"),
    Source("noto/NotoSansMath-Regular.ttf", "NotoSansMath-Regular", SIGNS),
    Source("noto/NotoSansSymbols2-Regular.ttf", "NotoSansSymbols2-Regular", SIGNS),
)


def subset_font(source: Source, folder: Path) -> None:
    """One font, without hints and layout tables: paper and vector screens need neither, files stay small."""
    options = subset.Options(
        hinting=False, layout_features=[], notdef_outline=True, glyph_names=False, recalc_timestamp=False,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
        drop_tables=["GSUB", "GPOS", "GDEF", "MATH", "kern", "DSIG", "FFTM", "gasp"],
    )
    font = TTFont(folder / source.path, recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in source.ranges for code in range(first, last + 1)])
    subsetter.subset(font)
    if source.family:
        rename(font, source)
    target = ROOT / "resources" / "fonts" / f"{source.name}.ttf"
    font.save(target)
    print(f"{target.relative_to(ROOT)}: {target.stat().st_size:,} bytes, {len(font.getBestCmap())} characters")


def rename(font: TTFont, source: Source) -> None:
    """Give the subset a name of its own."""
    style = source.name.split("-")[1]
    words = {1: source.family, 2: style, 3: source.name, 4: f"{source.family} {style}", 6: source.name}
    for record in font["name"].names:
        if record.nameID in words:
            record.string = words[record.nameID]


def write_profile() -> None:
    """The sRGB profile that every page names as its output intent."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[24:36] = bytes.fromhex("07ea00010001000000000000")  # its creation date: fixed, so that two runs agree
    target = ROOT / "resources" / "colour" / "sRGB.icc"
    target.write_bytes(profile)
    print(f"{target.relative_to(ROOT)}: {len(profile):,} bytes")


def main() -> None:
    """All fonts, then the profile. The argument is the folder of the fonts, by default Debian's."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DEBIAN
    for source in SOURCES:
        subset_font(source, folder)
    write_profile()


if __name__ == "__main__":
    main()
