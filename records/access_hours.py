"""When the hospital's record is open to whom: hours by role, and a person's own that go before them (R39)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from records.deadlines import ZONE
from records.errors import Reason
from records.forms import Frozen


class Hours(Frozen):
    """From one time of the day until another, of every day, as clocks in Vietnam show it."""

    starts: time
    ends: time
    """Not included. Before `starts`: the hours run over midnight. The same as `starts`: round the clock."""

    def hold(self, now: datetime) -> bool:
        """Whether `now` lies within."""
        local = now.astimezone(ZONE).time()
        if self.starts < self.ends:
            return self.starts <= local < self.ends
        return self.starts == self.ends or local >= self.starts or local < self.ends

    def __str__(self) -> str:
        return f"{self.starts:%H:%M}-{self.ends:%H:%M}"


ALWAYS = Hours(starts=time(0), ends=time(0))


def hours_of(own: Hours | None, of_roles: Sequence[Hours | None]) -> tuple[Hours, ...]:
    """The hours that hold for a person; none: at any time.

    The person's own are the exception and go before the roles'. Somebody of several roles may come in whenever one of
    them may; a role for which nothing is set may at any time.
    """
    if own is not None:
        return (own,)
    if any(hours is None for hours in of_roles):
        return ()
    return tuple(dict.fromkeys(hours for hours in of_roles if hours is not None))


def reason_shut(hours: Sequence[Hours], now: datetime, code: str = "outside_access_hours") -> Reason | None:
    """Why somebody with these hours may not come in now; None when they may."""
    if not hours or any(one.hold(now) for one in hours):
        return None
    return Reason(code, "", {"hours": ", ".join(str(one) for one in hours)})
