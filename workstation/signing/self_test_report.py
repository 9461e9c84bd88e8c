"""The self-test's answers: one verdict a question in plain Vietnamese, and the report for the IT person.

The report holds no PIN and nothing of a patient: drivers, tokens, staff's certificates, times.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, Literal

from records.render.words import moment
from workstation.signing.self_test import CertificateSeen, ModuleSeen, Trial

Answer = Literal["yes", "no", "unknown"]
SLOW_MS = 3000
"""A token that needs longer for one signature makes a stack of fifty a matter of minutes."""
_SIGNING = ("SHA256_RSA_PKCS", "RSA_PKCS", "ECDSA")
_SHORT = {"yes": "ĐẠT", "no": "KHÔNG ĐẠT", "unknown": "CHƯA RÕ"}


@dataclass(frozen=True)
class Checked:
    """One question with its answer and what to do."""

    key: str
    answer: Answer
    question: str
    words: str
    todo: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What the test found around the tokens."""

    at: datetime
    program: str
    workstation: str
    system: str
    bits: int
    server: str
    server_ms: float | None = None
    """None: it did not answer."""
    offset_s: float | None = None
    """The server's time less this PC's."""
    tolerance_s: int = 120


@dataclass(frozen=True)
class Report:
    """Everything that one self-test found."""

    around: Surroundings
    modules: tuple[ModuleSeen, ...]
    trial: Trial

    @property
    def questions(self) -> tuple[Checked, ...]:
        """In the order in which one thing depends on the other."""
        return (_server(self.around), _clock(self.around), _driver(self), _bits(self), _token(self), _pin(self),
                _mechanism(self), _certificate(self), _enrolled(self), _trial(self.trial))

    @property
    def good(self) -> bool:
        """Nothing is wrong; what nobody was asked does not count."""
        return all(one.answer != "no" for one in self.questions)

    @property
    def certificates(self) -> tuple[CertificateSeen, ...]:
        """On all tokens."""
        return tuple(seen for module in self.modules for seen in module.certificates)

    @property
    def tokens(self) -> tuple[dict[str, Any], ...]:
        """Of all drivers."""
        return tuple(token for module in self.modules for token in module.tokens)

    def as_json(self) -> str:
        """The report's file for programs."""
        around = {**vars(self.around), "at": self.around.at.isoformat()}
        return json.dumps({
            "format": "benhan-self-test-1", "good": self.good, "around": around,
            "questions": [vars(one) for one in self.questions],
            "modules": [module.as_json() for module in self.modules], "trial": self.trial.as_json(),
        }, ensure_ascii=False, indent=1)

    def as_text(self) -> str:
        """The report's file for people."""
        return "\n".join((*_head(self), "", *_answers(self), "", *_details(self))) + "\n"


def _server(around: Surroundings) -> Checked:
    if around.server_ms is None:
        return Checked("server", "no", "Máy chủ có trả lời?", f"Không có trả lời từ {around.server}.",
                       "Kiểm tra dây mạng và địa chỉ máy chủ trong cài đặt; ký vẫn được với việc đã bắt đầu ở máy này.")
    return Checked("server", "yes", "Máy chủ có trả lời?", f"{around.server} trả lời trong {around.server_ms:.0f} ms.")


def _clock(around: Surroundings) -> Checked:
    question = "Đồng hồ đúng giờ máy chủ?"
    if around.offset_s is None:
        return Checked("clock", "unknown", question, "Chưa so được, vì máy chủ chưa trả lời.")
    words = f"Lệch {abs(around.offset_s):.1f} giây".replace(".", ",")
    if abs(around.offset_s) > around.tolerance_s:
        return Checked("clock", "no", question, f"{words}; quá {around.tolerance_s // 60} phút thì không ký được.",
                       "Bật đồng bộ giờ của hệ điều hành.")
    return Checked("clock", "yes", question, f"{words}.")


def _driver(report: Report) -> Checked:
    question = "Có trình điều khiển token chạy được?"
    if not report.modules:
        return Checked("driver", "no", question, "Không thấy trình điều khiển nào trên máy này.",
                       "Cài phần mềm của nhà cung cấp chứng thư, hoặc chỉ đường dẫn ở pkcs11_modules.")
    working = [module for module in report.modules if not module.reasons]
    if not working:
        first = report.modules[0].reasons[0]
        return Checked("driver", "no", question, first.vietnamese, first.todo)
    names = ", ".join(f"{PurePath(module.file.path).name} ({module.told['manufacturer']} "
                      f"{module.told['library_version']})" for module in working)
    broken = len(report.modules) - len(working)
    also = f" {broken} trình điều khiển khác không chạy." if broken else ""
    return Checked("driver", "yes", question, f"{names}.{also}")


