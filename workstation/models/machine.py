"""What state this PC is in: server, token, clock; asked in the background, told as plain facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from records.entries import Instant
from records.errors import Refusal
from records.forms import Frozen
from records.messages import Health
from workstation.background import Background, Query
from workstation.client import Client
from workstation.config import ZONE
from workstation.models.account import KnownPerson

if TYPE_CHECKING:  # the signing packages are heavy, and the sign-in window must come up at once
    from workstation.models.signing_certificates import Standing
    from workstation.signing.base import Identity, TokenInfo

LANE = "signing"
"""The lane of models.signing_act: a token has one thread, so looking waits until a stack is signed."""
EVERY_MS = 5000


class Fact(Frozen):
    """One line of the PC's state: an icon's name, what is so, the details below."""

    state: Literal["asking", "good", "attention"]
    title: str
    detail: str = ""
    short: str = ""
    """For the top bar, where there is room for two words."""


class MachineModel(QObject):
    """Asks the server and the token every few seconds while somebody looks."""

    changed = pyqtSignal()
    training = False
    facility = ""

    def __init__(self, client: Client, background: Background, server_name: str,
                 tokens: Callable[[], Sequence[TokenInfo]] | None = None, parent: QObject | None = None, *,
                 warning_days: int = 45) -> None:
        super().__init__(parent)
        self._warning_days = warning_days
        self.own: Standing | None = None
        """Where the certificates of who is signed in stand; None: nobody is, or the server has not said."""
        self._seen: Sequence[TokenInfo] | None = None
        self._client, self._background, self._server_name, self._tokens = client, background, server_name, tokens
        self.server = Fact(state="asking", title="Máy chủ: đang hỏi", detail=server_name)
        self.token = Fact(state="asking", title="Token: đang tìm")
        self.clock = Fact(state="asking", title="Đồng hồ: chưa so được với máy chủ")
        self.away_since: Instant | None = None
        self._asking = self._looking = False
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.ask)

    def watch(self) -> None:
        """Begin to ask, at once and then every few seconds."""
        self.ask()
        self._timer.start()

    def rest(self) -> None:
        """Nobody looks: stop asking."""
        self._timer.stop()

    def ask(self) -> None:
        """Ask now what has no question open."""
        if not self._asking:
            self._asking = True
            self._background.run(Query("health", self._ask_server, self._server_answered, self._server_away))
        if self._tokens is not None and not self._looking:
            self._looking = True
            self._background.run(Query("tokens", self._tokens, self._tokens_seen, self._token_trouble), lane=LANE)

    def _ask_server(self) -> tuple[Health, float]:
        begun = datetime.now(UTC)
        health = self._client.health()
        return health, (datetime.now(UTC) - begun).total_seconds() * 1000

    def _server_answered(self, answer: tuple[Health, float]) -> None:
        health, took_ms = answer
        self._asking = False
        self.away_since = None
        self.training, self.facility = health.training, health.facility
        good = health.status == "ok"
        self.server = Fact(
            state="good" if good else "attention",
            title="Máy chủ: kết nối tốt" if good else "Máy chủ: chạy chưa đủ, vẫn làm việc được",
            detail=f"{self._server_name} · trả lời trong {round(took_ms)} ms")
        self.clock = self._clock_fact()
        self.changed.emit()

    def _clock_fact(self) -> Fact:
        offset = self._client.clock.offset_s or 0.0
        if reasons := self._client.clock.reasons():
            return Fact(state="attention", title="Đồng hồ lệch, chưa ký được", detail=reasons[0].vietnamese)
        words = f"Lệch {abs(offset):.1f} giây".replace(".", ",")
        return Fact(state="good", title="Đồng hồ đúng giờ máy chủ", detail=words)

    def _server_away(self, why: Refusal) -> None:
        self._asking = False
        self.away_since = self.away_since or datetime.now(UTC)
        since = self.away_since.astimezone(ZONE)
        self.server = Fact(state="attention", title=f"Mất kết nối với máy chủ từ {since:%H:%M}",
                           detail=" ".join(reason.vietnamese for reason in why.reasons))
        self.changed.emit()

    def _tokens_seen(self, tokens: Sequence[TokenInfo]) -> None:
        self._looking = False
        self._seen = tokens
        self._tell_tokens()

    def know(self, own: Standing | None) -> None:
        """Whose certificates matter: those of who is signed in (None: nobody is)."""
        self.own = own
        if self._seen is not None:
            self._tell_tokens()

    def _tell_tokens(self) -> None:
        self.token = token_fact(self._seen or (), self._client.clock.server_now(), self._warning_days, self.own)
        self.changed.emit()

    def _token_trouble(self, why: Refusal) -> None:
        self._looking = False
        self.token = Fact(state="attention", title="Token không trả lời",
                          detail=" ".join(reason.vietnamese for reason in why.reasons))
        self.changed.emit()


def store_fact(people: Sequence[KnownPerson]) -> Fact:
    """Whose drafts this PC keeps."""
    names = ", ".join(f"{person.title} {person.full_name}".strip() for person in people[:3])
    return Fact(
        state="good", title=f"Kho trên máy này: {len(people)} người" if people else "Kho trên máy này: trống",
        detail=f"{names}. Nháp và hàng chờ tự gửi sau khi đăng nhập." if people else
        "Nháp được giữ ở đây, có mã hóa, cả khi mất mạng.")


def token_fact(tokens: Sequence[TokenInfo], at: datetime, warning_days: int, own: Standing | None = None) -> Fact:
    """What is said about the tokens that are plugged in, at the server's time `at`."""
    if not tokens:
        return Fact(state="attention", title="Token: chưa cắm", detail="Vẫn ghi được; cần token khi ký.",
                    short="chưa cắm")
    identities = [identity for token in tokens for identity in token.identities]
    if any(token.locked for token in tokens):
        return Fact(state="attention", title="Token bị khóa mã PIN", detail="Hãy gọi CNTT để mở khóa.",
                    short="bị khóa PIN")
    if not identities:
        return Fact(state="attention", title="Token không có chứng thư", detail=tokens[0].label)
    mine = [identity for identity in identities if own is not None and identity.serial in own.approved | own.revoked]
    if len(identities) > 1 and len(mine) != 1:
        return Fact(state="good", title=f"Token: {len(identities)} chứng thư",
                    detail="Khi ký sẽ chọn đúng chứng thư của bạn.")
    only = mine[0] if len(mine) == 1 else identities[0]
    return _one_certificate(only, at, warning_days, revoked=own is not None and only.serial in own.revoked)


def _one_certificate(only: Identity, at: datetime, warning_days: int, *, revoked: bool) -> Fact:
    until = only.not_after.astimezone(ZONE)
    title = f"Token: {only.full_name}"
    if revoked:
        return Fact(state="attention", title=title, short="bị thu hồi",
                    detail="Chứng thư đã bị thu hồi, không ký được nữa. Hãy gọi CNTT.")
    if only.not_after <= at:
        return Fact(state="attention", title=title, detail=f"Chứng thư hết hạn {until:%d/%m/%Y}.", short="hết hạn")
    soon = only.expiry(at, warning_days)
    if soon is not None:
        return Fact(state="good", title=title, detail=f"{soon.vietnamese}\n{soon.todo}",
                    short=f"sẵn sàng, còn {soon.facts['days']} ngày")
    return Fact(state="good", title=title,
                detail=f"{only.token_label} · chứng thư còn hạn đến {until:%d/%m/%Y}\nChỉ hỏi mã PIN khi ký")
