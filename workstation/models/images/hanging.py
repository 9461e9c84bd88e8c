"""Which series opens where, by modality, body part and how many there are: rules as data, and one pure function."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from records.bundled import bundled
from records.folding import fold
from records.image_lists import ImageSeriesView, ImageStudyView

MOST = 3
"""Rows and columns of a layout."""
_PLANES = ("", "coronal", "sagittal")
_ANY_PART = "Không rõ bộ phận của ảnh: xếp theo loại máy, rồi theo ngày"
LEAST_SLICES = 16
"""A plane through fewer slices shows steps and no anatomy."""
ABOUT_OTHERS = frozenset({"PR", "KO"})
"""Presentation states and key objects say nothing without the images that they speak of."""
_BODIES = (
    frozenset({"chest", "thorax", "lung", "nguc", "phoi"}), frozenset({"head", "brain", "skull", "so", "dau", "nao"}),
    frozenset({"abdomen", "bung", "liver", "gan"}), frozenset({"pelvis", "chau", "hip", "hang"}),
    frozenset({"spine", "lspine", "cspine", "tspine", "song"}), frozenset({"knee", "goi"}),
    frozenset({"hand", "wrist", "ban", "tay"}), frozenset({"foot", "ankle", "chan"}), frozenset({"breast", "vu"}),
)
"""Words of one part of the body, as devices and people write them."""


@dataclass(frozen=True)
class PortRule:
    """What a viewport is for: a series by its words, a plane through one, or what was there before."""

    words: tuple[str, ...] = ()
    preset: str = ""
    plane: str = ""
    prior: bool = False

    def __post_init__(self) -> None:
        if self.plane not in _PLANES:
            raise ValueError(f"{self.plane!r} is no plane")


@dataclass(frozen=True, kw_only=True)
class LayoutRule:
    """A layout, and from how many series and priors on it is taken."""

    series: int = 1
    priors: int = 0
    rows: int
    columns: int
    ports: tuple[PortRule, ...]

    def __post_init__(self) -> None:
        if not (self.series >= 1 and 1 <= self.rows <= MOST and 1 <= self.columns <= MOST):
            raise ValueError(f"no layout of {self.rows} rows and {self.columns} columns from {self.series} series on")


@dataclass(frozen=True, kw_only=True)
class HangingRule:
    """One file of resources/hanging."""

    name: str
    rank: int
    modality: tuple[str, ...]
    """Empty: any."""
    body: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    layout: tuple[LayoutRule, ...]

    @classmethod
    def parse(cls, told: str) -> HangingRule:
        """From TOML; a key that nobody knows, or a value that cannot be, is an error."""
        table = _frozen(tomllib.loads(told))
        layouts = (dict(one) for one in table.pop("layout"))
        return cls(**table, layout=tuple(
            LayoutRule(**{**one, "ports": tuple(PortRule(**port) for port in one["ports"])}) for one in layouts))


def _frozen(table: dict[str, Any]) -> dict[str, Any]:
    """Lists as tuples, all the way down."""
    return {key: _frozen_value(value) for key, value in table.items()}


def _frozen_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _frozen(value)
    return tuple(map(_frozen_value, value)) if isinstance(value, list) else value


@dataclass(frozen=True)
class Hung:
    """What one viewport opens with; without `series_uid` it is empty."""

    study_uid: str = ""
    series_uid: str = ""
    preset: str = ""
    plane: str = ""
    prior: bool = False


@dataclass(frozen=True)
class Hanging:
    """Viewports row by row."""

    rows: int
    columns: int
    ports: tuple[Hung, ...] = field(default=())


@cache
def hanging_rules() -> tuple[HangingRule, ...]:
    """The rules that ship with the program, the most particular first."""
    found = [HangingRule.parse(file.read_text("utf-8"))
             for file in bundled("hanging").iterdir() if file.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda rule: (rule.rank, rule.name)))


def hang(study: ImageStudyView, priors: Sequence[ImageStudyView] = (),
         rules: Sequence[HangingRule] | None = None) -> Hanging:
    """How a study opens. `priors` are the person's other studies; those that compare are taken, the nearest first."""
    series = shown_series(study)
    if not series:
        return Hanging(1, 1, tuple(Hung(study.uid, one.uid) for one in told_series(study)[:1]))
    before = comparable(study, priors)
    for rule in hanging_rules() if rules is None else rules:
        if not _speaks_of(rule, study):
            continue
        for layout in rule.layout:
            if len(series) >= layout.series and len(before) >= layout.priors:
                return _tight(Hanging(layout.rows, layout.columns, tuple(_ports(layout, study, series, before))))
    return Hanging(1, 1, (Hung(study.uid, series[0].uid),))


def shown_series(study: ImageStudyView) -> tuple[ImageSeriesView, ...]:
    """The series that have pictures, in the device's order."""
    return tuple(one for one in study.series if one.shown and one.instances)