def _bits(report: Report) -> Checked:
    question = "Trình điều khiển cùng loại 32/64 bit với chương trình?"
    known = [module.file for module in report.modules if module.file.bits]
    wrong = [file for file in known if file.bits != report.around.bits]
    if wrong and len(wrong) == len(known):
        return Checked("bits", "no", question, f"Chương trình {report.around.bits} bit, {wrong[0].path} là "
                       f"{wrong[0].bits} bit.", "Cài bản trình điều khiển đúng loại của nhà cung cấp.")
    if not known:
        return Checked("bits", "unknown", question, "Không đọc được loại của tệp trình điều khiển.")
    return Checked("bits", "yes", question, f"Cả hai đều {report.around.bits} bit.")


def _token(report: Report) -> Checked:
    question = "Có token đang cắm?"
    if not report.tokens:
        return Checked("token", "no", question, "Không thấy token nào.",
                       "Cắm token; nếu đèn không sáng, thử cổng USB khác. Trên Linux cần dịch vụ pcscd.")
    names = ", ".join(f"{token['label']} (số {token['serial']})" for token in report.tokens)
    return Checked("token", "yes", question, names + ".")


def _pin(report: Report) -> Checked:
    question = "Mã PIN của token còn dùng được?"
    if not report.tokens:
        return Checked("pin", "unknown", question, "Chưa thấy token.")
    for token in report.tokens:
        flags = token["flags"]
        if "USER_PIN_LOCKED" in flags:
            return Checked("pin", "no", question, f"Token {token['label']} đã khóa mã PIN.",
                           "Mở khóa bằng mã PUK (Ctrl+K, «Mở khóa token bằng mã PUK»).")
        if "USER_PIN_FINAL_TRY" in flags:
            return Checked("pin", "no", question, f"Token {token['label']} chỉ còn 1 lần nhập mã PIN.",
                           "Đừng thử nữa nếu không chắc; đổi mã PIN bằng mã PUK.")
        if "USER_PIN_COUNT_LOW" in flags:
            return Checked("pin", "unknown", question, f"Token {token['label']} đã có lần nhập sai mã PIN.",
                           "Một lần nhập đúng sẽ xóa việc này.")
    return Checked("pin", "yes", question, "Không token nào bị khóa hay sắp bị khóa.")


def _mechanism(report: Report) -> Checked:
    question = "Token ký được kiểu chữ ký cần dùng?"
    slots = [slot for module in report.modules for slot in module.told.get("slots", ())
             if slot["token"] in module.tokens]
    if not slots:
        return Checked("mechanism", "unknown", question, "Chưa thấy token.")
    known = {one["name"]: one for slot in slots for one in slot["mechanisms"] if one["name"] in _SIGNING}
    if not known:
        return Checked("mechanism", "no", question, f"Không có kiểu nào trong {', '.join(_SIGNING)}.",
                       "Token này không ký được hồ sơ; hỏi nhà cung cấp chứng thư.")
    words = ", ".join(f"{name} ({one['least']}-{one['most']} bit)" for name, one in sorted(known.items()))
    return Checked("mechanism", "yes", question, f"{words}.")


def _certificate(report: Report) -> Checked:
    question = "Có chứng thư ký được hôm nay?"
    if not report.certificates:
        if not report.tokens:
            return Checked("certificate", "unknown", question, "Chưa thấy token.")
        return Checked("certificate", "no", question, "Token không có chứng thư nào đi cùng khóa ký.",
                       "Nhờ nhà cung cấp nạp chứng thư vào token.")
    usable = [seen for seen in report.certificates if not seen.reasons]
    if not usable:
        first = report.certificates[0].reasons[0]
        return Checked("certificate", "no", question, first.vietnamese, first.todo)
    words = "; ".join(f"{seen.name}, số {seen.serial}, đến {moment(datetime.fromisoformat(seen.not_after))}"
                      for seen in usable)
    return Checked("certificate", "yes", question, f"{words}.")


