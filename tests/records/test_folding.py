"""Vietnamese words without their marks."""

from __future__ import annotations

import unicodedata

import pytest

from records.folding import fold


@pytest.mark.parametrize(("text", "plain"), [
    ("Nguyễn Đình Ửng", "nguyen dinh ung"), ("ĐỖ VĂN THÀNH", "do van thanh"), ("Thùy thuỳ", "thuy thuy"),
    ("Viêm ruột", "viem ruot"), ("Cafe\u0301", "cafe"), ("Côte d'Ivoire ñ", "cote d'ivoire n"),
])
def test_folding_takes_every_vietnamese_mark_away(text: str, plain: str) -> None:
    assert fold(text) == plain


def test_every_vietnamese_letter_folds_to_ascii() -> None:
    vowels = [base + mark for base in "aăâeêioôơuưy" for mark in ("", *"\u0300\u0301\u0303\u0309\u0323")]
    letters = [unicodedata.normalize("NFC", vowel) for vowel in vowels] + ["đ"]
    for letter in (*letters, *map(str.upper, letters)):
        assert fold(letter).isascii()
        assert len(fold(letter)) == 1
