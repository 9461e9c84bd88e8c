"""The server's routes of a patient's confirmation: what a device gave, and one-time codes."""

from __future__ import annotations

from uuid import UUID

from records.messages import (
    CaptureGiven,
    CaptureKept,
    CaptureOpened,
    CaptureWanted,
    CodeJudged,
    CodeOffer,
    CodeSent,
    CodeTyped,
    CodeWish,
)
from workstation.client.asking import Asking, body_of, parse


class ConfirmationRoutes(Asking):
    """One typed method each."""

    def keep_capture(self, encounter: UUID, given: CaptureGiven, key: UUID) -> CaptureKept:
        """Hand over what a patient left on a device; what the confirmation says of it comes back."""
        return parse(CaptureKept, self.door.ask("POST", capture_path(encounter), body=body_of(given), key=key))

    def open_capture(self, capture: UUID, wanted: CaptureWanted, key: UUID) -> CaptureOpened:
        """What was captured, for a reason that the audit keeps."""
        return self._post(CaptureOpened, f"/api/captures/{capture}/open", wanted, key)

    def code_offer(self) -> CodeOffer:
        """Whether one-time codes can be sent, or why not."""
        return self._get(CodeOffer, "/api/confirmation-codes/offer")

    def send_code(self, encounter: UUID, wish: CodeWish, key: UUID) -> CodeSent:
        """Have a one-time code sent; its transaction makes it happen once."""
        return self._post(CodeSent, f"/api/encounters/{encounter}/confirmation-codes", wish, key)

    def try_code(self, transaction: UUID, typed: CodeTyped, key: UUID) -> CodeJudged:
        """What the patient read out."""
        return self._post(CodeJudged, f"/api/confirmation-codes/{transaction}/tries", typed, key)


def capture_path(encounter: UUID) -> str:
    """Where what a patient left on a device is handed in."""
    return f"/api/encounters/{encounter}/captures"
