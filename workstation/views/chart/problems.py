"""What the editor says of its model's problems: an empty entry is not yet wrong, a wrong number is."""

from __future__ import annotations

from records.errors import Reason
from workstation.models.editor import EditorModel


def wrong(model: EditorModel, key: str = "") -> tuple[Reason, ...]:
    """What is wrong at a field or everywhere; «nothing written yet» is only missing."""
    nothing_yet = {rule.reason for rule in model.kind.rules if rule.rule == "any"}
    return tuple(reason for reason in model.problems(key)
                 if reason.code not in nothing_yet and reason.code != "field_missing")


def missing(model: EditorModel) -> tuple[Reason, ...]:
    """What signing still demands beside what is wrong."""
    faults = wrong(model)
    return tuple(reason for reason in model.missing if reason not in faults)


def place_of(reason: Reason) -> str:
    """The field at which a reason stands; reasons of rows stand at their table."""
    return reason.where.split(".", 1)[0]


def to_see_to(model: EditorModel) -> tuple[str, ...]:
    """Field keys in printed order where something is wrong or missing."""
    wanted = {place_of(reason) for reason in model.missing}
    return tuple(field.key for field in model.kind.fields if field.key in wanted)
