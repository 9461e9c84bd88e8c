"""Whose name stands on images from elsewhere, in words, and how it fits the patient whose chart is open."""

from __future__ import annotations

from records.image_identity import Compared, Named

_FIELDS = {"full_name": "tên", "birth_date": "ngày sinh", "sex": "giới", "patient_no": "mã"}
_SAME = {True: "khớp", False: "KHÁC", None: "không ghi"}


def named_words(named: Named, name: str) -> str:
    """«TRẦN VĂN HÒA, nam, sinh 02/03/1956, mã 123»."""
    born = named.birth_date
    date = f"{born[6:8]}/{born[4:6]}/{born[:4]}" if len(born) == 8 and born.isdigit() else born
    sex = {"M": "nam", "F": "nữ"}.get(named.sex.upper(), "")
    return ", ".join(part for part in (name, sex, f"sinh {date}" if date else "không ghi ngày sinh",
                                       f"mã {named.patient_no}" if named.patient_no else "không ghi mã") if part)


def fit_words(of: tuple[Compared, ...]) -> str:
    """«tên khớp, ngày sinh KHÁC, giới không ghi, mã KHÁC (mã của nơi chụp)»."""
    words = [f"{_FIELDS[one.field]} {_SAME[one.same]}" for one in of]
    return ", ".join(words) + (" (mã của nơi chụp)" if of[-1].same is False else "")