def _enrolled(report: Report) -> Checked:
    question = "Chứng thư đã đăng ký cho người đang dùng máy?"
    told = [seen.enrolled for seen in report.certificates if seen.enrolled is not None]
    if not told:
        return Checked("enrolled", "unknown", question, "Chỉ biết được sau khi đăng nhập.")
    if any(told):
        return Checked("enrolled", "yes", question, "Có.")
    return Checked("enrolled", "no", question, "Chứng thư trên token không phải chứng thư đã đăng ký của bạn.",
                   "Cắm token của mình, hoặc đăng ký chứng thư này (Ctrl+K).")


def _trial(trial: Trial) -> Checked:
    question = "Ký thử có được?"
    if trial.reasons:
        return Checked("trial", "no", question, trial.reasons[0].vietnamese, trial.reasons[0].todo)
    if trial.skipped:
        return Checked("trial", "unknown", question, "Chưa thử, vì chưa nhập mã PIN.")
    if not trial.verified:
        return Checked("trial", "no", question, "Token trả về chữ ký không khớp chứng thư.",
                       "Ngừng dùng token này và báo nhà cung cấp chứng thư.")
    slow = f" Chậm hơn {SLOW_MS // 1000} giây: ký nhiều văn bản sẽ lâu." if trial.took_ms > SLOW_MS else ""
    return Checked("trial", "yes", question, f"Ký chuỗi ngẫu nhiên trong {trial.took_ms:.0f} ms, kiểm tra đúng.{slow}")


# The report as text


def _head(report: Report) -> Iterator[str]:
    around = report.around
    yield "BÁO CÁO TỰ KIỂM TRA MÁY - Bệnh Án"
    yield f"Lúc {moment(around.at, seconds=True)}, máy {around.workstation}"
    yield f"Chương trình {around.program} ({around.bits} bit), {around.system}"
    yield "Báo cáo không chứa mã PIN và không chứa thông tin người bệnh."


def _answers(report: Report) -> Iterator[str]:
    for one in report.questions:
        yield f"[{_SHORT[one.answer]}] {one.question} {one.words}" + (f" {one.todo}" if one.todo else "")


def _details(report: Report) -> Iterator[str]:
    for module in report.modules:
        yield from _module(module)
    trial = report.trial
    if trial.serial:
        came = "đúng" if trial.verified else "chưa có chữ ký đúng"
        yield f"Ký thử: chứng thư {trial.serial}, {trial.took_ms:.1f} ms, {came}"


def _module(module: ModuleSeen) -> Iterator[str]:
    file, told = module.file, module.told
    yield f"Trình điều khiển: {file.path}"
    yield f"  tệp: {file.size} byte, {file.bits or '?'} bit, sửa lúc {file.changed or '?'}"
    yield f"  SHA-256: {file.sha256 or '?'}"
    for reason in module.reasons:
        yield f"  lỗi: {reason.vietnamese} [{reason.english}]"
    if not told:
        return
    yield f"  thư viện: {told['library']} {told['library_version']} ({told['manufacturer']})"
    yield f"  PKCS#11 {told['cryptoki']}, tiến trình token {told['bits']} bit, trả lời trong {module.took_ms:.0f} ms"
    for slot in told["slots"]:
        yield f"  khe {slot['id']}: {slot['description']}" + (f" - lỗi {slot['failure']}" if slot["failure"] else "")
        yield from _slot_lines(slot)
    for seen in module.certificates:
        yield from _certificate_lines(seen)


def _slot_lines(slot: dict[str, Any]) -> Iterator[str]:
    token = slot["token"]
    if not token:
        yield "    không có token"
        return
    yield f"    token: {token['label']}, số {token['serial']}, {token['manufacturer']} {token['model']}"
    yield f"    phần cứng {token['hardware']}, phần mềm {token['firmware']}"
    yield f"    mã PIN {token['min_pin']}-{token['max_pin']} ký tự; cờ: {', '.join(token['flags'])}"
    for one in slot["mechanisms"]:
        size = f", khóa {one['least']}-{one['most']}" if one["most"] else ""
        yield f"    kiểu: {one['name']}{size}{', ký' if one['signs'] else ''}"


def _certificate_lines(seen: CertificateSeen) -> Iterator[str]:
    enrolled = {True: "đã đăng ký", False: "chưa đăng ký", None: "chưa biết đã đăng ký hay chưa"}[seen.enrolled]
    yield f"  chứng thư {seen.serial}: {seen.name}, {seen.issuer} cấp, {seen.key}, {enrolled}"
    yield f"    từ {seen.not_before} đến {seen.not_after}, trên token {seen.token}"
    yield f"    dùng để: {', '.join(seen.usage) or '?'}"
    for reason in seen.reasons:
        yield f"    {reason.vietnamese}"
