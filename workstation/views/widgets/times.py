"""Dates, times and spans as they are read on the screen: 24 h, dd/mm/yyyy, Vietnam's zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from records.deadlines import ZONE, spoken

_DAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


def local(at: datetime) -> datetime:
    """The instant on the ward's clock."""
    return at.astimezone(ZONE)


def clock(at: datetime) -> str:
    """03:12."""
    return local(at).strftime("%H:%M")


def clock_seconds(at: datetime) -> str:
    """03:12:41."""
    return local(at).strftime("%H:%M:%S")


def day_month(at: datetime) -> str:
    """16/11."""
    return local(at).strftime("%d/%m")


def full_date(at: datetime) -> str:
    """16/11/2026."""
    return local(at).strftime("%d/%m/%Y")


def day_and_clock(at: datetime, now: datetime) -> str:
    """08:52 today, 16/11 08:52 on another day."""
    return clock(at) if local(at).date() == local(now).date() else f"{day_month(at)} {clock(at)}"


def day_heading(day: date, today: date) -> str:
    """Hôm nay, thứ Ba 17/11; Thứ Hai 16/11."""
    name = _DAYS[day.weekday()]
    text = f"{name} {day:%d/%m}"
    return f"Hôm nay, {text[0].lower()}{text[1:]}" if day == today else text


def span(length: timedelta) -> str:
    """A length of time as people say it: 25 phút, 3 giờ 10, 13 giờ, 2 ngày."""
    return spoken(max(timedelta(0), length))


def age(birth_date: str, at: datetime) -> str:
    """72 tuổi; under six years in months (15 tháng); a birth date may be a year alone."""
    year = int(birth_date[:4])
    today = local(at).date()
    if len(birth_date) < 10:
        return f"{today.year - year} tuổi"
    born = date.fromisoformat(birth_date[:10])
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    return f"{months} tháng" if months < 72 else f"{months // 12} tuổi"


def birth(birth_date: str) -> str:
    """12/03/1959, or 1959."""
    return f"{birth_date[8:10]}/{birth_date[5:7]}/{birth_date[:4]}" if len(birth_date) >= 10 else birth_date
