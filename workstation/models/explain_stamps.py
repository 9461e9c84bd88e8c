"""The time stamps that another program put over a whole file, in plain Vietnamese: who, when, over what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from records.errors import Reason
from records.render.words import moment
from records.signatures import Answer, Finding, Question, Verdict

_BEHIND = {
    "nothing": "sau dấu không có gì thêm", "evidence": "sau dấu chỉ có thêm bằng chứng để giữ lâu dài",
    "filling": "sau dấu có thêm chữ ký hoặc ô được điền, dấu không bao trùm phần đó",
    "other": "sau dấu có nội dung khác", "unknown": "không đọc được phần sau dấu",
}


def asked(verdict: Verdict) -> Iterator[tuple[Answer, str, str]]:
    """The answer, the question, what is so; nothing for a file without such stamps."""
    found = _finding(verdict)
    if found is None:
        return
    stamps = found.evidence["stamps"]
    if found.answer == "yes":
        count = f"Cả {len(stamps)} dấu đều đúng. Dấu mới nhất: " if len(stamps) > 1 else ""
        words = f"{count}{stamps[-1]['authority']} đóng lúc {_at(stamps[-1])}; tệp khi đó đã có và chưa bị đổi từ đó."
        yield "yes", "Dấu thời gian của tệp", words
        return
    yield found.answer, "Dấu thời gian của tệp", " ".join(
        dict.fromkeys(reason.vietnamese for reason in found.reasons))


def told(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """A name and words for each stamp, oldest first."""
    found = _finding(verdict)
    stamps = found.evidence["stamps"] if found is not None else ()
    for number, stamp in enumerate(stamps, 1):
        which = f" {number}" if len(stamps) > 1 else ""
        yield f"Dấu thời gian của tệp{which}", _words(stamp)


def _words(stamp: Mapping[str, Any]) -> str:
    why = " ".join(Reason.from_json(item).vietnamese for item in stamp["reasons"])
    if "at" not in stamp:
        return why
    lead = f"Ghi {_at(stamp)}, {stamp['authority']} ({stamp['issuer']} cấp chứng thư, hạn đến {_until(stamp)})"
    if stamp["answer"] == "no":
        return f"KHÔNG ĐÚNG. {lead}. {why}"
    size = f"{stamp['covers']:,}".replace(",", ".")
    held = f"bao trùm cả tệp như lúc đó ({size} byte đầu), chưa bị đổi; {_BEHIND[stamp['after']]}"
    trusted = "nơi cấp được bệnh viện tin" if stamp["answer"] == "yes" else (
        "nơi cấp không có trong danh sách tin cậy của bệnh viện, nên giờ này chưa chứng minh được")
    return f"{lead}: {held}; {trusted}"


def _finding(verdict: Verdict) -> Finding | None:
    return next((item for item in verdict.findings if item.question is Question.DOCUMENT_STAMPED), None)


def _at(stamp: Mapping[str, Any]) -> str:
    return moment(datetime.fromisoformat(stamp["at"]), seconds=True)


def _until(stamp: Mapping[str, Any]) -> str:
    return moment(datetime.fromisoformat(stamp["until"]))
