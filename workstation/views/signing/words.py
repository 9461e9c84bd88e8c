"""What signing says: certificates, results and counts, in the screen's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from records.sight import Change, Sight
from workstation.models.signing import Line, LineState, SigningAct, Stage
from workstation.models.signing_certificates import elsewhere
from workstation.signing.base import Identity
from workstation.views.widgets import times
from workstation.views.widgets.delegates import CellText


def serial_words(serial: str) -> str:
    """54 0A 91 … 7C."""
    even = serial if len(serial) % 2 == 0 else f"0{serial}"
    pairs = [even[start:start + 2] for start in range(0, len(even), 2)]
    return " ".join(pairs if len(pairs) <= 5 else [*pairs[:3], "…", pairs[-1]])


def issuer_words(identity: Identity) -> str:
    """VNPT-CA, còn hạn đến 08/03/2028."""
    return f"{identity.issuer}, còn hạn đến {times.full_date(identity.not_after)}"


def result(line: Line, act: SigningAct) -> CellText:
    """What became of a document, for the right end of its row."""
    return _result(line, running=act.began_at is not None, away=act.away, asking=act.stage is Stage.ASKING,
                   asked=asked_words(act))


def asked_words(act: SigningAct) -> str:
    """For whom what a service has waits."""
    return "chờ xác nhận trên điện thoại" if act.on_token else f"chờ {elsewhere(act.identity)} ký"


def _result(line: Line, *, running: bool, away: bool, asking: bool, asked: str) -> CellText:
    signed = f"đã ký {times.clock_seconds(line.at)}" if line.at is not None else "đã ký"
    said = {
        LineState.SIGNING: CellText("chờ mã PIN" if asking else "đang ký…", "primary", bold=True),
        LineState.SENDING: CellText("chờ mã" if asking else "đang gửi yêu cầu…", "ink2"),
        LineState.ASKED: CellText(asked, "attention", icon="clock"),
        LineState.CONFIRMED: CellText("đã xác nhận, đang nộp…", "primary"),
        LineState.SIGNED: CellText(f"{signed}, {'chờ gửi' if away else 'đang nộp'}", "ok", icon="shield-check"),
        LineState.RECEIVED: CellText(f"{signed}, đã nhận", "ok", icon="shield-check"),
        LineState.QUARANTINED: CellText("chờ người xử lý", "attention"),
        LineState.REFUSED: CellText("chưa ký được" if line.at is None else "máy chủ từ chối", "critical"),
    }
    return said.get(line.state) or _not_begun(line, running=running)


def _not_begun(line: Line, *, running: bool) -> CellText:
    if line.refusals:
        return CellText("chưa ký được", "attention")
    if not line.seen:
        return CellText("chưa xem", "attention")
    return CellText(("chờ" if line.chosen else "để lại") if running else "", "ink2")


def stack_title(lines: Sequence[Line]) -> str:
    """Ký 6 văn bản của 4 người bệnh."""
    people = len({line.task.patient.id for line in lines})
    return f"Ký {len(lines)} văn bản của {people} người bệnh" if lines else "Chưa chọn văn bản nào"


def counts(lines: Sequence[Line]) -> str:
    """4 xong · 1 đang ký · 1 chờ; 12 chờ điện thoại."""
    done = sum(line.at is not None for line in lines)
    now, sending, asked, came = (sum(line.state is state for line in lines) for state in (
        LineState.SIGNING, LineState.SENDING, LineState.ASKED, LineState.CONFIRMED))
    refused = sum(line.state is LineState.REFUSED and line.at is None for line in lines)
    waiting = len(lines) - done - now - sending - asked - came - refused
    parts = ((done, "xong"), (now, "đang ký"), (sending, "đang gửi"), (asked, "chờ xác nhận"), (came, "đang nộp"),
             (waiting, "chờ"), (refused, "chưa ký được"))
    return " · ".join(f"{count} {word}" for count, word in parts if count)


def written_at(at: datetime) -> str:
    """03:12 ngày 17/11/2026."""
    return f"{times.clock(at)} ngày {times.full_date(at)}"


def sight_caption(sight: Sight, now: datetime) -> str:
    """THAY ĐỔI TỪ LẦN BẠN XEM GẦN NHẤT (02:24)."""
    if sight.last is None:
        return "BẠN VIẾT, CHƯA XEM LẠI LẦN NÀO" if sight.own else "BẠN CHƯA XEM LẦN NÀO"
    since = f"TỪ LẦN BẠN XEM GẦN NHẤT ({times.day_and_clock(sight.last, now)})"
    if sight.changes:
        return f"THAY ĐỔI {since}"
    if sight.new_version:
        return f"PHIÊN BẢN MỚI {since}, CÁC Ô KHÔNG ĐỔI"
    return f"CÓ THÊM CHỮ KÝ {since}" if sight.signed else f"KHÔNG ĐỔI {since}"


def hand_words(change: Change, now: datetime) -> str:
    """Y lệnh · ĐD. Nguyễn Thị Mai sửa lúc 02:31."""
    hand = change.hand
    if hand is None:
        return f"{change.field.label} · không rõ người sửa"
    return f"{change.field.label} · {hand.by or 'bạn'} sửa lúc {times.day_and_clock(hand.at, now)}"


def sight_words(line: Line) -> CellText:
    """2 thay đổi; for the second line of a document in a list."""
    sight = line.task.sight
    count = len(sight.changes) + len(sight.signed)
    if sight.last is None:
        return CellText("bạn viết", "ink2") if sight.own else CellText("chưa xem lần nào", "attention")
    if count or sight.new_version:
        return CellText(f"{count} thay đổi" if count else "phiên bản mới", "primary")
    return CellText("không đổi", "ink2")
