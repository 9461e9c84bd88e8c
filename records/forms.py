"""Forms as data: one file of `resources/forms/` says fields, limits, slots and layout; nothing else does.

A *form* is the ministry's paper. Its *kinds* are the parts that one person writes and signs at one moment
(a row of 36/BV2, part A of 01/BV1). A kind that `gathers` others is a composition: its content is the list
of the entries it puts together.
"""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic import Field as Default

from records.bundled import bundled
from records.errors import Refusal


class Role(StrEnum):
    """What a person may be in the hospital; slots and rights name these."""

    DOCTOR = "doctor"
    WARD_HEAD = "ward_head"
    DIRECTOR = "director"
    NURSE = "nurse"
    TECHNICIAN = "technician"
    RECORDS_OFFICE = "records_office"
    IT = "it"


class Holder(StrEnum):
    """Whose a signature slot is."""

    PERSON = "person"
    """One of the house's people, in one of the slot's roles."""
    PATIENT = "patient"
    """The patient or who stands for them: a confirmation, which is a document of its own (R7)."""
    ORGANISATION = "organisation"
    """The hospital itself, with its own key (R10)."""


class Manner(StrEnum):
    """How one signs for another, as official papers abbreviate it (NĐ 30/2020, phụ lục I)."""

    BEHALF = "KT."
    """Ký thay: the deputy for the head."""
    ORDER = "TL."
    """Thừa lệnh: by the head's order."""
    AUTHORITY = "TUQ."
    """Thừa ủy quyền: under a written authority."""


class Amending(StrEnum):
    """How a signed entry of a kind may be changed."""

    CORRECT = "correct"
    """By a new version with its reason, which all sign again (R32, R33)."""
    REPLACE = "replace"
    """Once it is issued, only by another entry in its place (R35, R37); before that it is corrected."""
    NOTIFY = "notify"
    """By a new version «đã sửa», and who ordered it is told (R36)."""


class Frozen(BaseModel):
    """A value that crosses a boundary: frozen, and strict about keys that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Choice(Frozen):
    """One answer of a choice: the code that is stored and printed in the box, and its words."""

    code: str
    label: str


class Condition(Frozen):
    """`field` has one of `among`, or is filled when `among` is empty."""

    field: str
    among: tuple[str | bool, ...] = ()


FieldType = Literal[
    "line", "text", "int", "decimal", "bool", "date", "instant", "choice", "choices", "coded", "rows", "gathered",
    "images", "order",
]


class Field(Frozen):
    """One blank of the form.

    Stored values: line, text -> str; int -> int; decimal -> str with exactly `precision` decimals; bool;
    date -> "YYYY-MM-DD" (or "YYYY" when `year_only`); instant -> RFC 3339 with offset; choice -> code;
    choices -> list of codes; coded -> {"text", "code"}; rows -> list of objects by `fields`;
    gathered -> list of {"entry", "kind", "version", "sha256"}; images -> list of key images (`records.pictures`);
    order -> accession number of the order that a result answers, which is printed only where one is known.
    An empty blank is absent, never "" or null.
    """

    key: str
    label: str
    type: FieldType
    number: str = ""
    unit: str = ""
    help: str = ""
    required: bool = False
    required_when: Condition | None = None
    shown_when: Condition | None = None
    max_length: int | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    warn_min: Decimal | None = None
    warn_max: Decimal | None = None
    precision: int = 0
    year_only: bool = False
    choices: tuple[Choice, ...] = ()
    codes: str = ""
    """Name of the code list of `resources/codes/` for `coded` and `line`."""
    fields: tuple[Field, ...] = ()
    """Columns of `rows`."""
    fixed_rows: tuple[str, ...] = ()
    """Labels of rows that are always there (risk table); row i of the value belongs to label i."""
    max_rows: int = 200
    table: bool = False
    """`rows` that are printed as a table however many columns they have."""
    weight: float = 0
    """How wide a column of such a table is beside the others; 0: as its type has it."""
    grouped: bool = False
    """An `int` whose thousands are set apart: 1.166.000."""
    source: str = ""
    """What the editor fills in at the start, e.g. `subject.full_name`, `stay.ward`; `request.…`: of what it answers."""
    given: bool = False
    """Filled in by the program from what it knows: nobody types it, and the server holds it against what it knows."""
    computed: str = ""
    """Name of a rule of `records.computed` whose result the editor shows and the validator demands."""
    code: str = ""
    """LOINC code for the CDA entry (vital signs, results)."""
    ucum: str = ""
    """The unit in UCUM, for the CDA entry."""
    verbatim: bool = False
    """A number, a name or a code: no abbreviations are looked for in it (R38)."""
    lines: int = 1
    """Height hint for editor and paper, in text lines."""
    group: str = ""
    """Neighbouring fields with the same group share a line on screen and paper."""


class Section(Frozen):
    """A numbered block of a form; also a CDA section (`code`: LOINC document section code)."""

    key: str
    title: str
    number: str = ""
    code: str = ""
    fields: tuple[Field, ...]


class Rule(Frozen):
    """A condition across fields: `less` (fields[0] < fields[1]), `any` (one of fields is filled),
    `not_before` (instant/date fields[1] >= fields[0]).
    """

    rule: Literal["less", "any", "not_before"]
    fields: tuple[str, ...]
    reason: str
    """Code of the reason that is told."""


class KindField(Frozen):
    """One blank of a kind of some form, and the value that is asked of it."""

    form: str
    kind: str
    field: str
    value: str = ""


class PermittedBy(Frozen):
    """What must have been given before that began which a kind records (R19b)."""

    starts: str
    """The instant field of this kind that says when it began."""
    consent: KindField
    """The consent: which paper, and the answer in it that is a yes."""
    exception: KindField
    """The emergency's paper in its place: which, and its instant of decision."""


