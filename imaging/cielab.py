"""The colours that DICOM objects recommend: CIELab as they pack it (PS3.3 C.10.7.1.1), for a screen."""

from __future__ import annotations

Rgb = tuple[int, int, int]


def rgb_of_lab(values: tuple[float, ...]) -> Rgb | None:
    """Three values of 16 bits, white D50, as sRGB; None for what is no colour."""
    if len(values) != 3:
        return None
    light, a, b = values[0] / 65535 * 100, values[1] / 257 - 128, values[2] / 257 - 128
    fy = (light + 16) / 116
    x, y, z = (white * (part ** 3 if part > 6 / 29 else 3 * (6 / 29) ** 2 * (part - 4 / 29))
               for white, part in zip((0.9642, 1.0, 0.8249), (fy + a / 500, fy, fy - b / 200), strict=True))
    linear = (3.1338561 * x - 1.6168667 * y - 0.4906146 * z, -0.9787684 * x + 1.9161415 * y + 0.0334540 * z,
              0.0719453 * x - 0.2289914 * y + 1.4052427 * z)
    red, green, blue = (round(255 * min(1.0, max(0.0, _gamma(part)))) for part in linear)
    return red, green, blue


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055



def lab_of_grey(level: int) -> tuple[int, int, int]:
    """A grey of the screen (0 to 255) as DICOM packs its colour."""
    part = level / 255
    linear = part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
    light = 116 * linear ** (1 / 3) - 16 if linear > (6 / 29) ** 3 else linear * (29 / 3) ** 3
    return round(light / 100 * 65535), 0x8080, 0x8080
