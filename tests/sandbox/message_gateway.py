"""A brand-name message gateway: takes one JSON object, keeps the messages, refuses or breaks on command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.sandbox.program import Conduct, Reply, Request, Sandbox, serving

LOGIN, SECRET, BRAND = "khoa-thu", "bi-mat-thu", "TTYTTHU"
NAME = "messages"


@dataclass
class GatewayConduct(Conduct):
    """What goes wrong beside the line itself."""

    refuse: str = ""
    """The gateway's code for a message that it does not take."""
    garbled: bool = False


@dataclass
class MessageGateway:
    """One account; every message that was taken lies in `taken`, oldest first."""

    conduct: GatewayConduct = field(default_factory=GatewayConduct)
    taken: list[tuple[str, str]] = field(default_factory=list)

    def handle(self, request: Request) -> Reply:
        body = request.body
        if (body.get("ApiKey"), body.get("SecretKey"), body.get("Brandname")) != (LOGIN, SECRET, BRAND):
            return Reply({"CodeResult": "101", "ErrorMessage": "Authorize Failed"})
        if self.conduct.garbled:
            return Reply(["<html>"])
        if self.conduct.refuse:
            return Reply({"CodeResult": self.conduct.refuse, "ErrorMessage": "Phone not valid"})
        phone, text = str(body.get("Phone", "")), str(body.get("Content", ""))
        if not re.fullmatch(r"84\d{9}", phone) or not text.isascii() or len(text) > 160:
            return Reply({"CodeResult": "99", "ErrorMessage": "Phone or content not valid"})
        self.taken.append((phone, text))
        return Reply({"CodeResult": "100", "CountRegenerate": 0, "SMSID": f"sms-{len(self.taken)}"})

    def last_code(self) -> str:
        """What the newest message says: the patient reads it out."""
        found = re.search(r"\b\d{6}\b", self.taken[-1][1])
        assert found is not None
        return found.group()


@contextmanager
def message_gateway(home: Path) -> Iterator[tuple[Sandbox, MessageGateway]]:
    """The gateway, served."""
    played = MessageGateway()
    home.mkdir(exist_ok=True)
    with serving({NAME: played}, home) as sandbox:
        yield sandbox, played


def write_settings(file: Path, sandbox: Sandbox, **changes: object) -> None:
    """The settings of a hospital that has an account there."""
    told = {"label": "Tin nhắn thương hiệu TTYTTHU", "url": f"{sandbox.url(NAME)}/MainService.svc/json/send",
            "number": "SMSID", "said": "ErrorMessage", "ca": str(sandbox.ca), "answers_within_s": 2.0, **changes}
    tables = {
        "body": {"ApiKey": LOGIN, "SecretKey": "{secret.key}", "Brandname": BRAND, "SmsType": "2", "Phone": "{phone}",
                 "Content": "{text}", "RequestId": "{reference}"},
        "secrets": {"key": SECRET}, "good": {"CodeResult": "100"}}
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in told.items()]
    for table, members in tables.items():
        lines += [f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in members.items())]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines), "utf-8")
