"""Asking the server for one value: the request goes out, the answer comes back as a message or as trouble."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, TypeAdapter, ValidationError

from records.errors import Refusal, Trouble
from workstation.client.door import Answer, Door

Model = TypeVar("Model", bound=BaseModel)


class Asking:
    """What every group of routes is made of."""

    door: Door

    def _get(self, model: type[Model], path: str, **query: Any) -> Model:
        return parse(model, self.door.ask("GET", path, query=query))

    def _list(self, model: type[Model], path: str, **query: Any) -> tuple[Model, ...]:
        return parse_all(model, self.door.ask("GET", path, query=query))

    def _post(self, model: type[Model], path: str, value: BaseModel | None, key: UUID | None = None) -> Model:
        return parse(model, self.door.ask("POST", path, body=body_of(value), key=key))


def parse(model: type[Model], answer: Answer) -> Model:
    """The answer as a value; an answer in another language is trouble (an older or newer program)."""
    try:
        return model.model_validate_json(answer.body)
    except ValidationError as error:
        raise _unreadable(error) from error


def parse_all(model: type[Model], answer: Answer) -> tuple[Model, ...]:
    try:
        return TypeAdapter(tuple[model, ...]).validate_json(answer.body)  # type: ignore[valid-type]  # a runtime type
    except ValidationError as error:
        raise _unreadable(error) from error


def _unreadable(error: ValidationError) -> Refusal:
    return Trouble.because("answer_unreadable", error.title, detail=str(error.errors()[0]["msg"]))


def body_of(value: BaseModel | None) -> bytes:
    return value.model_dump_json().encode() if value is not None else b"{}"
