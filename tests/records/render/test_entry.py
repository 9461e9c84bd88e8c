"""The paper of one entry: judged by qpdf, by a PDF/A checker, and by what pdftotext reads from it."""

from __future__ import annotations

import io
import json
import re
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from records import canonical, forms, render
from records.errors import Refusal
from records.forms import Form
from records.render.entry import draw_entry
from tests.records.render import pages

VERSIONS = sorted((Path(__file__).parents[2] / "vectors" / "pages").glob("*_*.json"))


def text_of(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-layout", "-enc", "UTF-8", "-", "-"], input=pdf, capture_output=True,
                          check=True)
    return done.stdout.decode()


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_qpdf_finds_nothing_wrong(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "entry.pdf"
    file.write_bytes(render.render_entry(canonical.decode(path.read_bytes())))
    done = subprocess.run(["qpdf", "--check", str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_the_page_is_pdf_a_3b(path: Path) -> None:
    pytest.importorskip("jsonschema", reason="pikepdf[pdfa] is not installed")
    pytest.importorskip("referencing", reason="pikepdf[pdfa] is not installed")
    from pikepdf import pdfa

    with pikepdf.open(io.BytesIO(render.render_entry(canonical.decode(path.read_bytes())))) as document:
        # The checker approves only what it knows, and knows neither forms nor attachments: they are tested below.
        unknown = {finding.message for finding in pdfa.check(document, "3b").findings}
        assert unknown == {"interactive forms (/AcroForm) are not supported", "embedded files are not supported"}
        for key in ("/AcroForm", "/Names", "/AF"):
            del document.Root[key]
        for page in document.pages:
            if "/Annots" in page.obj:
                del page.obj["/Annots"]
        assert list(pdfa.check(document, "3b").findings) == []


def test_the_file_claims_pdf_a_3b_in_vietnamese_with_fonts_and_profile_inside() -> None:
    with pikepdf.open(io.BytesIO(render.render_entry(pages.version()))) as document:
        with document.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "B")
            assert metadata["dc:title"].startswith("Lần ghi tờ điều trị - Nguyễn Thị Thanh Hương")
        assert str(document.Root.Lang) == "vi"
        (intent,) = document.Root.OutputIntents
        assert intent.S == "/GTS_PDFA1"
        assert intent.DestOutputProfile.read_bytes()[36:40] == b"acsp"
        for font in document.pages[0].Resources.Font.values():
            assert "/FontFile2" in font.FontDescriptor
            assert "/ToUnicode" in font


def test_the_canonical_json_is_attached_as_data() -> None:
    version = pages.version()
    with pikepdf.open(io.BytesIO(render.render_entry(version))) as document:
        (file,) = document.Root.AF
        assert file.AFRelationship == "/Data"
        assert str(file.UF) == render.VERSION_FILE
        assert file.EF.F.Subtype == "/application/json"
        assert file.EF.F.read_bytes() == canonical.encode(version)
        assert document.attachments[render.VERSION_FILE].get_file().read_bytes() == canonical.encode(version)


def test_a_second_attachment_stands_beside_the_data() -> None:
    cda = render.Attachment("cda.xml", b"<ClinicalDocument/>", "application/xml", "Alternative", "HL7 CDA R2")
    with pikepdf.open(io.BytesIO(render.render_entry(pages.version(), [cda]))) as document:
        assert [str(file.AFRelationship) for file in document.Root.AF] == ["/Data", "/Alternative"]
        assert document.attachments["cda.xml"].get_file().read_bytes() == b"<ClinicalDocument/>"


def test_a_reader_finds_the_vietnamese_words_on_the_page() -> None:
    text = flat(text_of(render.render_entry(pages.version())))
    for words in ("PHIẾU THEO DÕI ĐIỀU TRỊ", "MS: 36/BV-02", "NGUYỄN THỊ THANH HƯƠNG", "12/03/1958 (68 tuổi)",
                  "22/11/2026 08:30", "ăn được ½ suất cháo", "SpO₂ 96 %", "CURB-65 ≤ 1", "Trang 1/1",
                  "1. Thuốc: Ceftriaxone 1 g, bột pha tiêm, 2 lọ, tiêm tĩnh mạch, 1 lần/ngày, 09:00, số ngày 5",
                  "Lần ghi 0193565e-1f00-7000-8000-0000000000aa · phiên bản 1"):
        assert words in text


def test_a_long_text_breaks_over_pages_with_nothing_lost() -> None:
    told = [f"từ{number}" for number in range(4000)]
    long = pages.version(values={**pages.ROW, "subjective": " ".join(told), "plan": "x" * 3000})
    text = text_of(render.render_entry(long))
    assert re.findall(r"từ\d+", text) == told
    assert text.count("x") >= 3000
    total = text.count("\f")
    assert total > 5
    for number in range(1, total + 1):
        assert f"Trang {number}/{total}" in text
    assert text.count("Mã NB: 26001234") >= total


def test_a_text_of_a_megabyte_is_printed_whole() -> None:
    long = pages.version(values={**pages.ROW, "subjective": "một dòng. " * 100_000})
    assert len(render.render_entry(long)) > 100_000


def test_a_correction_says_its_version_and_reason() -> None:
    corrected = pages.version(version=2, correction={"reason": "Ghi nhầm liều", "of_version": 1, "of_sha256": "c" * 64})
    text = flat(text_of(render.render_entry(corrected)))
    assert "Bản sửa, phiên bản 2, thay phiên bản 1" in text
    assert "Lý do sửa: Ghi nhầm liều" in text


def test_every_page_of_a_training_entry_says_so() -> None:
    long = {**pages.ROW, "subjective": "dài " * 3000}
    text = text_of(render.render_entry(pages.version(training=True, values=long)))
    assert all("BẢN TẬP HUẤN" in page for page in text.split("\f")[:-1])
    assert "BẢN TẬP HUẤN" not in text_of(render.render_entry(pages.version()))


def test_a_gathering_entry_lists_what_it_gathers() -> None:
    (path,) = [path for path in VERSIONS if path.stem.endswith("_closing")]
    version = canonical.decode(path.read_bytes())
    text = flat(text_of(render.render_entry(version)))
    for item in version.values["gathered"]:
        assert item["entry"] in text
        assert item["sha256"] in text
    assert "B. Tổng kết bệnh án" in text


def test_a_narrative_form_keeps_the_ministrys_numbers_even_where_nothing_is_written() -> None:
    (path,) = [path for path in VERSIONS if path.stem.endswith("_cover")]
    text = flat(text_of(render.render_entry(canonical.decode(path.read_bytes()))))
    for number in range(1, 30):
        assert re.search(rf"\b{number}\. \w", text), number


@pytest.mark.parametrize("text", ["đau 🤒", "a\u0000b", "zero\u200bwidth", "\u202eđảo", "汉字"])
def test_what_the_font_cannot_write_is_refused_and_never_left_out(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        render.render_entry(pages.version(values={**pages.ROW, "plan": text}))
    assert caught.value.reasons[0].code == "glyph_missing"
    assert render.missing_glyphs(text)
    assert render.missing_glyphs("Đủ chữ: ≤ ≥ ° ² ³ ₂ µ × – — “ ” … ½ ↑ → α β ♀ \t\n\u00a0") == ()


def test_decomposed_letters_print_as_the_composed_ones() -> None:
    values = {**pages.ROW, "plan": unicodedata.normalize("NFD", str(pages.ROW["plan"]))}
    assert render.render_entry(pages.version(values=values)) == render.render_entry(pages.version())


@pytest.mark.parametrize("values", [{"orders": "text"}, {"diagnosis": "text"}, {"orders": [1]}])
def test_values_of_the_wrong_shape_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as caught:
        render.render_entry(pages.version(values=values))
    assert caught.value.reasons[0].code == "values_unprintable"


def test_a_renderer_that_this_build_does_not_have_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        render.render_entry(pages.version(renderer="99"))
    assert caught.value.reasons[0].code == "renderer_unknown"


def test_each_slot_has_an_empty_field_of_the_marks_size_inside_the_page() -> None:
    for path in VERSIONS:
        version = canonical.decode(path.read_bytes())
        kind = forms.form(version.form.code, version.form.edition).kind(version.form.kind)
        places = render.slot_places(render.render_entry(version))
        # The patient's box is no field: their confirmation is a document of its own (R7).
        assert set(places) == {render.slot_field(slot.key) for slot in kind.slots
                               if slot.holder is not forms.Holder.PATIENT}
        for place in places.values():
            left, low, right, high = place.rect
            assert (round(right - left, 2), round(high - low, 2)) == render.MARK_SIZE
            assert 0 < left < right < 595
            assert 0 < low < high < 842


def test_a_form_with_many_slots_keeps_them_apart() -> None:
    form = forms.form("36/BV2", "2024-01-01").model_dump()
    slot = form["kinds"][0]["slots"][0]
    form["kinds"][0]["slots"] = [{**slot, "key": f"s{number}", "label": f"Chỗ ký {number}"} for number in range(9)]
    places = list(render.slot_places(draw_entry(pages.version(), Form.model_validate(form))).values())
    assert len(places) == 9
    for index, one in enumerate(places):
        for other in places[index + 1:]:
            apart = (one.page != other.page or one.rect[2] <= other.rect[0] or other.rect[2] <= one.rect[0]
                     or one.rect[3] <= other.rect[1] or other.rect[3] <= one.rect[1])
            assert apart


def test_a_mark_tells_all_that_it_must(tmp_path: Path) -> None:
    text = flat(text_of(render.mark_appearance(pages.mark(training=True))))
    for words in ("Ký bởi: Trần Quốc Bảo", "Bác sĩ chuyên khoa I", "22/11/2026 08:42:03",
                  "Số chứng thư: 540110AB33F0A2", "Cấp bởi: CA Tập huấn Bệnh Án", "BẢN TẬP HUẤN"):
        assert words in text
    with pikepdf.open(io.BytesIO(render.mark_appearance(pages.mark()))) as document:
        assert [float(value) for value in document.pages[0].MediaBox[2:]] == list(render.MARK_SIZE)


def test_a_mark_with_a_very_long_name_is_made_smaller_not_cut() -> None:
    name = "Nguyễn Phúc Công Tằng Tôn Nữ " * 4
    assert flat(name) in flat(text_of(render.mark_appearance(pages.mark(full_name=name))))


def test_the_digests_file_is_sorted_json() -> None:
    file = VERSIONS[0].parent / "digests.json"
    assert file.read_text("utf-8") == json.dumps(json.loads(file.read_text("utf-8")), indent=1, sort_keys=True) + "\n"
