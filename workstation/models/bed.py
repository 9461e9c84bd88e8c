"""Where a patient lies, in the words of titles and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from records.messages import EncounterView


def bed_words(encounter: EncounterView | None) -> str:
    """«Giường 12»; nothing where no bed was given yet."""
    bed = encounter.stays[-1].bed if encounter is not None and encounter.stays else ""
    return f"Giường {bed}" if bed else ""