class SignatureSlot(Frozen):
    """A place where one person signs, and after which other slots.

    `author`: only the person who wrote the version may fill it (R4). `after`: slots of the same version that
    must be signed first (R17, R19). `shut_by`: once one of these is signed it is too late for this one.
    `children_signed`: the gathered entries must be signed first (R19). `other_than`: who signed one of these
    slots does not fill this one too (R19b: two doctors). `by_order`: how somebody else may
    sign in the place of the one whose slot it is (R11); a written delegation says one of them (R29).
    """

    key: str
    label: str
    roles: tuple[Role, ...] = ()
    holder: Holder = Holder.PERSON
    after: tuple[str, ...] = ()
    shut_by: tuple[str, ...] = ()
    by_order: tuple[Manner, ...] = ()
    author: bool = False
    optional: bool = False
    children_signed: bool = False
    other_than: tuple[str, ...] = ()


class EntryKind(Frozen):
    """What one person writes and signs at one moment."""

    key: str
    name: str
    writers: tuple[Role, ...]
    repeatable: bool = True
    """A row or column (many an encounter) or a part (one an encounter)."""
    gathers: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    """Kinds of the same form whose entries must be signed before this kind is signed (R19a)."""
    confirms: bool = False
    """Its entries are the patient's confirmations of other entries (R7): begun from the document that asks for one."""
    amending: Amending = Amending.CORRECT
    """What may become of it once it is signed (R33, R35-R37)."""
    replaced_for: tuple[str, ...] = ()
    """The reasons for which another one is issued in its place, as the text of the rule lists them (R37)."""
    keeps: tuple[str, ...] = ()
    """Fields that the one in its place takes over unchanged, such as the number of a giấy chứng sinh (R37)."""
    orderer: str = ""
    """The field that names who ordered, for `Amending.NOTIFY` (R36)."""
    addendum: bool = False
    """It adds a late result to a signed entry: the only kind that an archived record still takes in (R31)."""
    leaves_house: bool = False
    """It is given to the patient or another facility: no abbreviations outside the approved list (R38)."""
    deadline: Literal["", "admission", "discharge"] = ""
    """Which clock runs for it: R20/R21 after admission, R23 after discharge."""
    permitted_by: PermittedBy | None = None
    """The consent without which the note of a procedure is not signed (R19b)."""
    sections: tuple[Section, ...]
    rules: tuple[Rule, ...] = ()
    slots: tuple[SignatureSlot, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields in printed order."""
        return tuple(field for section in self.sections for field in section.fields)

    def slot(self, key: str) -> SignatureSlot:
        """The slot of that key."""
        for slot in self.slots:
            if slot.key == key:
                return slot
        raise Refusal.because("slot_unknown", key)

    @model_validator(mode="after")
    def _keys_are_unique_and_known(self) -> EntryKind:
        keys = [field.key for field in self.fields]
        if len(keys) != len(set(keys)):
            raise ValueError(f"kind {self.key} has a field key twice")
        slots = [slot.key for slot in self.slots]
        for slot in self.slots:
            if bool(slot.roles) != (slot.holder is Holder.PERSON):
                raise ValueError(f"slot {slot.key} has roles exactly when a person of the house fills it")
            if not {*slot.after, *slot.shut_by, *slot.other_than} <= set(slots):
                raise ValueError(f"slot {slot.key} waits for a slot that the kind {self.key} does not have")
        begins = self.permitted_by.starts if self.permitted_by is not None else ""
        if not {*self.keeps, *filter(None, [self.orderer, begins])} <= set(keys):
            raise ValueError(f"kind {self.key} keeps, or names orderer or beginning in, a field that it does not have")
        if bool(self.replaced_for) != (self.amending is Amending.REPLACE):
            raise ValueError(f"kind {self.key} lists reasons exactly when it is replaced")
        if bool(self.orderer) != (self.amending is Amending.NOTIFY):
            raise ValueError(f"kind {self.key} names the orderer exactly when its orderer is told")
        for rule in self.rules:
            if not set(rule.fields) <= set(keys):
                raise ValueError(f"a rule of {self.key} names a field that does not exist")
        return self


class Column(Frozen):
    """A column (or, in a turned sheet, a line) of the printed sheet: fields put together under one head."""

    title: str
    fields: tuple[str, ...]
    width_mm: float = 0
    """0 takes what is left."""
    unit: str = ""


class Layout(Frozen):
    """How the sheet is printed and shown.

    `narrative`: sections as numbered lines with boxes (bệnh án). `rows`: one entry a table row (36/BV2).
    `columns`: one entry a time column, `columns` are then the table's lines (38/BV2).
    `chart`: pulse and temperature curves over `columns` lines (chức năng sống).
    """

    style: Literal["narrative", "rows", "columns", "chart"] = "narrative"
    kind: str = ""
    """The repeated kind that `columns` describe."""
    kinds: tuple[str, ...] = ()
    """Order of the kinds when a `narrative` form is printed as a whole; empty: the order of `Form.kinds`."""
    columns: tuple[Column, ...] = ()
    per_page: int = 0
    landscape: bool = False


class Form(Frozen):
    """One of the ministry's forms in one edition."""

    code: str
    edition: str
    valid_from: date
    valid_to: date | None = None
    name: str
    short_name: str
    printed_code: str
    """What the paper says after «MS:»."""
    source: str
    unconfirmed: str = ""
    """Which of its words were never held against the official blank; empty: nothing is said of that."""
    icon: str = "clipboard-list"
    kinds: tuple[EntryKind, ...] = Default(min_length=1)
    layout: Layout = Layout()

    def kind(self, key: str) -> EntryKind:
        """The kind of that key."""
        for kind in self.kinds:
            if kind.key == key:
                return kind
        raise Refusal.because("kind_unknown", key, form=self.code)


@cache
def all_forms() -> tuple[Form, ...]:
    """Every form and edition that this build ships, ordered by code, then edition."""
    read = [
        Form.model_validate(tomllib.loads(file.read_text("utf-8")))
        for file in bundled("forms").iterdir()
        if file.name.endswith(".toml")
    ]
    return tuple(sorted(read, key=lambda form: (form.code, form.edition)))


def form(code: str, edition: str) -> Form:
    """The form in that edition; old versions keep theirs for ever."""
    found = _by_edition().get((code, edition))
    if found is None:
        raise Refusal.because("form_unknown", code, edition=edition)
    return found


@cache
def _by_edition() -> dict[tuple[str, str], Form]:
    """Boards ask for the form of each of some thousand papers."""
    return {(one.code, one.edition): one for one in all_forms()}


def current_form(code: str, on: date) -> Form:
    """The edition of a form that new entries are written on at that date."""
    for candidate in reversed(all_forms()):
        starts, ends = candidate.valid_from, candidate.valid_to
        if candidate.code == code and starts <= on and (ends is None or on <= ends):
            return candidate
    raise Refusal.because("form_unknown", code, edition=on.isoformat())
