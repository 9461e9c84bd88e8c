"""The one error tree: refusal (tell the person), trouble (keep the work, try again), cancelled (silence).

What is none of these is a bug. A refusal carries `Reason`s, values that speak Vietnamese to a screen and
English to a log; their words stand in `resources/reasons/*.toml`, one table `[code]` with `en`, `vi` and,
when there is something to do, `todo` (Vietnamese).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from records.bundled import bundled


@cache
def reason_words() -> Mapping[str, Mapping[str, str]]:
    """All reasons' words by code."""
    words: dict[str, Mapping[str, str]] = {}
    for file in sorted(bundled("reasons").iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            words.update(tomllib.loads(file.read_text("utf-8")))
    return words


@dataclass(frozen=True)
class Reason:
    """Why something is so: a stable code, where (field, slot, entry), and facts that fill the words."""

    code: str
    where: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def english(self) -> str:
        """One English sentence for logs and APIs."""
        return self._worded("en")

    @property
    def vietnamese(self) -> str:
        """What is so, in Vietnamese, for the screen."""
        return self._worded("vi")

    @property
    def todo(self) -> str:
        """What to do next, in Vietnamese; empty when there is nothing to do."""
        return self._worded("todo") if "todo" in reason_words()[self.code] else ""

    def _worded(self, language: str) -> str:
        return reason_words()[self.code][language].format_map({"where": self.where, **self.facts})

    def as_json(self) -> dict[str, Any]:
        """The reason as it travels: code, where, facts and both languages."""
        return {
            "code": self.code,
            "where": self.where,
            "facts": {key: str(value) for key, value in self.facts.items()},
            "english": self.english,
            "vietnamese": self.vietnamese,
            "todo": self.todo,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reason:
        """A reason that travelled; a code or facts that this build does not know keep the sender's words."""
        if data["code"] in reason_words():
            known = cls(data["code"], data.get("where", ""), dict(data.get("facts", {})))
            try:
                known.as_json()
            except KeyError:  # the sender's edition of the words has other facts
                pass
            else:
                return known
        return cls("from_elsewhere", data.get("where", ""),
                   {"english": data.get("english", ""), "vietnamese": data.get("vietnamese", "")})


class BenhAnError(Exception):
    """The root of every error that this program raises on purpose."""


class Refusal(BenhAnError):
    """It may not be done; the person is told why and what to do next."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__(" ".join(reason.english for reason in reasons))
        self.reasons = reasons

    @classmethod
    def because(cls, code: str, where: str = "", **facts: Any) -> Self:
        """A refusal with one reason."""
        return cls(Reason(code, where, facts))

    @property
    def vietnamese(self) -> str:
        """All reasons and what to do, for the screen."""
        parts = (part for reason in self.reasons for part in (reason.vietnamese, reason.todo))
        return " ".join(part for part in parts if part)


class Trouble(Refusal):
    """Something outside failed (network, token, disk); the work is kept and may be tried again."""


class Cancelled(BenhAnError):
    """The person stopped it; nothing is said."""
