"""What a signature is worth: judged from the file on this PC, in plain words, with the server's word only where due."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pytestqt.qtbot import QtBot

from records import canonical, receipts
from records.cms import Certificate
from records.elsewhere import judge_elsewhere
from records.messages import EntryView
from records.pades import judge
from records.signatures import Question, Verdict, yes
from records.trust import Trust
from server.demo.pki import Issued, issue_person, issue_stamper, make_issuing, make_root
from tests.forgeries import people, trust
from tests.forgeries.signing import good
from tests.p11shim.fixture import p11shim, p11shim_module
from tests.records.test_elsewhere import Office
from tests.records.test_elsewhere import page as foreign_page
from tests.records.test_elsewhere import signed as foreign_signed
from tests.records.test_stamps_elsewhere import stamped
from tests.workstation import hospital
from tests.workstation.little_server import LittleServer
from tests.workstation.models.desks import account
from tests.workstation.signing_room import Room, Rooms, room_of
from tests.workstation.tokens import PIN, DoctorsToken, doctors_token, plugged
from workstation.config import Config
from workstation.models import explain_words
from workstation.models.explain import ExplainModel, Explanation
from workstation.models.signing import LineState
from workstation.signing.base import Pin

__all__ = ["doctors_token", "p11shim", "p11shim_module", "plugged", "room_of"]
SERVER_KEY = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
AT = datetime(2026, 3, 1, 1, 2, 3, tzinfo=UTC)
Explain = Callable[[Callable[[ExplainModel], None]], Explanation]


@pytest.fixture
def room(room_of: Rooms, plugged: Config) -> Room:
    return room_of(plugged)


@pytest.fixture
def signed(room: Room, little: LittleServer) -> bytes:
    """A treatment row, signed with the doctor's token."""
    act = room.begin()
    act.sign(Pin(PIN))
    room.until(lambda: act.lines[0].state is LineState.RECEIVED)
    return little.signed[0].pdf


@pytest.fixture
def explain(room: Room, doctors_token: DoctorsToken, qtbot: QtBot) -> Explain:
    public = SERVER_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    desk = replace(room.desk, account=account(trust_roots=doctors_token.trust(), receipt_keys=(public,)))

    def ask(question: Callable[[ExplainModel], None]) -> Explanation:
        model = ExplainModel(desk, room.desk.sync)
        with qtbot.waitSignal(model.explained, timeout=20_000) as told:
            question(model)
        found = told.args[0]
        assert isinstance(found, Explanation)
        return found

    return ask


