"""The report of a signature check: every answer, the certificates, the hashes and the receipt, as a file to print."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath
from typing import TYPE_CHECKING
from uuid import UUID

from records.render.words import moment
from workstation.config import ZONE
from workstation.models.account import Account
from workstation.models.explain_words import Explained, digest_words
from workstation.models.printing import SYSTEM, Printed

if TYPE_CHECKING:
    from records.render.pdfa import Attachment
    from records.render.report import Part
    from workstation.models.explain import Explanation

NO_STAY = UUID(int=0)
_ANSWERS = {"yes": "ĐẠT", "no": "KHÔNG ĐẠT", "unknown": "CHƯA RÕ"}


def report_of(explanation: Explanation, account: Account, at: datetime) -> Printed:
    """Drawn in the background. It holds no page of the file, only what was found in it."""
    from records.render.report import render_report

    person = f"{account.person.title} {account.person.full_name}".strip()
    foot = f"{SYSTEM} · {account.facility} · {person} kiểm tra lúc {moment(at, seconds=True)}"
    lead = explanation.signatures[0]
    pdf = render_report("PHIẾU KIỂM TRA CHỮ KÝ", f"{lead.headline}. {lead.sentence}", list(_parts(explanation)),
                        foot=foot, at=at.astimezone(ZONE), attachments=list(_files(explanation)))
    stem = PurePath(explanation.name).stem.replace("/", "-").replace(":", "-")[:60]
    return Printed(pdf, "Phiếu kiểm tra chữ ký", f"phieu-kiem-tra-{stem}.pdf",
                   "phiếu kiểm tra, kèm chứng thư và biên nhận trong tệp PDF", pdf, *_about(explanation), report=True)


def _about(explanation: Explanation) -> tuple[UUID, str, UUID | None]:
    """Stay, form and entry that the report tells of, when the server has the file: its audit hears of the print."""
    version = explanation.verdict.version
    if version is None or explanation.receipt.received is None:
        return NO_STAY, "", None
    return version.stay.id, version.form.code, version.entry


def _parts(explanation: Explanation) -> Iterator[Part]:
    from records.render.report import Part

    digest = hashlib.sha256(explanation.pdf).hexdigest()
    size = f"{len(explanation.pdf):,}".replace(",", ".")
    yield Part("Tệp được kiểm tra", (("Tên", explanation.name), ("Cỡ", f"{size} byte"),
                                     ("SHA-256", digest_words(digest))))
    count = len(explanation.signatures)
    for number, said in enumerate(explanation.signatures, 1):
        yield from _signature(said, f"Chữ ký {number} trong {count}: " if count > 1 else "")
    yield Part("Chứng thư trong các chữ ký", tuple(_certificates(explanation.certificates)),
               "" if explanation.certificates else "Không đọc được chứng thư nào.")
    receipt = explanation.receipt
    receipt_rows = (("SHA-256 của biên nhận", digest_words(hashlib.sha256(receipt.file).hexdigest())),)
    yield Part("Biên nhận của máy chủ", receipt_rows if receipt.file else (), receipt.words + ".")


def _signature(said: Explained, before: str) -> Iterator[Part]:
    from records.render.report import Part

    yield Part(f"{before}{said.headline}", tuple((one.question, f"[{_ANSWERS[one.answer]}] {one.words}")
                                                 for one in said.questions), said.sentence)
    if said.details:
        yield Part("Chi tiết", said.details)
    yield Part("Từng câu hỏi", tuple((one.question, one.words) for one in said.every))


def _certificates(certificates: tuple[bytes, ...]) -> Iterator[tuple[str, str]]:
    from records.cms import Certificate

    for der in certificates:
        one = Certificate(der)
        begin, end = one.parsed.not_valid_before, one.parsed.not_valid_after
        yield one.name, (f"Số {one.serial}, {one.issuer} cấp, từ {moment(begin)} đến {moment(end)}. "
                         f"SHA-256 {digest_words(hashlib.sha256(der).hexdigest())}")


def _files(explanation: Explanation) -> Iterator[Attachment]:
    """What a second judge needs beside the checked file itself."""
    from records.render.pdfa import Attachment

    verdict = json.dumps(explanation.verdict.as_json(), ensure_ascii=False, indent=1).encode()
    yield Attachment("ket-qua.json", verdict, "application/json", "Data", "Kết quả kiểm tra từng câu hỏi")
    for number, der in enumerate(explanation.certificates, 1):
        yield Attachment(f"chung-thu-{number}.cer", der, "application/pkix-cert", "Supplement", "Chứng thư")
    if explanation.receipt.file:
        yield Attachment("bien-nhan.json", explanation.receipt.file, "application/json", "Supplement",
                         "Biên nhận của máy chủ")
