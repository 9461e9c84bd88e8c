"""Written delegation: who signs in whose place, in what slots, forms, wards and days (R29), under which title (R11)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Self
from uuid import UUID

from pydantic import model_validator

from records.forms import Frozen, Manner, Role, SignatureSlot


class Delegation(Frozen):
    """One paper by which the holder of a role gives it to somebody, within limits."""

    id: UUID
    giver: UUID
    giver_name: str
    receiver: UUID
    role: Role
    """The giver's role whose slots the receiver may fill."""
    manner: Manner = Manner.AUTHORITY
    starts: date
    ends: date
    """The last day."""
    forms: tuple[str, ...] = ()
    """Codes of forms; none: every form."""
    wards: tuple[UUID, ...] = ()
    """None: every ward of the hospital, for a director; the giver's wards stand here for a ward head."""
    paper: str = ""
    """Number and date of the written decision."""
    revoked_on: date | None = None
    """From this day on it counts no more."""

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends < self.starts:
            raise ValueError("a delegation ends before it starts")
        return self

    def in_force(self, on: date) -> bool:
        """Whether it counts on that local day."""
        return self.starts <= on <= self.ends and (self.revoked_on is None or on < self.revoked_on)

    def reaches(self, wards: Collection[UUID], on: date) -> bool:
        """Whether its receiver may look into these wards on that day: what one signs one reads first (R29, R39).

        Limits of forms do not count here: who signs a discharge paper reads the record that it is made of.
        """
        return self.in_force(on) and (not self.wards or not set(self.wards).isdisjoint(wards))

    def covers(self, slot: SignatureSlot, form: str, ward: UUID, on: date) -> bool:
        """Whether the receiver may fill that slot of that form for a patient of that ward on that day."""
        return not self.limit(slot, form, ward, on)

    def limit(self, slot: SignatureSlot, form: str, ward: UUID, on: date) -> str:
        """Which limit stands in the way, in Vietnamese; empty when none does."""
        hindrances = (
            (self.role not in slot.roles, "không gồm chỗ ký này"),
            (self.manner not in slot.by_order, f"mẫu này không cho ký “{self.manner}”"),
            (on < self.starts, f"có hiệu lực từ {self.starts:%d/%m/%Y}"),
            (on >= (revoked := self.revoked_on or date.max), f"đã thu hồi ngày {revoked:%d/%m/%Y}"),
            (on > self.ends, f"đã hết hạn ngày {self.ends:%d/%m/%Y}"),
            (bool(self.forms) and form not in self.forms, f"chỉ cho mẫu {', '.join(self.forms)}"),
            (bool(self.wards) and ward not in self.wards, "không gồm khoa này"),
        )
        return next((told for stands, told in hindrances if stands), "")

    def title(self, slot: SignatureSlot, own: str) -> str:
        """What the mark says under the name: «TUQ. Giám đốc bệnh viện, BSCKI.» (R11, R13)."""
        return f"{self.manner} {slot.label}, {own}"
