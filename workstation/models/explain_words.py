"""A verdict in plain Vietnamese: one sentence, four questions with their answers, then the details."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from records.errors import Reason, Refusal
from records.messages import EntryView, SignatureView
from records.receipts import Received
from records.render.words import moment
from records.signatures import Answer, EvidenceLevel, Finding, Question, SignatureVerdict, Verdict
from workstation.models import explain_stamps
from workstation.models.cases import kind_of
from workstation.models.timeline import names_of

_BYTES = (Question.READABLE, Question.INTACT, Question.NOTHING_ADDED_AFTER)
_WHOLE = (*_BYTES, Question.ONE_SIGNATURE_PER_REVISION)
_PAGE = (Question.CONTENT_IS_VERSION, Question.RENDERER_KNOWN, Question.PAGE_AS_RENDERED, Question.MARKS_AS_DRAWN)
_PERSON = (Question.CHAIN_TRUSTED, Question.KEY_USAGE, Question.SIGNER_ENROLLED)
_RIGHT = (Question.SLOT_KNOWN, Question.AUTHORISED)
_TIME = (Question.IN_TIME, Question.CERTIFICATE_VALID_AT)
_EVIDENCE = (Question.NOT_REVOKED, Question.TIME_STAMPED, Question.EVIDENCE_KEPT)
_LEVELS = {
    EvidenceLevel.B: "B-B: chỉ chứng minh được khi chứng thư còn hạn, theo giờ máy ký ghi",
    EvidenceLevel.T: "B-T: thời điểm ký do nơi cấp dấu thời gian xác nhận",
    EvidenceLevel.LT: "B-LT: tệp tự chứng minh được lâu dài, không cần hỏi ai",
}
_AFTER = {
    "nothing": "Không có gì", "evidence": "Chỉ có bằng chứng để giữ lâu dài", "filling": "Chữ ký khác hoặc ô được điền",
    "other": "Nội dung khác: đừng dựa vào trang đang thấy", "unknown": "Không đọc được",
}
_HEADLINES = {"yes": "Chữ ký hợp lệ", "no": "Chữ ký không hợp lệ", "unknown": "Chưa đủ căn cứ để kết luận"}
_SHORT: dict[Answer, str] = {"yes": "Đạt", "no": "Không đạt", "unknown": "Chưa rõ"}
"""Of the small questions, some of which ask whether something bad is so: yes is always the good answer."""


@dataclass(frozen=True)
class Said:
    """One question as the panel shows it: the answer, the question, what is so."""

    answer: Answer
    question: str
    words: str


@dataclass(frozen=True)
class ReceiptSeen:
    """The server's receipt, as this PC could verify it."""

    received: Received | None = None
    """What it says; None when there is none here, or one that cannot be believed."""
    reasons: tuple[Reason, ...] = ()
    """Why it cannot be believed."""
    file: bytes = field(default=b"", repr=False)
    """The receipt itself, when it can be believed."""

    @property
    def words(self) -> str:
        """What the panel says of it."""
        if self.received is not None:
            return "Có; máy này đã kiểm tra chữ ký của máy chủ trên biên nhận"
        return " ".join(reason.vietnamese for reason in self.reasons) or "Không có biên nhận ở máy này"


@dataclass(frozen=True)
class Explained:
    """One signature, explained."""

    answer: Answer
    headline: str
    sentence: str
    questions: tuple[Said, ...]
    """The four large ones, and the evidence for later."""
    details: tuple[tuple[str, str], ...]
    every: tuple[Said, ...]
    """Each question that was judged, one by one."""

    def as_text(self) -> str:
        """For the clipboard."""
        lines = [self.headline, self.sentence, ""]
        lines += [f"{said.question} {said.words}" for said in self.questions]
        lines += ["", *(f"{name}: {words}" for name, words in self.details), ""]
        lines += [f"{said.question} {said.words}" for said in self.every]
        return "\n".join(lines)


@dataclass(frozen=True)
class Around:
    """What the file itself shows of one signature beside its verdict: who vouches, and what was added after it."""

    chain: tuple[str, ...] = ()
    """Names, signer first."""
    trusted: bool = False
    """It ends at a root that this hospital knows."""
    after: str = ""
    """`records.signed_elsewhere.After`; empty: not looked at."""


