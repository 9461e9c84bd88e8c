"""How the hospital's message gateway is spoken to: a file outside database and settings that only the server reads.

Gateways of brand names in Việt Nam take one JSON object by POST and differ in its members only: eSMS wants ApiKey,
SecretKey, Phone, Content, Brandname and answers CodeResult "100"; SpeedSMS wants a Basic header, a list `to` and
`content`, and answers status "success". So the object, the headers and the signs of success are settings.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator

from records.errors import Refusal
from records.forms import Frozen

PLACES = ("phone", "text", "reference")
"""What stands in braces in the body and is filled in."""


class GatewaySettings(Frozen):
    """One gateway as this hospital uses it; its secrets show themselves in no log, answer or error."""

    label: str = Field(min_length=1, max_length=100)
    """As people know it, and as each confirmation names it: «Tin nhắn thương hiệu BVTHU»."""
    url: str
    headers: dict[str, SecretStr] = {}
    body: dict[str, Any] = Field(repr=False)
    """The JSON object; {phone}, {text}, {reference} and {secret.name} in its strings are filled in."""
    secrets: dict[str, SecretStr] = {}
    text: str = ("{code} la ma xac nhan van ban {check}, het han sau {minutes} phut. "
                 "Chi doc ma cho nhan vien y te dang o ben ban.")
    """Without accents, as brand names are registered; one message holds 160 letters. It tells nothing of an illness."""
    good: dict[str, str] = Field(min_length=1)
    """Members of the answer (`data.status`) and the value that each has when the message was taken."""
    number: str = ""
    """Member of the answer that is the gateway's own number of the message: `SMSID`, `data.tranId`."""
    said: str = ""
    """Member of the answer with the gateway's words when it refuses."""
    phones: Literal["0", "84", "+84"] = "84"
    """How it wants a number to begin."""
    ca: Path | None = None
    """PEM of the authority of the gateway's TLS certificate, where the system does not know it."""
    answers_within_s: float = Field(10.0, gt=0, le=60)

    @field_validator("url")
    @classmethod
    def _private(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("a gateway is reached over https only")
        return value

    @field_validator("text")
    @classmethod
    def _has_code(cls, value: str) -> str:
        if "{code}" not in value:
            raise ValueError("the text must hold {code}")
        value.format(code="", check="", minutes="")
        return value


def read_gateway(file: Path) -> GatewaySettings | None:
    """The gateway in the file; None when there is no file. Its values never stand in the refusal."""
    try:
        if not file.exists():
            return None
        found = GatewaySettings.model_validate(tomllib.loads(file.read_text("utf-8")))
    except ValidationError as error:
        detail = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(
            include_input=False, include_context=False))
        raise Refusal.because("settings_unreadable", str(file), detail=detail) from None
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise Refusal.because("settings_unreadable", str(file), detail=type(error).__name__) from None
    if found.ca is None or found.ca.is_absolute():
        return found
    return found.model_copy(update={"ca": file.parent / found.ca})
