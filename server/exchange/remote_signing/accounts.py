"""The accounts at remote signing services: a file outside database and settings that only the server reads."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator

from records.errors import Refusal
from records.forms import Frozen


class Account(Frozen):
    """One service as this hospital uses it; its secret shows itself in no log, answer or error."""

    name: str = Field(pattern="^[a-z0-9_-]{1,40}$")
    """By which the workstation knows it."""
    kind: Literal["smartca", "smartca_code", "mysign", "csc1", "csc2"]
    label: str
    """As people know it: «VNPT SmartCA»."""
    url: str
    """Base of all its addresses; HTTPS only."""
    login: str
    """sp_id, client_id."""
    secret: SecretStr
    """sp_password, client_secret."""
    profile: str = ""
    """MySign's profile_id."""
    ca: Path | None = None
    """PEM of the authority of the service's TLS certificate, where the system does not know it."""
    answers_within_s: float = 15.0
    waits_s: int = Field(300, ge=30, le=3600)
    """How long a person has to confirm."""
    call_back_key: SecretStr | None = Field(None, min_length=20)
    """SmartCA only: the last part of the address at which it calls back, told to nobody else. Its documents sign
    nothing, so that knowing the address is the proof; without a key no call is taken, and the service is asked.
    """
    every_s: float = Field(2.0, gt=0)
    """How often the service is asked; later less often."""

    @field_validator("url")
    @classmethod
    def _private(cls, value: str) -> str:
        if not value.startswith("https://"):
            raise ValueError("a signing service is reached over https only")
        return value.rstrip("/")


def read_accounts(file: Path) -> tuple[Account, ...]:
    """The accounts in the file; none when there is no file. Its values never stand in the refusal."""
    try:
        if not file.exists():
            return ()
        told = tomllib.loads(file.read_text("utf-8")).get("service", [])
        accounts = tuple(Account.model_validate({"ca": None, **one}) for one in told)
    except ValidationError as error:
        detail = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(
            include_input=False, include_context=False))
        raise Refusal.because("settings_unreadable", str(file), detail=detail) from None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise Refusal.because("settings_unreadable", str(file), detail=type(error).__name__) from None
    if len({account.name for account in accounts}) < len(accounts):
        raise Refusal.because("settings_unreadable", str(file), detail="two services of one name")
    return tuple(account if account.ca is None or account.ca.is_absolute() else
                 account.model_copy(update={"ca": file.parent / account.ca}) for account in accounts)