def explain(verdict: Verdict, view: EntryView | None, receipt: ReceiptSeen,
            around: Mapping[str, Around] | None = None) -> tuple[Explained, ...]:
    """Each signature of the file in words; a file without any is explained once. `around`: by `around_key`."""
    if not verdict.signatures:
        return (_unsigned(verdict),)
    known = around or {}
    return tuple(
        _one(verdict, number, view, receipt, known.get(
            around_key(signature.certificate_sha256, signature.evidence(Question.INTACT).get("covers")), Around()))
        for number, signature in enumerate(verdict.signatures))


def around_key(certificate_sha256: str, covers: int | None) -> str:
    """One person may have signed twice; up to which byte tells the two apart."""
    return f"{certificate_sha256}/{covers}"


def _one(verdict: Verdict, number: int, view: EntryView | None, receipt: ReceiptSeen, around: Around) -> Explained:
    signature = verdict.signatures[number]
    findings = {item.question: item for item in (*verdict.findings, *signature.findings)}
    shown = next((item for item in view.signatures if item.slot == signature.slot), None) if view else None
    answer = _overall(verdict, signature)
    return Explained(
        answer, _headline(verdict, signature, answer), _sentence(verdict, signature, answer),
        _large(verdict, signature, findings), tuple(_details(verdict, number, shown, receipt, around)),
        tuple(_small(item) for item in findings.values()))


def _overall(verdict: Verdict, signature: SignatureVerdict) -> Answer:
    if verdict.good:
        return "yes"
    said = [item.answer for item in (*verdict.findings, *signature.findings)]
    others = [item.answer for other in verdict.signatures for item in other.findings]
    return "no" if "no" in said or "no" in others else "unknown"


def _sound(verdict: Verdict, signature: SignatureVerdict) -> bool:
    """Of a file from elsewhere: whole, and by somebody whom a root known here vouches for."""
    return verdict.elsewhere and all(verdict.answer(question) == "yes" for question in _BYTES) and all(
        signature.answer(question) == "yes" for question in (Question.CHAIN_TRUSTED, Question.CERTIFICATE_VALID_AT))


def _only_stamp_wrong(verdict: Verdict, signature: SignatureVerdict) -> bool:
    """The signature is sound; what is wrong is a time stamp that somebody put over the whole file."""
    wrong = {item.question for item in verdict.findings if item.answer == "no"}
    return wrong == {Question.DOCUMENT_STAMPED} and _sound(verdict, signature) and not any(
        item.answer == "no" for other in verdict.signatures for item in other.findings)


def _headline(verdict: Verdict, signature: SignatureVerdict, answer: Answer) -> str:
    if _only_stamp_wrong(verdict, signature):
        return "Chữ ký đúng, nhưng dấu thời gian của tệp không đúng"
    if answer == "unknown" and _sound(verdict, signature):
        return "Chữ ký đúng; không phải hồ sơ của Bệnh Án"
    return _HEADLINES[answer]


def _sentence(verdict: Verdict, signature: SignatureVerdict, answer: Answer) -> str:
    who = f"{signature.title} {signature.signer}".strip()
    if answer == "yes":
        return f"{who} đã ký {document_name(verdict)}, và nội dung chưa bị đổi từ lúc ký."
    if _only_stamp_wrong(verdict, signature):
        return f"{who} đã ký tệp này và phần đã ký chưa bị đổi. {verdict.reasons[0].vietnamese}"
    if answer == "no":
        return f"Đừng dựa vào tệp này: {verdict.reasons[0].vietnamese}"
    if _sound(verdict, signature):
        return (f"{who} đã ký tệp này và tệp chưa bị đổi từ lúc ký. Trang giấy và thẩm quyền của người ký thì "
                "máy này không đối chiếu được.")
    if verdict.elsewhere:
        return f"Tệp từ nơi khác; người ký tự ghi là {who or 'không rõ'}. Xem từng câu hỏi dưới đây."
    return f"{who} đã ký, nhưng máy này chưa trả lời được hết các câu hỏi dưới đây."


def document_name(verdict: Verdict) -> str:
    """«Tờ điều trị, lần ghi 16/11/2026 21:40», or a word for it."""
    if verdict.version is None:
        return "văn bản này"
    return f"{names_of(verdict.version.form)[0]}, lần ghi {moment(verdict.version.occurred_at)}"


