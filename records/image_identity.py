"""Whether an image names the patient that its number stands for: name, birth date and sex, as devices write them.

A modality often has no Vietnamese letters, puts carets between the parts of a name, and knows a birth date only by its
year. Such differences of spelling are none; every other goes to a person (DICOM PS3.3 C.2.2, C.7.1.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from records.folding import fold

if TYPE_CHECKING:  # images from a disc are read without the language of the wire
    from records.messages import PatientView

_SEXES = {"1": "M", "2": "F", "3": "O"}


@dataclass(frozen=True)
class Named:
    """Whom an image is of, as it says itself: values of (0010,0020), (0010,0010), (0010,0030) and (0010,0040)."""

    patient_no: str = ""
    full_name: str = ""
    """With carets, and only its first (alphabetic) representation."""
    birth_date: str = ""
    """YYYYMMDD, or empty."""
    sex: str = ""
    """M, F, O, or empty."""


@dataclass(frozen=True)
class Difference:
    """One thing that the image says otherwise: `patient_no`, `full_name`, `birth_date` or `sex`; or `order`, when it
    bears the number of another patient's order (`known`: that patient's number) or of one that was cancelled (empty).
    """

    field: str
    sent: str
    known: str


def differences(sent: Named, known: PatientView | None) -> tuple[Difference, ...]:
    """What a person must settle before the image belongs to the patient; nothing when both are the same person.

    A birth date or a sex that the device left out is no difference; a name that it left out is.
    """
    if known is None:
        return (Difference("patient_no", sent.patient_no, ""),)
    found = []
    if name_key(sent.full_name) != name_key(known.full_name):
        found.append(Difference("full_name", sent.full_name, known.full_name))
    if not _same_birth(sent.birth_date, known.birth_date):
        found.append(Difference("birth_date", sent.birth_date, known.birth_date))
    sex = _SEXES.get(known.sex, "")
    if sent.sex and sex and sent.sex.upper() != sex:
        found.append(Difference("sex", sent.sex, sex))
    return tuple(found)


def filled(sent: Named, more: Named) -> Named:
    """What `sent` says, and where it is silent what `more` says."""
    return Named(sent.patient_no or more.patient_no, sent.full_name or more.full_name,
                 sent.birth_date or more.birth_date, sent.sex or more.sex)


def contradict(one: Named, other: Named) -> bool:
    """Whether two images cannot be of one person, by what both of them say: what one leaves out contradicts nothing."""
    return bool(contradictions(one, other))


def contradictions(one: Named, other: Named) -> tuple[str, ...]:
    """In which of `patient_no`, `full_name`, `birth_date` and `sex` two images contradict each other."""
    found = {
        "patient_no": bool(one.patient_no and other.patient_no) and one.patient_no != other.patient_no,
        "full_name": bool(one.full_name and other.full_name) and name_key(one.full_name) != name_key(other.full_name),
        "birth_date": not _same_birth(one.birth_date, other.birth_date),
        "sex": bool(one.sex and other.sex) and one.sex.upper() != other.sex.upper()}
    return tuple(field for field, differs in found.items() if differs)


@dataclass(frozen=True)
class Compared:
    """One thing that images from elsewhere and our record say of a person: `full_name`, `patient_no`, `birth_date` or
    `sex`; `same` is None when one of them says nothing.
    """

    field: str
    same: bool | None


def compared(sent: Named, known: PatientView) -> tuple[Compared, ...]:
    """How images that another house made fit a patient of ours: for a reader's eye, who decides; nothing is tied by it.

    Another house has numbers of its own: theirs fits when it is our number, the citizen's or the insurance card's.
    """
    sex = _SEXES.get(known.sex, "")
    numbers = {one for one in (known.patient_no, known.national_id, known.insurance_no) if one}
    return (
        Compared("full_name", name_key(sent.full_name) == name_key(known.full_name) if sent.full_name else None),
        Compared("birth_date", _same_birth(sent.birth_date, known.birth_date) if sent.birth_date else None),
        Compared("sex", sent.sex.upper() == sex if sent.sex and sex else None),
        Compared("patient_no", sent.patient_no in numbers if sent.patient_no else None))


def is_somebody_else(of: tuple[Compared, ...]) -> bool:
    """Whether name, birth date or sex differ: a number of another house that differs says nothing."""
    return any(one.same is False for one in of if one.field != "patient_no")


def order_differences(accession: str, patient_no: str, owner_no: str, *, live: bool) -> tuple[Difference, ...]:
    """What an image's order says otherwise than the patient whom the image names; `owner_no`: whose order it is."""
    if owner_no != patient_no:
        return (Difference("order", accession, owner_no),)
    return () if live else (Difference("order", accession, ""),)


def as_dicom(known: PatientView) -> Named:
    """The patient as an image would name them."""
    return Named(known.patient_no, person_name(known.full_name), birth_date(known.birth_date),
                 _SEXES.get(known.sex, ""))


def person_name(full_name: str, title: str = "") -> str:
    """A Vietnamese name as DICOM writes names: family name, caret, the rest; a title is its prefix (PS3.5 6.2, PN)."""
    family, _, given = " ".join(full_name.replace("^", " ").replace("=", " ").split()).partition(" ")
    made = f"{family}^{given}" if given else family
    return f"{family}^{given}^^{title}" if title else made


def birth_date(text: str) -> str:
    """An ISO date as DICOM's DA; empty when only the year is known, which a DA cannot say."""
    try:
        return date.fromisoformat(text).strftime("%Y%m%d")
    except ValueError:
        return ""


def name_key(name: str) -> str:
    """A name without what devices change: diacritics, capitals, carets, spaces doubled or at the end."""
    return " ".join(fold(name.split("=", maxsplit=1)[0].replace("^", " ")).split())


def _same_birth(sent: str, known: str) -> bool:
    """Equal as far as both say it: a hospital that knows only the year cannot contradict a day."""
    digits = known.replace("-", "")
    shared = min(len(sent), len(digits))
    return sent[:shared] == digits[:shared]
