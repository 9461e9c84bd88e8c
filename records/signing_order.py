"""The catalogue of forms, and who signs each in which order: its notation read into stages, and stages into slots.

The notation (see `resources/catalogue/forms.csv`): `A>B` A before B; `A|B` in any order; `(>C)`, `(A>B …)>C` what is in
parentheses may be left out, but keeps its order when it is signed; `(+dấu…)` the organisation signs last (R10);
`X(A)` X in part A; words in small letters are remarks (`mỗi dòng`: each row by itself).
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from records.bundled import bundled
from records.errors import Refusal
from records.forms import Amending, Holder, Role, SignatureSlot

_NAME = re.compile(r"[A-Z][A-Z0-9_]*(?:/[A-Z][A-Z0-9_]*)*(?![a-zà-ỹ])")
SEAL = "DAU"


@dataclass(frozen=True)
class Step:
    """One signature of an order: whose, and in which part of the form."""

    name: str
    part: str = ""
    optional: bool = False

    @property
    def key(self) -> str:
        """As the slot of a form is called: `thay_thuoc_kcb_a`."""
        return f"{self.name}_{self.part}".strip("_").lower().replace("/", "_")


@dataclass(frozen=True)
class Order:
    """Stages one after the other; the steps of one stage in any order (R17-R19c)."""

    stages: tuple[tuple[Step, ...], ...]
    remarks: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, stage by stage."""
        return tuple(step for stage in self.stages for step in stage)

    def slots(self) -> tuple[SignatureSlot, ...]:
        """The order as a form's slots: each waits for the stages before, and is shut once a later one is signed."""
        return tuple(self._slot(number, step) for number, stage in enumerate(self.stages) for step in stage)

    def _slot(self, number: int, step: Step) -> SignatureSlot:
        holder = holders()[step.name]
        earlier = [other for stage in self.stages[:number] for other in stage]
        later = [other for stage in self.stages[number + 1:] for other in stage]
        # What may be left out is waited for only by what may be left out with it.
        after = tuple(one.key for one in earlier if not one.optional or step.optional)
        shut = tuple(one.key for one in later) if step.optional else ()
        return SignatureSlot(key=step.key, label=holder.label, roles=holder.roles, holder=holder.holder,
                             after=after, shut_by=shut, optional=step.optional)


@dataclass(frozen=True)
class NamedHolder:
    """Who a name of the notation is."""

    label: str
    roles: tuple[Role, ...] = ()
    holder: Holder = Holder.PERSON


@dataclass(frozen=True)
class CatalogueForm:
    """One form of the catalogue, whether it is built or not."""

    code: str
    name: str
    kind: str
    writers: str
    notation: str
    parallel: str
    notes: str = field(repr=False, default="")
    confidence: str = field(repr=False, default="")

    @property
    def amending(self) -> Amending:
        """How a signed one may be changed (R33, R35-R37), whether the form is built or not."""
        return next((way for way, codes in _amending().items() if self.code in codes), Amending.CORRECT)

    @property
    def leaves_house(self) -> bool:
        """Whether it is given to the patient or another facility (R38)."""
        return self.code in _told_of_changes()["leaves_house"]

    @property
    def order(self) -> Order | None:
        """Who signs in which order; None for a guide that nobody signs."""
        return None if self.notation == "-" else parse(self.notation)


@cache
def _told_of_changes() -> Mapping[str, frozenset[str]]:
    told = tomllib.loads(bundled("catalogue", "amending.toml").read_text("utf-8"))
    return {name: frozenset(codes) for name, codes in told.items()}


def _amending() -> Mapping[Amending, frozenset[str]]:
    told = _told_of_changes()
    return {Amending.REPLACE: told["replace"], Amending.NOTIFY: told["notify"]}


@cache
def holders() -> Mapping[str, NamedHolder]:
    """Every name of the notation."""
    told = tomllib.loads(bundled("catalogue", "holders.toml").read_text("utf-8"))
    return {name: NamedHolder(one["label"], tuple(Role(role) for role in one.get("roles", ())),
                              Holder(one.get("holder", "person"))) for name, one in told.items()}


@cache
def catalogue() -> tuple[CatalogueForm, ...]:
    """The forms of TT 32/2023 and of the other texts, in the order of the list."""
    lines = bundled("catalogue", "forms.csv").read_text("utf-8").splitlines()
    return tuple(CatalogueForm(row["code"], row["name"], row["kind"], row["writers"], row["order"], row["parallel"],
                               row["notes"], row["confidence"]) for row in csv.DictReader(lines))


def parse(notation: str) -> Order:
    """The order that a notation means, or a refusal that says at which letter it cannot be read."""
    reader = _Reader(notation)
    stages = reader.stages()
    if reader.at < len(notation) or not stages:
        raise _unreadable(notation, reader.at)
    return Order(tuple(tuple(stage) for stage in stages), tuple(reader.remarks))


class _Reader:
    """Reads a notation from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.remarks: list[str] = []

    def stages(self, *, optional: bool = False) -> list[list[Step]]:
        """Stage after stage, until the text or the parenthesis ends."""
        found: list[list[Step]] = []
        while True:
            found += self._stage(optional=optional)
            if not self._take(">"):
                return found

    def _stage(self, *, optional: bool) -> list[list[Step]]:
        if self._take("("):
            inner = self.stages(optional=True)
            self._remark_until(")")
            return inner
        stage, behind = [self._step(optional=optional)], self._behind()
        while self._take("|"):
            stage.append(self._step(optional=optional))
            behind += self._behind()
        return [stage, *behind]

    def _step(self, *, optional: bool) -> Step:
        found = _NAME.match(self.text, self.at)
        if found is None or found.group() not in holders():
            raise _unreadable(self.text, self.at)
        self.at = found.end()
        part = re.compile(r"\(([A-Z])\)").match(self.text, self.at)
        if part is not None:
            self.at = part.end()
        return Step(found.group(), part.group(1) if part else "", optional)

    def _behind(self) -> list[list[Step]]:
        """What stands in parentheses behind a step: a stage that may be left out, the seal, or a remark."""
        found: list[list[Step]] = []
        while self.text[self.at:].lstrip().startswith("("):
            self.at = self.text.index("(", self.at) + 1
            if self._take(">"):
                found += self.stages(optional=True)
            elif self._take("+"):
                found.append([Step(SEAL)])
            self._remark_until(")")
        return found

    def _take(self, sign: str) -> bool:
        taken = self.text.startswith(sign, self.at)
        self.at += len(sign) if taken else 0
        return taken

    def _remark_until(self, end: str) -> None:
        stop = self.text.find(end, self.at)
        if stop < 0:
            raise _unreadable(self.text, self.at)
        if words := self.text[self.at:stop].strip():
            self.remarks.append(words)
        self.at = stop + 1


def _unreadable(notation: str, at: int) -> Refusal:
    return Refusal.because("signing_order_unreadable", notation, at=at)