def _large(verdict: Verdict, signature: SignatureVerdict, findings: dict[Question, Finding]) -> tuple[Said, ...]:
    at = moment(signature.claimed_at, seconds=True) if signature.claimed_at else "không rõ lúc nào"
    number = f", số định danh …{signature.national_id[-4:]}" if signature.national_id else ""
    role = slot_label(verdict, signature.slot)
    whole = _BYTES if verdict.elsewhere else _WHOLE
    who_is = f"Chứng thư cấp cho {signature.signer}{number}, bệnh viện đã đăng ký cho người này."
    if verdict.elsewhere:
        who_is = (f"Chứng thư cấp cho {signature.signer}{number}, do {signature.issuer} cấp. "
                  "Bệnh viện này không đối chiếu người đó với tài khoản nào.")
    return (
        _group("Còn nguyên vẹn?", whole, findings, "Tệp và dữ liệu kèm theo đúng từng byte như lúc ký."),
        _group("Trang đúng dữ liệu?", _PAGE, findings, "Trang giấy vẽ lại từ dữ liệu đã ký giống hệt trang trong tệp."),
        _group("Đúng người ký?", _PERSON[:2] if verdict.elsewhere else _PERSON, findings, who_is,
               f"Chứng thư cấp cho {signature.signer}{number}, do {signature.issuer} cấp."),
        _group("Đúng thẩm quyền?", _RIGHT, findings, f"{signature.title} được ký ở ô {role} của mẫu này.",
               "" if verdict.elsewhere else f"Ký ở ô {role} của mẫu."),
        _group("Đúng lúc?", _TIME, findings, f"Ký {at}; chứng thư khi đó còn hạn."),
        _group("Bằng chứng lâu dài", _EVIDENCE, findings,
               f"Khi ký, chứng thư không bị thu hồi; thời điểm ký có dấu thời gian{_stamped_by(findings)}."),
        *(Said(*one) for one in explain_stamps.asked(verdict)),
    )


def _stamped_by(findings: dict[Question, Finding]) -> str:
    """« của <nơi cấp>», of the signature's own stamp or the document's."""
    found = findings.get(Question.TIME_STAMPED)
    name = str(found.evidence.get("authority", "")) if found is not None else ""
    return f" của {name}" if name else ""


def _stamp_words(signature: SignatureVerdict) -> str:
    found = signature.evidence(Question.TIME_STAMPED)
    if signature.answer(Question.TIME_STAMPED) != "yes" or "at" not in found:
        return "chưa có"
    whole = ", đóng cho cả tệp" if found.get("by") == "document" else ""
    return f"{moment(datetime.fromisoformat(str(found['at'])), seconds=True)}, {found.get('authority', '')}{whole}"


def _revocation_words(signature: SignatureVerdict) -> str:
    found = signature.evidence(Question.NOT_REVOKED)
    if signature.answer(Question.NOT_REVOKED) != "yes" or "given_at" not in found:
        return "chưa có câu trả lời của nơi cấp"
    given = moment(datetime.fromisoformat(str(found["given_at"])), seconds=True)
    return f"Không bị thu hồi; nơi cấp trả lời lúc {given} ({str(found.get('by', '')).upper()})"


def _group(question: str, asked: Sequence[Question], findings: dict[Question, Finding], good: str,
           half: str = "") -> Said:
    """Several small questions as one: a no says why; an unknown says what is known, and what is not."""
    found = [findings[item] for item in asked if item in findings]
    answers = [item.answer for item in found]
    # What nobody asked is not known: only the server's receipt answers for enrolment and authority.
    whole = len(found) == len(asked) and "unknown" not in answers
    answer: Answer = "no" if "no" in answers else "yes" if whole else "unknown"
    reasons = _once(reason for item in found if item.answer == answer for reason in item.reasons)
    if answer == "yes":
        return Said("yes", question, f"Có. {good}" if question.endswith("?") else good)
    why = " ".join(reason.vietnamese for reason in reasons) or "Chỉ máy chủ của bệnh viện trả lời được câu này."
    if answer == "no":
        return Said("no", question, f"Không. {why}" if question.endswith("?") else why)
    return Said("unknown", question, f"{half} {why}".strip())