def told_series(study: ImageStudyView) -> tuple[ImageSeriesView, ...]:
    """The series without pictures: ECGs, reports and documents, then what only speaks of other images."""
    return tuple(sorted((one for one in study.series if not one.shown and one.instances),
                        key=lambda one: one.modality in ABOUT_OTHERS))


def offered(study: ImageStudyView, others: Sequence[ImageStudyView]) -> tuple[tuple[ImageStudyView, ...], str]:
    """What may be put beside a study when somebody asks for it, with what must be known of that choice.

    A study that tells no part of the body compares with none by itself (`comparable`): then all that is older is
    offered, those of its devices first, the newest first, and it is said that nobody looked at the part.
    """
    if _parts(study):
        return comparable(study, others), ""
    when = (study.date, study.time)
    found = sorted((one for one in others if one.uid != study.uid and (one.date, one.time) <= when
                    and shown_series(one)), key=lambda one: (one.date, one.time), reverse=True)
    return tuple(sorted(found, key=lambda one: not set(one.modalities) & set(study.modalities))), _ANY_PART


def comparable(study: ImageStudyView, others: Sequence[ImageStudyView]) -> tuple[ImageStudyView, ...]:
    """Older studies of the same part of the body: those of the same modality first, each newest first."""
    about = _parts(study)
    when = (study.date, study.time)
    same = [one for one in others if one.uid != study.uid and (one.date, one.time) <= when and about & _parts(one)
            and shown_series(one)]
    same.sort(key=lambda one: (one.date, one.time), reverse=True)
    return tuple(sorted(same, key=lambda one: not set(one.modalities) & set(study.modalities)))


def relaid(hanging: Hanging, rows: int, columns: int) -> Hanging:
    """Another layout: what hangs stays where it is as far as there is room; nothing else moves in."""
    kept = [hanging.ports[row * hanging.columns + column]
            if row < hanging.rows and column < hanging.columns
            and row * hanging.columns + column < len(hanging.ports) else Hung()
            for row in range(rows) for column in range(columns)]
    return Hanging(rows, columns, tuple(kept))


def _speaks_of(rule: HangingRule, study: ImageStudyView) -> bool:
    if rule.modality and not set(rule.modality) & set(study.modalities):
        return False
    return not (rule.body or rule.words) or bool(
        {one.body_part.upper() for one in study.series} & set(rule.body)) or bool(_words(study) & set(rule.words))


def _ports(layout: LayoutRule, study: ImageStudyView, series: Sequence[ImageSeriesView],
           before: Sequence[ImageStudyView]) -> Iterator[Hung]:
    named = {at: _named(rule, series) for at, rule in enumerate(layout.ports) if rule.words}
    left = [one for one in series if one not in named.values()]
    prior = list(before)
    first = named.get(0) or (left[0] if left else series[0])
    for at in range(layout.rows * layout.columns):
        rule = layout.ports[at] if at < len(layout.ports) else PortRule()
        if rule.prior:
            found = prior.pop(0) if prior else None
            yield Hung(found.uid, shown_series(found)[0].uid, prior=True) if found else Hung()
        elif rule.plane:
            yield Hung(study.uid, first.uid, rule.preset, rule.plane) if first.frames >= LEAST_SLICES else Hung()
        else:
            one = named.get(at) or (left.pop(0) if left else None)
            yield Hung(study.uid, one.uid, rule.preset) if one else Hung()


def _tight(hanging: Hanging) -> Hanging:
    """No empty row and no empty column at the end: their room belongs to what is shown."""
    rows, columns, ports = hanging.rows, hanging.columns, list(hanging.ports)
    while rows > 1 and not any(one.series_uid for one in ports[-columns:]):
        rows, ports = rows - 1, ports[:-columns]
    while columns > 1 and not any(ports[row * columns + columns - 1].series_uid for row in range(rows)):
        ports = [one for at, one in enumerate(ports) if at % columns != columns - 1]
        columns -= 1
    return Hanging(rows, columns, tuple(ports))


def _named(rule: PortRule, series: Sequence[ImageSeriesView]) -> ImageSeriesView | None:
    for one in series:
        told = _plain(one.description)
        if any(f" {word} " in told or word in told.split() for word in rule.words):
            return one
    return None


def _parts(study: ImageStudyView) -> frozenset[int | str]:
    """The parts that it tells: those that we know by several words, and any other by the device's own word."""
    words, known = _words(study), frozenset[str]().union(*_BODIES)
    own = {_plain(one.body_part).strip() for one in study.series} - known - {""}
    return frozenset(at for at, body in enumerate(_BODIES) if body & words) | own


def _words(study: ImageStudyView) -> set[str]:
    told = [study.description, *(f"{one.body_part} {one.description}" for one in study.series)]
    return set(" ".join(map(_plain, told)).split())


def _plain(text: str) -> str:
    return " " + re.sub(r"[^a-z0-9]+", " ", fold(text)) + " "
