"""Vietnamese words without their marks, so that what is typed, printed or written by devices can be compared."""

from __future__ import annotations

import unicodedata

_MARKED = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ"
_UNMARKED = str.maketrans(_MARKED, "a" * 17 + "e" * 11 + "i" * 5 + "o" * 17 + "u" * 11 + "y" * 5 + "d")


def fold(text: str) -> str:
    """Lower case without diacritics, as people type when they search: «Viêm phổi» -> «viem phoi»."""
    lowered = unicodedata.normalize("NFC", text).lower()
    if lowered.isascii():
        return lowered
    plain = lowered.translate(_UNMARKED)
    return plain if plain.isascii() else "".join(
        mark for mark in unicodedata.normalize("NFD", plain) if not unicodedata.combining(mark)
    )
