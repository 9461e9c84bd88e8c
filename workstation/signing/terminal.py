"""Asks for the PIN and the certificate on a terminal: for the command line and for the IT person who tries a token."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from getpass import getpass

from workstation.signing.base import Identity, Pin, PinRequest


class TerminalPrompter:
    """A `Prompter` for a terminal; an empty line or Ctrl+C cancels."""

    def __init__(self, *, hidden: Callable[[str], str] = getpass, shown: Callable[[str], str] = input) -> None:
        self._hidden = hidden
        self._shown = shown

    def ask_pin(self, request: PinRequest) -> Pin | None:
        """The PIN, typed without being shown."""
        for notice in request.notices:
            print(notice.vietnamese, file=sys.stderr)
        if request.final_try and self._asked(
                self._shown, "Gõ KHOA nếu chấp nhận rằng sai lần này thì token khóa: ").upper() not in ("KHOA", "KHÓA"):
            return None
        if request.on_token:
            print("Hãy nhập mã PIN trên chính token.", file=sys.stderr)
            return Pin("", last_try=request.final_try)
        pin = Pin(self._asked(self._hidden, f"Mã PIN của token {request.token_label}: "), last_try=request.final_try)
        return pin or None

    def choose_identity(self, choices: Sequence[Identity]) -> Identity | None:
        """One of the numbered certificates."""
        for number, identity in enumerate(choices, 1):
            print(f"{number}. {identity.full_name} - {identity.issuer} - số {identity.serial} - "
                  f"đến {identity.not_after:%d/%m/%Y}", file=sys.stderr)
        answer = self._asked(self._shown, "Chọn chứng thư số: ")
        return choices[int(answer) - 1] if answer.isdecimal() and 0 < int(answer) <= len(choices) else None

    @staticmethod
    def _asked(ask: Callable[[str], str], question: str) -> str:
        try:
            return ask(question)
        except (EOFError, KeyboardInterrupt):
            return ""