def test_a_good_file_is_said_to_be_good_in_one_sentence(explain: Explain, signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "to-dieu-tri.pdf"
    path.write_bytes(signed)
    found = explain(lambda model: model.file(path))
    said = found.signatures[0]
    assert (said.answer, said.headline) == ("yes", "Chữ ký hợp lệ")
    assert "Lê Thu Hà" in said.sentence
    assert [(one.question, one.answer) for one in said.questions] == [
        ("Còn nguyên vẹn?", "yes"), ("Trang đúng dữ liệu?", "yes"), ("Đúng người ký?", "unknown"),
        ("Đúng thẩm quyền?", "unknown"), ("Đúng lúc?", "yes"), ("Bằng chứng lâu dài", "unknown")]
    details = dict(said.details)
    assert details["Người bệnh"].startswith("Nguyễn Văn Bình")
    assert details["Giờ máy chủ nhận"] == "không có biên nhận ở máy này"


def test_one_changed_byte_is_told_as_what_it_is(explain: Explain, signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "sua.pdf"
    place = signed.index(b"/Contents") - 400
    path.write_bytes(signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1:])
    said = explain(lambda model: model.file(path)).signatures[0]
    assert said.answer == "no"
    assert said.headline != "Chữ ký hợp lệ"
    assert said.sentence


def test_a_file_that_is_no_pdf_is_explained_and_not_a_crash(explain: Explain, tmp_path: Path) -> None:
    path = tmp_path / "anh.pdf"
    path.write_bytes(b"not a pdf at all")
    said = explain(lambda model: model.file(path)).signatures[0]
    assert (said.answer, said.headline) == ("no", "Không đọc được tệp này")


def test_an_entrys_file_comes_from_the_server_once_and_is_there_during_an_outage(
    explain: Explain, room: Room, signed: bytes, little: LittleServer,
) -> None:
    view = seen_by_server(signed, little)
    explain(lambda model: model.entry(view, "Tờ điều trị"))
    little.down()
    again = explain(lambda model: model.entry(view, "Tờ điều trị"))
    assert again.signatures[0].answer == "yes"
    assert again.pdf == signed


def test_what_was_signed_without_the_server_says_so(explain: Explain, signed: bytes, little: LittleServer) -> None:
    view = seen_by_server(signed, little)
    marks = tuple(mark.model_copy(update={"offline": True, "settled": False}) for mark in view.signatures)
    said = explain(lambda model: model.entry(view.model_copy(update={"signatures": marks}), "x")).signatures[0]
    assert dict(said.details)["Ký khi mất mạng"].startswith("Có, đang chờ")


def test_the_marks_are_drawn_into_what_the_screen_shows_and_the_file_stays_as_signed(
    explain: Explain, signed: bytes, tmp_path: Path,
) -> None:
    from PyQt6.QtCore import QSize
    from PyQt6.QtPdf import QPdfDocument

    path = tmp_path / "a.pdf"
    path.write_bytes(signed)
    found = explain(lambda model: model.file(path))
    assert found.pdf == signed
    pictures = []
    for name, pdf in (("signed", signed), ("shown", found.shown)):
        (tmp_path / f"{name}.pdf").write_bytes(pdf)
        document = QPdfDocument(None)
        document.load(str(tmp_path / f"{name}.pdf"))
        pictures.append(document.render(0, QSize(300, 424)))
    assert pictures[0] != pictures[1], "Qt leaves the marks of signature fields out"


def seen_by_server(pdf: bytes, little: LittleServer) -> EntryView:
    """The entry as the server lists it after that file."""
    file = little.signed[0]
    digest = canonical.sha256(pdf)
    little.files[digest] = pdf
    return hospital.entry(file.entry, file=digest)


def receipt_by(key: Ed25519PrivateKey, verdict: Verdict) -> bytes:
    """What the server would hand out: who is enrolled and may sign is its own knowledge."""
    for signature in verdict.signatures:
        for question in (Question.SIGNER_ENROLLED, Question.AUTHORISED):
            verdict = verdict.with_signature_finding(signature.slot, yes(question))
    return receipts.make(verdict, AT, receipts.key_id(SERVER_KEY.public_key()), key.sign).to_file()


def test_the_servers_word_counts_once_its_receipts_signature_is_verified_here(
    explain: Explain, signed: bytes, little: LittleServer,
) -> None:
    view = seen_by_server(signed, little)
    alone = explain(lambda model: model.entry(view, "x"))
    assert alone.receipt.received is None
    little.receipts[view.file] = receipt_by(SERVER_KEY, alone.verdict)
    said = explain(lambda model: model.entry(view, "x")).signatures[0]
    assert {one.question: one.answer for one in said.questions}["Đúng người ký?"] == "yes"
    assert "đã kiểm tra chữ ký của máy chủ" in dict(said.details)["Biên nhận của máy chủ"]
    little.down()
    again = explain(lambda model: model.entry(view, "x"))
    assert again.receipt.received is not None
    assert again.receipt.received.received_at == AT


def test_a_receipt_that_the_server_did_not_sign_is_told_and_proves_nothing(
    explain: Explain, signed: bytes, little: LittleServer,
) -> None:
    view = seen_by_server(signed, little)
    forger = Ed25519PrivateKey.from_private_bytes(b"f" * 32)
    good = explain(lambda model: model.entry(view, "x")).verdict
    little.receipts[view.file] = receipt_by(forger, good)
    found = explain(lambda model: model.entry(view, "x"))
    said = found.signatures[0]
    assert found.receipt.received is None
    assert dict(said.details)["Biên nhận của máy chủ"] == "Biên nhận không đúng chữ ký của máy chủ."
    who = next(one for one in said.questions if one.question == "Đúng người ký?")
    assert who.answer == "unknown"
    assert "Biên nhận không đúng chữ ký của máy chủ." in who.words
    little.receipts[view.file] = receipt_by(SERVER_KEY, good)
    assert explain(lambda model: model.entry(view, "x")).receipt.received is not None, "a bad one is not kept"


def test_stamp_revocation_and_level_are_told_of_a_file_that_lasts() -> None:
    told = []
    for file in (trust.lasting(), good()):
        verdict = judge(file, people.trust(), people.NOW)
        (one,) = explain_words.explain(verdict, None, explain_words.ReceiptSeen())
        told.append((dict(one.details), {said.question: said for said in one.questions}["Bằng chứng lâu dài"]))
    (lasting, whole), (bare, open_) = told
    assert lasting["Dấu thời gian"] == "22/11/2026 08:42:05, Dấu thời gian tập sự"
    assert lasting["Thu hồi chứng thư"].startswith("Không bị thu hồi; nơi cấp trả lời lúc 22/11/2026 08:47:03")
    assert lasting["Mức bằng chứng của tệp"].startswith("B-LT")
    assert whole.answer == "yes"
    assert "Dấu thời gian tập sự" in whole.words
    assert (bare["Dấu thời gian"], bare["Mức bằng chứng của tệp"][:3]) == ("chưa có", "B-B")
    assert open_.answer == "unknown"


# Files from elsewhere, and the report


def from_elsewhere(tmp_path: Path, doctors_token: DoctorsToken, *, known: bool) -> Path:
    """A letter that another program signed, with a certificate of the same authority or of one that nobody knows."""
    from server.demo.pki import issue_person, make_issuing, make_root
    from tests.records.test_elsewhere import Office, page
    from tests.records.test_elsewhere import signed as signed_by_another

    issuing = doctors_token.issuing if known else make_issuing(make_root("Gốc lạ"), "CA lạ")
    office = Office(doctors_token.root, issuing, issue_person(issuing, "Trần Văn Khác", "001199000001"))
    path = tmp_path / "giay-ra-vien.pdf"
    path.write_bytes(signed_by_another(page(), office.signer()))
    return path


def test_a_file_of_another_program_gets_an_honest_answer(
        explain: Explain, doctors_token: DoctorsToken, tmp_path: Path) -> None:
    found = explain(lambda model: model.file(from_elsewhere(tmp_path, doctors_token, known=True)))
    said = found.signatures[0]
    assert (said.answer, said.headline) == ("unknown", "Chữ ký đúng; không phải hồ sơ của Bệnh Án")
    assert "Trần Văn Khác" in said.sentence
    assert {one.question: one.answer for one in said.questions} == {
        "Còn nguyên vẹn?": "yes", "Trang đúng dữ liệu?": "unknown", "Đúng người ký?": "yes",
        "Đúng thẩm quyền?": "unknown", "Đúng lúc?": "yes", "Bằng chứng lâu dài": "unknown"}
    page = next(one for one in said.questions if one.question == "Trang đúng dữ liệu?")
    assert "không phải hồ sơ do Bệnh Án tạo ra" in page.words
    details = dict(said.details)
    assert details["Chuỗi chứng thư"].startswith("Trần Văn Khác · ")
    assert "gốc được bệnh viện tin" in details["Chuỗi chứng thư"]
    assert details["Thêm vào sau chữ ký"] == "Không có gì"
    assert "byte đầu" in details["Chữ ký này bao trùm"]


def test_an_authority_that_nobody_knows_here_is_said_and_not_called_wrong(
        explain: Explain, doctors_token: DoctorsToken, tmp_path: Path) -> None:
    said = explain(lambda model: model.file(from_elsewhere(tmp_path, doctors_token, known=False))).signatures[0]
    assert (said.answer, said.headline) == ("unknown", "Chưa đủ căn cứ để kết luận")
    assert "không có trong danh sách tin cậy" in dict(said.details)["Chuỗi chứng thư"]


def test_a_changed_file_of_another_program_is_not_valid(
        explain: Explain, doctors_token: DoctorsToken, tmp_path: Path) -> None:
    path = from_elsewhere(tmp_path, doctors_token, known=True)
    file = path.read_bytes()
    place = file.index(b"Producer")
    path.write_bytes(file[:place] + b"Q" + file[place + 1:])
    said = explain(lambda model: model.file(path)).signatures[0]
    assert (said.answer, said.headline) == ("no", "Chữ ký không hợp lệ")


def test_our_own_files_tell_chain_and_cover_too(explain: Explain, signed: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(signed)
    details = dict(explain(lambda model: model.file(path)).signatures[0].details)
    assert details["Chuỗi chứng thư"].startswith("Lê Thu Hà · ")
    assert f"{len(signed):,}".replace(",", ".") in details["Chữ ký này bao trùm"]
    assert details["Thuật toán"].startswith("RSA")
    assert details["Thêm vào sau chữ ký"] == "Không có gì"


@pytest.mark.parametrize("ours", [True, False])
def test_the_report_carries_answers_certificates_hashes_and_receipt(
        explain: Explain, signed: bytes, little: LittleServer, room: Room, doctors_token: DoctorsToken, tmp_path: Path,
        ours: bool) -> None:
    import pikepdf

    from workstation.models.explain_report import report_of

    if ours:
        view = seen_by_server(signed, little)
        little.receipts[view.file] = receipt_by(SERVER_KEY, explain(lambda model: model.entry(view, "x")).verdict)
        found = explain(lambda model: model.entry(view, "Tờ điều trị, lần ghi 01:10"))
    else:
        found = explain(lambda model: model.file(from_elsewhere(tmp_path, doctors_token, known=True)))
    printed = report_of(found, room.desk.account, AT)
    path = tmp_path / "report.pdf"
    path.write_bytes(printed.pdf)
    text = " ".join(subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True,
                                   check=True).stdout.split())
    assert found.signatures[0].headline in text
    assert found.verdict.file_sha256[:32] in text
    assert "Trang đúng dữ liệu?" in text
    with pikepdf.open(path) as document:
        inside = {name: bytes(spec.get_file().read_bytes()) for name, spec in document.attachments.items()}
    certificates = [inside[name] for name in sorted(inside) if name.endswith(".cer")]
    assert certificates == list(found.certificates)
    assert len(certificates) == 3
    assert b'"good"' in inside["ket-qua.json"]
    assert ("bien-nhan.json" in inside) is ours
    if ours:
        assert inside["bien-nhan.json"] == little.receipts[found.verdict.file_sha256]
    # R40: the print of a report is told of the entry that it is about; of a stranger's file there is nobody to tell of.
    assert found.verdict.version is not None or not ours
    entry = found.verdict.version.entry if ours and found.verdict.version is not None else None
    assert (printed.entry, printed.report) == (entry, True)


def test_a_name_in_a_script_that_the_paper_lacks_does_not_stop_the_report(
        explain: Explain, signed: bytes, room: Room, tmp_path: Path) -> None:
    from workstation.models.explain_report import report_of

    path = tmp_path / "病历 (✓).pdf"
    path.write_bytes(signed)
    assert report_of(explain(lambda model: model.file(path)), room.desk.account, AT).pdf.startswith(b"%PDF-")


def test_a_record_of_another_hospital_whose_authority_nobody_knows_here_is_not_called_wrong(
        room: Room, signed: bytes, tmp_path: Path, qtbot: QtBot) -> None:
    """The same file is a no in its own hospital, where everybody's authority is known."""
    path = tmp_path / "a.pdf"
    path.write_bytes(signed)
    answers = {}
    for code in ("99001", "01001"):
        model = ExplainModel(replace(room.desk, account=account(trust_roots=(), facility_code=code)), room.desk.sync)
        with qtbot.waitSignal(model.explained, timeout=20_000) as told:
            model.file(path)
        said = told.args[0].signatures[0]
        answers[code] = (said.answer, next(one.answer for one in said.questions if one.question == "Đúng người ký?"))
        assert dict(said.details)["Cơ sở"] == hospital.FACILITY
    assert answers == {"99001": ("no", "no"), "01001": ("unknown", "unknown")}


def test_a_record_whose_data_was_taken_out_is_no_innocent_letter(
        explain: Explain, signed: bytes, tmp_path: Path) -> None:
    """Without its version the strict judge is not asked; the signature itself must then tell."""
    import io

    import pikepdf
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    rewritten, path = io.BytesIO(), tmp_path / "a.pdf"
    with pikepdf.open(io.BytesIO(signed)) as document:
        del document.Root.Names
        document.save(rewritten)
    writer, grown = IncrementalPdfFileWriter(io.BytesIO(signed)), io.BytesIO()
    del writer.root["/Names"]
    writer.update_root()  # type: ignore[no-untyped-call]
    writer.write(grown)  # type: ignore[no-untyped-call]
    for file in (rewritten, grown):
        path.write_bytes(file.getvalue())
        found = explain(lambda model: model.file(path))
        assert found.verdict.elsewhere
        assert (found.signatures[0].answer, found.signatures[0].headline) == ("no", "Chữ ký không hợp lệ")


def test_two_signatures_of_one_person_are_told_apart(
        explain: Explain, doctors_token: DoctorsToken, tmp_path: Path) -> None:
    from tests.records.test_elsewhere import Office, page
    from tests.records.test_elsewhere import signed as signed_by_another

    office = Office(doctors_token.root, doctors_token.issuing, doctors_token.issued)
    path = tmp_path / "b.pdf"
    path.write_bytes(signed_by_another(signed_by_another(page(), office.signer()), office.signer(), "Sig2"))
    first, second = (dict(said.details) for said in explain(lambda model: model.file(path)).signatures)
    assert first["Thêm vào sau chữ ký"].startswith("Chữ ký của Lê Thu Hà")
    assert second["Thêm vào sau chữ ký"] == "Không có gì"
    assert first["Chữ ký này bao trùm"] != second["Chữ ký này bao trùm"]


@cache
def _stamps() -> Issued:
    """The root that the other office's stamps come from; made by who needs it, not by each worker that reads this."""
    return make_root("Gốc nơi khác")


STAMPED = "Dấu thời gian của tệp"


def stamped_letter(at: datetime) -> bytes:
    """A letter of another office, its whole file stamped by that office's authority."""
    root = _stamps()
    office = Office(root, root, issue_person(make_issuing(root, "CA nơi khác"), "Trần Văn Khác", "001199000001"))
    letter = foreign_signed(foreign_page(), office.signer())
    return stamped(letter, issue_stamper(root, "Dấu thời gian nơi khác"), at)


def test_the_stamp_over_a_foreign_file_is_told_in_plain_words(explain: Explain, tmp_path: Path) -> None:
    path = tmp_path / "thu.pdf"
    path.write_bytes(stamped_letter(datetime.now(UTC)))
    found = explain(lambda model: model.file(path))
    said = found.signatures[0]
    (asked,) = (one for one in said.questions if one.question == STAMPED)
    assert asked.answer == "unknown"
    assert "Dấu thời gian nơi khác" in asked.words
    assert "không có trong danh sách tin cậy" in dict(said.details)[STAMPED]
    assert f"({len(found.pdf):,} byte đầu)".replace(",", ".") in dict(said.details)[STAMPED]
    assert sum(Certificate(der).name == "Dấu thời gian nơi khác" for der in found.certificates) == 1


def test_a_trusted_stamp_and_a_broken_one_are_told_apart() -> None:
    at = datetime.now(UTC)
    file, known = stamped_letter(at), Trust((_stamps().der,))
    good_said = explain_words.explain(judge_elsewhere(file, known, at), None, explain_words.ReceiptSeen())[0]
    (asked,) = (one for one in good_said.questions if one.question == STAMPED)
    assert asked.answer == "yes"
    assert "nơi cấp được bệnh viện tin" in dict(good_said.details)[STAMPED]
    assert "đóng cho cả tệp" in dict(good_said.details)["Dấu thời gian"]
    begin = file.rindex(b"/Contents <") + 11
    token = bytes.fromhex(file[begin:file.index(b">", begin)].decode())
    year = f"{at:%Y%m%d%H%M%S}".encode()
    forged = token.replace(year, b"2016" + year[4:], 1)
    broken = file[:begin] + forged.hex().encode() + file[begin + 2 * len(token):]
    said = explain_words.explain(judge_elsewhere(broken, known, at), None, explain_words.ReceiptSeen())[0]
    assert (said.answer, said.headline) == ("no", "Chữ ký đúng, nhưng dấu thời gian của tệp không đúng")
    assert "phần đã ký chưa bị đổi" in said.sentence
    assert dict(said.details)[STAMPED].startswith("KHÔNG ĐÚNG")