def _details(verdict: Verdict, number: int, shown: SignatureView | None, receipt: ReceiptSeen,
             around: Around) -> Iterable[tuple[str, str]]:
    signature = verdict.signatures[number]
    if verdict.elsewhere:
        yield "Ô chữ ký trong tệp", signature.slot
    else:
        yield "Ký với vai trò", f"{slot_label(verdict, signature.slot)} · {signature.title}"
    yield "Giờ máy ký ghi", moment(signature.claimed_at, seconds=True) if signature.claimed_at else "không ghi"
    yield "Dấu thời gian", _stamp_words(signature)
    yield from explain_stamps.told(verdict)
    yield "Thu hồi chứng thư", _revocation_words(signature)
    yield from _around(signature, around)
    if not verdict.elsewhere:
        yield "Mức bằng chứng của tệp", _LEVELS[verdict.level]
    if verdict.elliptic:
        yield "PDF/A", "Có chữ ký ECDSA: chữ ký tốt, nhưng tệp không còn được coi là PDF/A"
    received = receipt.received
    at = shown.received_at if shown is not None else received.received_at if received is not None else None
    yield "Giờ máy chủ nhận", moment(at, seconds=True) if at is not None else "không có biên nhận ở máy này"
    yield "Biên nhận của máy chủ", receipt.words
    yield "Số chứng thư", signature.serial
    yield "Nơi cấp chứng thư", signature.issuer
    if shown is not None and shown.offline:
        state = "máy chủ đã kiểm tra khi có mạng lại" if shown.settled else "đang chờ người có trách nhiệm xử lý"
        yield "Ký khi mất mạng", f"Có, {state}"
    later = [f"{item.signer} ({slot_label(verdict, item.slot)})" for item in verdict.signatures[number + 1:]]
    yield "Thêm vào sau chữ ký", _added(around, later)
    if verdict.version is not None:
        yield "Văn bản", f"{document_name(verdict)} · phiên bản {verdict.version.version}"
        yield "Cơ sở", verdict.version.stay.facility
        yield "Người bệnh", f"{verdict.version.subject.full_name} · {verdict.version.subject.patient_no}"
        if verdict.version.correction is not None:
            yield "Lý do đính chính", verdict.version.correction.reason
        if verdict.version.training:
            yield "Tập huấn", "Văn bản tập huấn, không có giá trị pháp lý"
    yield "Mã băm của tệp (SHA-256)", digest_words(verdict.file_sha256)


def _around(signature: SignatureVerdict, around: Around) -> Iterable[tuple[str, str]]:
    if around.chain:
        root = "gốc được bệnh viện tin" if around.trusted else "gốc không có trong danh sách tin cậy"
        yield "Chuỗi chứng thư", f"{' · '.join(around.chain)} ({root})"
    intact = signature.evidence(Question.INTACT)
    if "covers" in intact:
        size = f"{int(intact['covers']):,}".replace(",", ".")
        yield "Chữ ký này bao trùm", f"Toàn bộ tệp như lúc ký: {size} byte đầu, gồm mọi trang và dữ liệu kèm theo"
    if "digest" in intact:
        key = f"{str(intact['key']).upper()}, " if "key" in intact else ""
        yield "Thuật toán", f"{key}{str(intact['digest']).upper()}"


def _added(around: Around, later: Sequence[str]) -> str:
    said = _AFTER.get(around.after, "")
    if later:
        more = f". {said}" if around.after in ("other", "unknown") else ""
        return f"Chữ ký của {'; '.join(later)}{more}"
    return said or "Không có gì"


def digest_words(digest: str) -> str:
    """In two halves, so that it can be broken into lines and compared by eye."""
    return f"{digest[:32]} {digest[32:]}"


def slot_label(verdict: Verdict, slot: str) -> str:
    """«Bác sĩ điều trị»; the slot's own key when the form is not known here."""
    if verdict.version is None:
        return slot
    try:
        return kind_of(verdict.version.form).slot(slot).label
    except Refusal:
        return slot


def _small(finding: Finding) -> Said:
    why = " ".join(reason.vietnamese for reason in finding.reasons)
    return Said(finding.answer, finding.question.vietnamese, f"{_SHORT[finding.answer]}. {why}".strip())


def _unsigned(verdict: Verdict) -> Explained:
    readable = next((item for item in verdict.findings if item.question is Question.READABLE), None)
    headline = "Tệp không có chữ ký nào" if readable is None or readable.answer == "yes" else "Không đọc được tệp này"
    why = " ".join(reason.vietnamese for reason in verdict.reasons)
    details = (*explain_stamps.told(verdict), ("Mã băm của tệp (SHA-256)", digest_words(verdict.file_sha256)))
    return Explained("no", headline, why, tuple(Said(*one) for one in explain_stamps.asked(verdict)), details,
                     tuple(_small(item) for item in verdict.findings))


def _once(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    told = {(reason.code, reason.where): reason for reason in reasons}
    return tuple(told.values())
