"""Every action and its shortcut, once; the key line, the command palette and the buttons all read this table.

A view binds what it can do (`ActionSet.bind`); an action that nobody has bound, or that may not be done now, shows
nowhere. Ctrl+Shift, Alt+Z and Ctrl+Space belong to the input methods, and F10 to Windows: they are never bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from PyQt6.QtCore import QKeyCombination, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QAction, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from workstation.models.act import Act
from workstation.views.action import PLACE_ICONS, PLACE_NAMES, Action, Place
from workstation.views.image_actions import IMAGE_ACTIONS
from workstation.views.widgets.key_line import KeyHint

__all__ = ["ACTIONS", "ALLOWED", "BY_ID", "FORBIDDEN", "NOT_NOW", "PLACE_ICONS", "PLACE_NAMES", "Action", "ActionSet",
           "Place", "key_of", "widget_action"]
FORBIDDEN = ("Ctrl+Shift", "Alt+Z", "Ctrl+Space", "F10")
ALLOWED = ""
NOT_NOW = " "
"""No: and there is nothing to explain."""


ACTIONS: tuple[Action, ...] = (
    Action("help", "Trợ giúp: các phím dùng được ở đây", Place.EVERYWHERE, "F1", "trợ giúp", "help-circle",
           "huong dan phim tat", rank=90),
    Action("palette", "Tìm, ra lệnh", Place.EVERYWHERE, "Ctrl+K", icon="search"),
    Action("back", "Quay lại, giữ bản nháp", Place.EVERYWHERE, "Esc", icon="chevron-right"),
    Action("place.ward", "Tới Khoa", Place.EVERYWHERE, "Ctrl+1", icon="bed", words="bang khoa giuong"),
    Action("place.chart", "Tới Hồ sơ", Place.EVERYWHERE, "Ctrl+2", icon="clipboard-text", words="benh an"),
    Action("place.signing", "Tới Ký", Place.EVERYWHERE, "Ctrl+3", icon="signature", words="bang chu ky"),
    Action("place.images", "Tới Hình ảnh", Place.EVERYWHERE, "Ctrl+4", icon="photo",
           words="xem anh x quang ct sieu am dicom"),
    Action("place.review", "Tới Soát hồ sơ", Place.EVERYWHERE, "Ctrl+5", icon="list-check",
           words="soat ho so nhan luu tru ra vien"),
    Action("retry", "Thử lại kết nối, gửi hàng chờ ngay", Place.EVERYWHERE, "Ctrl+R", icon="refresh",
           words="mat ket noi tai lai"),
    Action("lock", "Khóa màn hình", Place.EVERYWHERE, "Ctrl+L", icon="lock", words="roi may"),
    Action("change_person", "Đổi người dùng", Place.EVERYWHERE, icon="users", words="dang xuat"),
    Action("night", "Ca đêm: đổi màn hình sáng, tối", Place.EVERYWHERE, "Ctrl+F11", icon="moon", always=True),
    Action("self_test", "Tự kiểm tra máy: máy chủ, trình điều khiển, token, ký thử, đồng hồ", Place.EVERYWHERE, "F12",
           icon="activity", always=True),
    Action("show_password", "Hiện hoặc ẩn mật khẩu", Place.SIGN_IN, "Alt+H", icon="eye"),
    Action("token", "Token và chứng thư của tôi", Place.EVERYWHERE, icon="usb", words="thu hoi mat token"),
    Action("change_pin", "Đổi mã PIN của token", Place.EVERYWHERE, icon="usb", words="doi pin token"),
    Action("unblock_pin", "Mở khóa token bằng mã PUK", Place.EVERYWHERE, icon="lock", words="mo khoa pin puk so pin"),
    Action("enrol", "Đăng ký chứng thư của tôi", Place.EVERYWHERE, icon="usb", words="token dang ky chung thu"),
    Action("delegations", "Ủy quyền ký thay: lập, xem, thu hồi", Place.EVERYWHERE, icon="users",
           words="uy quyen ky thay thua lenh kt tl tuq giam doc truong khoa"),
    Action("certificates", "Duyệt chứng thư đăng ký", Place.EVERYWHERE, icon="list-check", words="token cho duyet"),
    Action("proofs", "Bằng chứng chữ ký đang chờ, danh sách tin cậy", Place.EVERYWHERE, icon="shield-check",
           words="dau thoi gian thu hoi ocsp tsa danh sach tin cay"),
    Action("settlements", "Xử lý tệp ký khi mất mạng hoặc cách ly", Place.EVERYWHERE, icon="list-check",
           words="ky muon cho xu ly"),
    Action("image_owners", "Ảnh chưa rõ của ai: gắn đúng người bệnh", Place.EVERYWHERE, icon="photo",
           words="anh sai ten nham ma nguoi benh dicom doi chieu"),
    Action("open_disc", "Mở ảnh từ đĩa, USB, thư mục…", Place.EVERYWHERE, "Ctrl+O", icon="photo",
           words="mo anh cd dvd dicomdir dicom noi khac mang den"),
    Action("look_up", "Tra cứu bản in: mã hoặc QR trên giấy", Place.EVERYWHERE, icon="search",
           words="ma tra cuu giay in qr quet"),
    Action("open_signed", "Mở tệp PDF đã ký để kiểm tra", Place.EVERYWHERE, icon="shield-check",
           words="kiem tra chu ky giai thich"),

    Action("ward.choose", "Chọn người bệnh", Place.WARD, "↑↓", "chọn", by_widget=True, rank=1),
    Action("ward.open", "Mở hồ sơ người bệnh đang chọn", Place.WARD, "Enter", "mở hồ sơ", "clipboard-text",
           by_widget=True, rank=2),
    Action("ward.write", "Ghi điều trị cho người bệnh đang chọn", Place.WARD, "F6", "ghi điều trị", "pencil",
           "to dieu tri 36/BV2", rank=3),
    Action("ward.next", "Người bệnh kế tiếp cần xem", Place.WARD, "F8", "người cần xem", "chevron-down", rank=4),
    Action("ward.previous", "Người bệnh cần xem ngay trước", Place.WARD, "Shift+F8", icon="chevron-up"),
    Action("ward.filter", "Lọc theo các ô đếm", Place.WARD, "1–4", "lọc", by_widget=True, rank=5),
    Action("ward.find", "Tìm người bệnh trong khoa", Place.WARD, "gõ tên", "tìm", "search", by_widget=True, rank=6),
    Action("ward.filter.occupied", "Lọc: giường có người", Place.WARD, "1", icon="bed"),
    Action("ward.filter.attention", "Lọc: người bệnh cần xem trước", Place.WARD, "2", icon="activity"),
    Action("ward.filter.deadline", "Lọc: sắp hoặc quá hạn hồ sơ", Place.WARD, "3", icon="clock"),
    Action("ward.filter.unsigned", "Lọc: còn văn bản chưa ký", Place.WARD, "4", icon="signature"),
    Action("ward.filter.results", "Lọc: có kết quả mới", Place.WARD, "5", icon="flask-2"),
    Action("ward.order", "Đổi cách xếp bảng khoa", Place.WARD, "Ctrl+S", icon="list-check",
           words="giuong canh bao han"),
    Action("ward.waiting", "Hàng chờ gửi trên máy này", Place.WARD, "F4", icon="cloud-up", words="mat ket noi tu choi"),
    Action("ward.change", "Đổi khoa", Place.WARD, icon="bed", words="khoa khac"),

    Action("chart.timeline", "Dòng thời gian", Place.CHART, "F2", "dòng thời gian", "history", rank=1),
    Action("chart.editor", "Ô soạn thảo", Place.CHART, "F3", "soạn", "pencil", rank=2),
    Action("chart.context", "Bối cảnh: sinh hiệu, kết quả, hàng chờ", Place.CHART, "F4", "bối cảnh", "activity",
           rank=3),
    Action("chart.write", "Ghi lần mới", Place.CHART, "F6", "lần ghi mới", "clipboard-plus",
           "dieu tri cham soc sinh hieu benh an 36/BV2 38/BV2 01/BV1", rank=4),
    Action("chart.next_missing", "Tới chỗ còn thiếu kế tiếp", Place.CHART, "F8", "chỗ còn thiếu", "chevron-down",
           rank=5),
    Action("chart.previous_missing", "Về chỗ còn thiếu trước", Place.CHART, "Shift+F8", icon="chevron-up"),
    Action("chart.sign", "Ký lần ghi này", Place.CHART, "F9", "ký", "signature", rank=6),
    Action("chart.as_yesterday", "Như hôm qua: lấy y lệnh lần trước", Place.CHART, "Ctrl+D", "như hôm qua", "history",
           rank=7),
    Action("chart.orders", "Thêm y lệnh, chỉ định", Place.CHART, "F5", "y lệnh", "clipboard-plus", rank=4),
    Action("chart.cancel", "Hủy lần ghi đã ký, có lý do", Place.CHART, icon="x", words="huy bo"),
    Action("chart.earlier", "Lần ghi trước", Place.CHART, "Alt+Up", icon="history"),
    Action("chart.correct", "Đính chính văn bản đã ký", Place.CHART, "Ctrl+E", "đính chính", "git-compare",
           "sua", rank=8),
    Action("chart.old_version", "Xem bản trước, chỉ chỗ đã đổi", Place.CHART, "Alt+1", icon="git-compare"),
    Action("chart.history", "Lịch sử phiên bản: ai, khi nào, vì sao", Place.CHART, "Alt+2", icon="history",
           words="lich su phien ban dinh chinh huy khoi phuc"),
    Action("chart.restore", "Cho khôi phục lần ghi đã hủy hoặc bản cũ", Place.CHART, icon="refresh",
           words="khoi phuc phuc hoi"),
    Action("chart.reissue", "Cấp lại giấy đã cấp, có lý do", Place.CHART, icon="file-text",
           words="cap lai thay giay ra vien"),
    Action("chart.addendum", "Thêm phụ lục cho hồ sơ đã lưu trữ", Place.CHART, icon="clipboard-plus",
           words="phu luc ket qua den sau luu tru"),
    Action("chart.filter", "Lọc dòng thời gian", Place.CHART, "/", icon="search"),
    Action("chart.measure", "Thêm lần đo, hoặc chọn mẫu khác để ghi", Place.CHART, "Ins", icon="activity",
           words="sinh hieu mau moi"),
    Action("chart.preview", "Xem bản in (PDF)", Place.CHART, "Ctrl+P", icon="printer", words="in ban in"),
    Action("chart.confirm", "Người bệnh xác nhận văn bản này", Place.CHART, "Ctrl+B", "người bệnh xác nhận",
           "shield-check", "nguoi benh ky van tay lam chung cam ket xac nhan", rank=6),
    Action("chart.capture", "Xem bằng chứng xác nhận của người bệnh, có lý do", Place.CHART, icon="eye",
           words="van tay chu ky ve ma mot lan bang chung giam dinh"),
    Action("chart.house_sign", "Ký số của đơn vị lên giấy này", Place.CHART, icon="signature",
           words="ky so to chuc dong dau giay ra vien"),
    Action("chart.explain", "Giải thích chữ ký", Place.CHART, "Ctrl+I", icon="shield-check",
           words="chu ky hop le tin cay"),
    Action("chart.images", "Hình ảnh của người bệnh", Place.CHART, "F7", "hình ảnh", "photo",
           "x quang ct cong huong tu sieu am", rank=5),
    Action("chart.drop", "Bỏ bản nháp này", Place.CHART, icon="x", words="xoa nhap"),

    Action("signing.choose", "Chọn văn bản chờ ký", Place.SIGNING, "↑↓", "chọn", by_widget=True, rank=1),
    Action("signing.open", "Mở văn bản chờ ký", Place.SIGNING, "Enter", "mở", "file-text", by_widget=True, rank=2),
    Action("signing.mark", "Chọn hoặc bỏ chọn để ký", Place.SIGNING, "Space", "chọn để ký", by_widget=True, rank=3),
    Action("signing.read", "Đọc tiếp văn bản chờ ký", Place.SIGNING, "PgDn", by_widget=True),
    Action("signing.sign", "Ký những văn bản đã chọn", Place.SIGNING, "F9", "ký", "signature", rank=4),
    Action("signing.sign_all", "Ký tất cả văn bản đã xem", Place.SIGNING, "Ctrl+F9", "ký tất cả đã xem",
           "signature", rank=5),
    Action("signing.remind", "Nhắc người đang giữ văn bản", Place.SIGNING, "F6", "nhắc", "send", words="nhac ky",
           rank=6),
    Action("signing.step", "Văn bản khác của người đang chọn", Place.SIGNING, "←→", "văn bản khác", by_widget=True,
           rank=8),
    Action("signing.scope", "Phạm vi: chờ tôi, khoa tôi, toàn viện, đã ký", Place.SIGNING, "1–4", "phạm vi",
           by_widget=True, rank=7),
    Action("signing.scope.me", "Chữ ký: chờ tôi", Place.SIGNING, "1", icon="user"),
    Action("signing.scope.ward", "Chữ ký: khoa tôi, ai đang giữ văn bản", Place.SIGNING, "2", icon="users"),
    Action("signing.scope.house", "Chữ ký: toàn viện", Place.SIGNING, "3", icon="users"),
    Action("signing.scope.signed", "Chữ ký: đã ký hôm nay", Place.SIGNING, "4", icon="shield-check"),
    Action("signing.ward", "Chữ ký: đổi khoa, cả khoa tôi ký thay", Place.SIGNING, "F2", "đổi khoa", "bed",
           words="khoa khac uy quyen", rank=9),
    Action("signing.corrected", "Xem kết quả đã sửa mà bạn được báo", Place.SIGNING, "F7", "kết quả đã sửa",
           "git-compare", words="ket qua da sua huy duoc bao nguoi chi dinh", rank=3),
    Action("signing.put_away", "Cất lời nhắc đã đọc", Place.SIGNING, "Del", icon="check", words="loi nhac"),

    *IMAGE_ACTIONS,

    Action("review.choose", "Chọn điểm cần xem của hồ sơ", Place.REVIEW, "↑↓", "điểm", by_widget=True, rank=1),
    Action("review.open", "Tới chỗ cần sửa", Place.REVIEW, "Enter", "tới chỗ sửa", "file-text", by_widget=True, rank=2),
    Action("review.next", "Điểm cần xem kế tiếp", Place.REVIEW, "F8", "điểm sau", "chevron-down", rank=3),
    Action("review.previous", "Điểm cần xem ngay trước", Place.REVIEW, "Shift+F8", icon="chevron-up"),
    Action("review.records", "Danh sách hồ sơ chờ soát", Place.REVIEW, "F2", "hồ sơ khác", "list-check", rank=4),
    Action("review.return", "Trả hồ sơ về khoa, có nhận xét", Place.REVIEW, "Ctrl+T", "trả về khoa", "send",
           words="tra khoa", rank=5),
    Action("review.go_on", "Nhận hồ sơ; hồ sơ đã nhận thì lưu trữ; Trưởng khoa: đã soát", Place.REVIEW, "F9",
           "nhận, lưu trữ", "lock", words="nhan ho so luu tru dong ho so da soat", rank=6),
    Action("review.print", "In phiếu soát hồ sơ", Place.REVIEW, "Ctrl+P", icon="printer", words="phieu soat in"),
)
BY_ID = {action.id: action for action in ACTIONS}

_SEQUENCES = {"Ins": "Ins", "Enter": "Return", "↑": "Up", "↓": "Down", "PgDn": "PgDown"}


def key_of(action_id: str) -> str:
    """The key as it is written on a button."""
    key = BY_ID[action_id].key
    return key.replace("Alt+Up", "Alt+↑")


@cache
def _widget_keys(place: Place) -> dict[str, Action]:
    found = (action for action in ACTIONS if action.by_widget and action.key and action.place is place)
    return {QKeySequence(_SEQUENCES.get(action.key, action.key)).toString(): action for action in found}


def widget_action(event: QKeyEvent, place: Place) -> Action | None:
    """The action of a place whose key a widget with the focus answers itself: single letters, signs, arrows.

    A sign may need Shift on one keyboard and none on another: it counts without.
    """
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    written = _written(event.key(), held)
    keys = _widget_keys(place)
    if written not in keys and event.text() and not event.text().isalnum():
        held &= ~Qt.KeyboardModifier.ShiftModifier
        written = _written(event.key(), held)
    return keys.get(written)


def _written(key: int, held: Qt.KeyboardModifier) -> str:
    return QKeySequence(QKeyCombination(held, Qt.Key(key))).toString()


@dataclass
class _Binding:
    """What a view does for an action, and whether it may be done now."""

    do: Callable[[], object]
    refusal: Callable[[], str]


class ActionSet(QObject):
    """The actions of one window: Qt shortcuts, what each does, and which work now."""

    changed = pyqtSignal()
    """Another place, another binding, or another answer to what may be done now."""
    refused = pyqtSignal(str)
    """Why an action that was asked for may not be done now."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._bindings: dict[str, _Binding] = {}
        self._place = Place.EVERYWHERE
        self._qt: dict[str, QAction] = {}
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self.changed)
        for action in ACTIONS:
            self._qt[action.id] = self._made(action)
        self._refresh_shortcuts()

    def _made(self, action: Action) -> QAction:
        made = QAction(action.text, self._window)
        if action.key and not action.by_widget:
            made.setShortcut(QKeySequence(_SEQUENCES.get(action.key, action.key)))
            made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            made.setAutoRepeat(False)
        made.triggered.connect(lambda _checked, name=action.id: self.trigger(name))
        self._window.addAction(made)
        return made

    @property
    def place(self) -> Place:
        """The place that is open."""
        return self._place

    def enter(self, place: Place) -> None:
        """Another place is open: its actions work, those of others rest."""
        self._place = place
        self.refresh()

    def bind(self, action_id: str, do: Callable[[], object], refusal: Callable[[], str] = lambda: ALLOWED) -> None:
        """What the action does; `refusal` answers "" when it may be done now, else why not (NOT_NOW: just hide it)."""
        if action_id not in BY_ID:
            raise KeyError(f"{action_id} stands in no table of actions")
        self._bindings[action_id] = _Binding(do, refusal)
        self._allow(action_id)
        # A place binds a score of actions one after another: what follows from them is drawn once, after the last.
        self._later.start()

    def unbind(self, *action_ids: str) -> None:
        """The view that answered for these is gone."""
        for action_id in action_ids:
            self._bindings.pop(action_id, None)
        self.refresh()

    def bound(self, action_id: str) -> bool:
        """Whether anybody answers for the action."""
        return action_id in self._bindings

    def why_not(self, action_id: str) -> str:
        """"" when the action works here and now, else the reason in Vietnamese (NOT_NOW when there is none to say)."""
        binding = self._bindings.get(action_id)
        return NOT_NOW if binding is None or not self._belongs_here(BY_ID[action_id]) else binding.refusal()

    def _belongs_here(self, action: Action) -> bool:
        if self._place in (Place.SIGN_IN, Place.LOCKED):
            return action.always or action.place is self._place
        return action.place in (Place.EVERYWHERE, self._place)

    def trigger(self, action_id: str) -> None:
        """Do it, or say why not."""
        refusal = self.why_not(action_id)
        if refusal == ALLOWED:
            self._bindings[action_id].do()
        elif refusal != NOT_NOW:
            self.refused.emit(refusal)

    def refresh(self) -> None:
        """What may be done has changed: shortcuts, key line and palette follow."""
        self._refresh_shortcuts()
        self.changed.emit()

    def _refresh_shortcuts(self) -> None:
        for action_id in self._qt:
            self._allow(action_id)

    def _allow(self, action_id: str) -> None:
        # A reason that can be said keeps its key alive, so that pressing it says the reason.
        self._qt[action_id].setEnabled(self.why_not(action_id) != NOT_NOW)

    def qt_action(self, action_id: str) -> QAction:
        """The Qt action, for menus."""
        return self._qt[action_id]

    def hints(self) -> tuple[KeyHint, ...]:
        """The key line: what works now, the most used first."""
        shown = [action for action in ACTIONS if action.short and action.key and self.why_not(action.id) == ALLOWED
                 and not (action.place is Place.IMAGES and action.by_widget and is_writing())]
        return tuple(KeyHint(key_of(action.id), action.short) for action in sorted(shown, key=lambda one: one.rank))

    def acts(self) -> tuple[Act, ...]:
        """The command palette: what works now."""
        return tuple(
            Act(key=action.id, title=action.text, keys=key_of(action.id), words=action.words,
                group="place" if action.id.startswith("place.") else "command")
            for action in ACTIONS
            if self.why_not(action.id) == ALLOWED and action.id != "palette"
            and not action.key.startswith(("↑↓", "←→", "1–"))
        )


def is_writing() -> bool:
    """Whether letters are words now, and no keys: the cursor is in a text that can be changed."""
    focused = QApplication.focusWidget()
    return isinstance(focused, (QLineEdit, QPlainTextEdit, QTextEdit)) and not focused.isReadOnly()
