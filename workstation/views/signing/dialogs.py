"""The two dialogs of signing: one document with its PIN, and a stack; neither ever blocks the window's thread."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QStackedWidget, QWidget

from workstation.models.signing import Line, LineState, SigningAct, Stage
from workstation.models.signing_certificates import elsewhere
from workstation.views import style
from workstation.views.prompts import Dialog
from workstation.views.signing import words
from workstation.views.signing.document import DocumentPanel, patient_line
from workstation.views.signing.lines import LinesList
from workstation.views.signing.pin_bar import PinBar
from workstation.views.widgets import times
from workstation.views.widgets.delegates import CellText
from workstation.views.widgets.icons import Icon
from workstation.views.widgets.states import Refused
from workstation.views.widgets.text import KeyCap, clear, column, frame, label, row

STACK_WIDTH, STACK_HEIGHT, LIST_WIDTH = 1178, 610, 452


class _SigningDialog(Dialog):
    """Holds one act of signing, ends it when it closes, and stops before it closes while the token works."""

    enrol_wanted = pyqtSignal()
    """The certificate on the token is to be enrolled; told when this dialog has gone."""

    def __init__(self, title: str, act: SigningAct, parent: QWidget, *, detail: str = "", width: int = 480,
                 named: bool = True) -> None:
        patient = act.lines[0].task.patient if named else None
        super().__init__(title, parent, patient=patient, detail=detail, width=width)
        self.act = act
        self._foot.hide()
        self.bar = PinBar(act)
        self.bar.close_wanted.connect(self.reject)
        self.bar.leave_wanted.connect(self._leave)
        self.bar.enrol_wanted.connect(self._enrol)
        layout = self.layout()
        if layout is not None:
            layout.addWidget(self.bar)
        self.finished.connect(lambda _result: act.end())

    def _enrol(self) -> None:
        self.reject()
        self.enrol_wanted.emit()

    def _leave(self) -> None:
        """Close while the phone rings: the question stands, and the waiting list shows it."""
        super().reject()

    def reject(self) -> None:
        """Esc: stop after the document at hand; when nothing runs, close."""
        if self.act.running:
            self.act.stop()
        else:
            super().reject()


class SignDialog(_SigningDialog):
    """One document: what it is, whose certificate, the PIN."""

    def __init__(self, act: SigningAct, parent: QWidget) -> None:
        task = act.lines[0].task
        super().__init__(f"Ký {task.title}", act, parent, detail=task.place, width=780)
        self._say = label("", "second", wrap=True)
        self._result = column(gap=0)
        corrected = f" · đính chính, phiên bản {task.number}" if task.number > 1 and task.kind == "draft" else ""
        self.body.addWidget(label(
            f"{task.form.code} · {words.written_at(task.occurred_at)} · ký với vai trò {task.slot_label}{corrected}",
            "second", wrap=True))
        self.body.addWidget(self._say)
        self.body.addLayout(self._result)
        act.changed.connect(self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        line = self.act.lines[0]
        clear(self._result)
        if line.refusals:
            self._result.addWidget(Refused("Chưa ký được, bản ghi vẫn được giữ nguyên", line.refusals))
        self._say.setText(self._words(line))
        self._say.setVisible(bool(self._say.text()))
        if line.at is not None and self.act.stage is Stage.DONE and not line.refusals:
            self.accept()

    def _words(self, line: Line) -> str:
        match self.act.stage:
            case Stage.SIGNING if elsewhere(self.act.identity):
                return (f"{_waits(self.act)} Từ chối hoặc hủy thì văn bản vẫn là bản chưa ký, không mất chữ nào. "
                        "Đóng cửa sổ này thì yêu cầu vẫn chờ ở mục Ký.")
            case Stage.SIGNING:
                return "Token đang ký. Nếu rút token lúc này, văn bản trở về “chưa ký”, không mất chữ nào."
            case _ if line.refusals:
                return ""
        return "Chữ ký bao trùm toàn bộ nội dung văn bản. Muốn sửa sau khi ký phải đính chính."


class _Progress(QWidget):
    """How much of the stack is done."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = 0.0
        self.setFixedSize(300, 8)

    def show_share(self, share: float) -> None:
        self._share = share
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.colour("bars"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setBrush(style.colour("primary"))
        painter.drawRoundedRect(QRectF(0, 0, self.width() * self._share, self.height()), 4, 4)


def _kept(done: int) -> str:
    """«4 văn bản đã ký giữ nguyên. »; of none there is nothing to say."""
    return f"{done} văn bản đã ký giữ nguyên. " if done else ""


class ProgressPanel(QWidget):
    """While a stack is signed: how far it is, which document is at hand, what is safe."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._title, self._counts = label("", "title"), label("", "second")
        self._bar = _Progress()
        self._current = column(gap=4)
        self._safe_title = label("", "bold")
        self._safe = label("", wrap=True)
        ground = frame("boxed")
        ground.setLayout(column(self._safe_title, self._safe, margins=(12, 10, 12, 10)))
        layout = column(self._title, gap=12, margins=(18, 16, 18, 16))
        layout.addLayout(row(self._bar, self._counts, None, gap=10))
        layout.addLayout(self._current)
        layout.addWidget(ground)
        layout.addStretch(1)
        self.setLayout(layout)
        self._shown = ""

    def show_act(self, act: SigningAct) -> None:
        """How the act stands now."""
        chosen = act.chosen
        current = next((line for line in chosen if line.state is LineState.SIGNING), None)
        number = sum(line.at is not None or bool(line.refusals) for line in chosen)
        self._bar.show_share(number / max(1, len(chosen)))
        self._counts.setText(words.counts(chosen))
        done = len(act.done)
        if act.running and elsewhere(act.identity):
            self._title.setText(_with_service(act))
            self._safe_title.setText("Một lần xác nhận cho cả chồng")
            self._safe.setText(f"{_waits(act)} Từ chối, quá giờ hoặc hủy thì các văn bản vẫn là “chưa ký”. "
                               f"{_kept(done)}Có thể đóng cửa sổ này để làm việc khác: yêu cầu vẫn chờ ở mục Ký, kể cả "
                               "khi tắt máy, và tự hoàn tất khi bạn xác nhận.")
        elif current is not None:
            self._title.setText(f"Đang ký văn bản {number + 1} trong {len(chosen)}")
            self._safe_title.setText("Nếu rút token hoặc mất mạng lúc này")
            self._safe.setText(f"Văn bản đang ký trở về “chưa ký”. {_kept(done)}"
                               "Cắm lại đúng token này rồi bấm Ký tiếp để ký nốt.")
        else:
            self._title.setText(f"Đã ký {done} trong {len(chosen)} văn bản")
            self._safe_title.setText("Văn bản đã ký giữ nguyên")
            left = len(act.left)
            rest = f" Còn {left} văn bản chưa ký; nháp vẫn nguyên." if left else ""
            sent = "Đang chờ gửi, có mạng lại sẽ tự gửi." if act.away else "Kết quả từng văn bản ở danh sách bên trái."
            self._safe.setText(f"{sent}{rest}")
        self._show_current(current)

    def _show_current(self, line: Line | None) -> None:
        key = line.task.key if line is not None else ""
        if key == self._shown:
            return
        self._shown = key
        clear(self._current)
        if line is not None:
            self._current.addWidget(patient_line(line.task))
            self._current.addWidget(label(f"{line.task.title} · chữ ký {line.task.slot_label}"))


class StackDialog(_SigningDialog):
    """A stack: the documents at the left, what exactly is signed at the right, the PIN below."""

    def __init__(self, act: SigningAct, parent: QWidget) -> None:
        super().__init__("Ký nhiều văn bản", act, parent, width=STACK_WIDTH, named=False)
        self.setFixedHeight(STACK_HEIGHT)
        self.list = LinesList(self._result)
        self.list.setFixedWidth(LIST_WIDTH)
        self.document, self.progress = DocumentPanel(), ProgressPanel()
        self._right = QStackedWidget()
        self._hint = label("", "small_second", wrap=True)
        self._read_on = QWidget(self)
        self._read_on.setLayout(row(KeyCap("PgDn"), label("đọc tiếp: đọc hết mới tính là đã xem", "small_second"), None,
                                    gap=6, margins=(16, 4, 16, 6)))
        self._read_on.hide()
        self._title, self._under, self._waiting = label("", "title"), label("", "second"), label("", "bold")
        self._build()
        self.list.moved.connect(self._moved)
        self.list.marked.connect(act.toggle)
        self.list.entered.connect(self.bar.pin.setFocus)
        self.list.paged.connect(self.document.page)
        self.bar.pin.paged.connect(self.document.page)
        self.document.looked.connect(lambda task: act.see(task.key))
        self.document.longer.connect(self._read_on.setVisible)
        self.bar.pin.step.connect(self.list.step)
        self.bar.pin.marked.connect(self.list.mark)
        act.changed.connect(self._refresh)
        self._refresh()
        self.list.setFocus()  # the PIN takes it when there is something to sign

    def _build(self) -> None:
        clear(self.body)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        head = frame("band")
        head.setFixedHeight(40)
        head.setLayout(row(Icon("signature", "ink", 20), self._title, self._under, None, self._waiting, gap=10,
                           margins=(16, 0, 16, 0)))
        for part in (self.document, self.progress):
            self._right.addWidget(part)
        left = column(self.list, gap=0)
        left.setStretch(0, 1)
        self._keys = QWidget()
        self._keys.setLayout(row(KeyCap("Space"), label("chọn, bỏ", "small_second"), 4, KeyCap("↑↓"),
                   label("văn bản khác", "small_second"), None, gap=6, margins=(10, 6, 10, 0)))
        left.addWidget(self._keys)
        left.addLayout(row(self._hint, margins=(10, 4, 10, 8)))
        divider = frame("divider")
        divider.setFixedWidth(1)
        across = row(gap=0)
        across.addLayout(left)
        across.addWidget(divider)
        reading = column(self._right, gap=0)
        reading.setStretch(0, 1)
        reading.addWidget(self._read_on)
        across.addLayout(reading, 1)
        self.body.addWidget(head)
        self.body.addLayout(across, 1)

    def _result(self, line: Line) -> CellText:
        return words.result(line, self.act)

    def _moved(self, _key: str) -> None:
        self._show_document()

    def _show_document(self) -> None:
        self.document.show_line(self.list.current_line())

    def _refresh(self) -> None:
        act = self.act
        self.list.show_lines(act.lines)
        self._show_document()
        self._title.setText(words.stack_title(act.chosen))
        started = act.began_at
        self._keys.setVisible(started is None)
        self._under.setText("Một lần nhập PIN. Mỗi văn bản có chữ ký riêng." if started is None
                            else f"Bắt đầu {times.clock_seconds(started)}")
        self._waiting.setText(f"{len(act.lines)} văn bản chờ" if started is None else "")
        unseen = any(not line.seen for line in act.lines)
        self._hint.setText("Văn bản chưa xem không được đưa vào lần ký." if unseen and started is None else
                           "" if started is None else "Kết quả từng văn bản hiện ngay khi máy chủ nhận.")
        shows_progress = started is not None
        self._right.setCurrentWidget(self.progress if shows_progress else self.document)
        if shows_progress:
            self._read_on.hide()
            self.progress.show_act(act)
            current_line = next((line for line in act.chosen if line.state is LineState.SIGNING), None)
            if current_line is not None:
                self.list.show_key(current_line.task.key)


def _with_service(act: SigningAct) -> str:
    """How far a stack is with a service elsewhere, as the furthest of it is."""
    count, states, service = len(act.left), {line.state for line in act.left}, elsewhere(act.identity)
    if act.stage is Stage.ASKING:
        return f"Chờ mã để ký {count} văn bản · {service}"
    if LineState.CONFIRMED in states or not count:
        return f"Đã xác nhận, đang nộp {count} văn bản" if count else "Đã xác nhận, đang nộp"
    if LineState.ASKED in states:
        return f"{'Chờ xác nhận' if act.on_token else 'Chờ ký'} {count} văn bản · {service}"
    return f"Đang gửi {count} văn bản · {service}"


def _waits(act: SigningAct) -> str:
    """What the person does while a key elsewhere signs."""
    return ("Hãy mở ứng dụng ký số trên điện thoại và kiểm tra đúng số văn bản trước khi đồng ý." if act.on_token
            else f"{elsewhere(act.identity)} đang ký.")
