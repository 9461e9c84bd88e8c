"""Damaged and forged files, each by a small named function that begins with a good one."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import timedelta

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from records import canonical, render
from tests.forgeries import containers, people
from tests.forgeries.signing import (
    Change,
    dictionary,
    flipped,
    gap,
    good,
    good_with_two,
    mark_of,
    number,
    relaid,
    rewrite_root,
    show,
    signed,
    updated,
)

OVERLAY = b"q 1 1 1 rg 50 300 500 300 re f Q BT /F1+0 12 Tf 60 400 Td (x) Tj ET"


# ------------------------------------------------------------------------------------------------ a byte changed

def byte_flipped_in_page_stream() -> bytes:
    file = good()
    number = file[file.index(b"/Contents ") + 10:].split()[0]
    return flipped(file, file.index(b"stream", file.index(b"\n%s 0 obj" % number)) + 60)


def byte_flipped_in_attachment() -> bytes:
    file = good()
    return flipped(file, file.index(b"stream", file.index(b"/EmbeddedFile")) + 40)


def byte_flipped_in_mark() -> bytes:
    file = good()
    return flipped(file, file.index(b"stream", file.index(b"/Subtype /Form", file.index(b"%%EOF"))) + 30)


def byte_flipped_in_signer_name() -> bytes:
    file = good()
    return flipped(file, file.rindex(b"/Name (") + 12)


def byte_flipped_in_signature_value() -> bytes:
    file = good()
    begin, end = gap(file)
    return _digit_changed(file, begin + len(file[begin:end].rstrip(b"0")) - 40)


def _digit_changed(file: bytes, at: int) -> bytes:
    """The next even hexadecimal digit made odd, so that it stays a digit."""
    return flipped(file, next(index for index in range(at, at + 40) if file[index] in b"02468"))


def byte_flipped_in_padding() -> bytes:
    file = good()
    return flipped(file, gap(file)[1] - 100)


def letter_case_of_a_digit_changed() -> bytes:
    file = good()
    begin, end = gap(file)
    at = next(index for index in range(begin + 3000, end) if file[index:index + 1].isalpha())
    return flipped(file, at, 0x20)


def byte_flipped_in_issuing_certificate() -> bytes:
    """In the issuer's own signature on a certificate that the document's signature does not cover."""
    file = good()
    inside = people.issuing().der[-220:-200].hex()
    at = max(file.find(inside.encode(), gap(file)[0]), file.find(inside.upper().encode(), gap(file)[0]))
    return _digit_changed(file, at)


def byte_flipped_in_cross_reference_table() -> bytes:
    file = good()
    return flipped(file, file.rindex(b"xref\n0 ") + 60)


def bytes_after_the_end() -> bytes:
    return good() + b"% and one more thing\n"


def newline_after_the_end() -> bytes:
    return good() + b"\n"


def cut_short() -> bytes:
    return good()[:-700]


def not_a_pdf() -> bytes:
    return b"PK\3\4" + b"not a PDF at all" * 50


def empty() -> bytes:
    return b""


# ------------------------------------------------------------------------ changed before or while it is signed

def _page(writer: IncrementalPdfFileWriter) -> generic.DictionaryObject:
    page = writer.root["/Pages"]["/Kids"][0]
    assert isinstance(page, generic.DictionaryObject)
    return page


def _widget(writer: IncrementalPdfFileWriter, index: int = 0) -> generic.DictionaryObject:
    widget = writer.root["/AcroForm"]["/Fields"][index]
    assert isinstance(widget, generic.DictionaryObject)
    return widget


def _overlaid(writer: IncrementalPdfFileWriter) -> None:
    page = _page(writer)
    extra = writer.add_object(generic.StreamObject(stream_data=OVERLAY))
    page[pdf_name("/Contents")] = generic.ArrayObject([page.raw_get("/Contents"), extra])
    writer.update_container(page)


def _while_signing(change: Change) -> bytes:
    version = people.row()
    mark = mark_of(version, "doctor", people.doctor())
    return signed(render.render_entry(version), "doctor", people.doctor(), mark, change=change)


def _after_rendering(edit: Callable[[int, bytes], bytes]) -> bytes:
    version = people.row()
    mark = mark_of(version, "doctor", people.doctor())
    return signed(relaid(render.render_entry(version), edit), "doctor", people.doctor(), mark)


def overlay_in_the_signing_revision() -> bytes:
    """Passes pdfsig and pyHanko: they ask what was added after the signature, not what stood there before."""
    return _while_signing(_overlaid)


def page_changed_after_rendering() -> bytes:
    """The page stream is another, the attached data are not."""
    def edit(number: int, data: bytes) -> bytes:
        head, _, rest = data.partition(b"stream\n")
        if b"/Filter" not in head or b"/Type" in head or b"/Length1" in head:
            return data
        body = rest[:rest.rindex(b"\nendstream") if b"\nendstream" in rest else rest.rindex(b"endstream")]
        try:
            content = zlib.decompress(body)
        except zlib.error:
            return data
        if b" re" not in content:
            return data
        packed = zlib.compress(content + b"\n" + OVERLAY)
        return b"%d 0 obj\n<<\n/Filter [ /FlateDecode ] /Length %d\n>>\nstream\n%s\nendstream\nendobj\n" % (
            number, len(packed), packed)

    return _after_rendering(edit)


def moved_widget() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        widget = _widget(writer)
        widget["/Rect"] = generic.ArrayObject([number(float(v) + 90) for v in widget["/Rect"]])

    return _while_signing(change)


def oversized_widget() -> bytes:
    """The mark covers the page."""
    def change(writer: IncrementalPdfFileWriter) -> None:
        _widget(writer)["/Rect"] = generic.ArrayObject([number(v) for v in (0, 0, 595, 842)])

    return _while_signing(change)


def hidden_widget() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        _widget(writer)["/F"] = number(134)

    return _while_signing(change)


def oversized_mark() -> bytes:
    """The widget keeps its place, its form draws far beyond (the box says where it may be seen)."""
    def change(writer: IncrementalPdfFileWriter) -> None:
        form = _widget(writer)["/AP"]["/N"]
        form["/BBox"] = generic.ArrayObject([number(v) for v in (-400, -700, 700, 700)])

    return _while_signing(change)


def mark_with_a_second_appearance() -> bytes:
    """Another picture when the mouse passes over."""
    def change(writer: IncrementalPdfFileWriter) -> None:
        appearance = _widget(writer)["/AP"]
        appearance[pdf_name("/R")] = appearance.raw_get("/N")

    return _while_signing(change)


def foreign_annotation() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        box = [number(v) for v in (50, 300, 550, 600)]
        note = writer.add_object(dictionary({
            "/Type": pdf_name("/Annot"), "/Subtype": pdf_name("/Square"),
            "/Rect": generic.ArrayObject(box),
            "/IC": generic.ArrayObject([number(1)] * 3),
        }))
        page["/Annots"].append(note)
        writer.update_container(page)

    return _while_signing(change)


def widget_taken_off_the_page() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        page[pdf_name("/Annots")] = generic.ArrayObject([])
        writer.update_container(page)

    return _while_signing(change)


def mark_of_another_person() -> bytes:
    """The signature is the doctor's, the mark shows a colleague."""
    version = people.row()
    mark = mark_of(version, "doctor", people.doctor())
    other = mark.model_copy(update={"full_name": "Phạm Thị Lan"})
    return signed(render.render_entry(version), "doctor", people.doctor(), mark, shown=other)


def mark_with_another_time() -> bytes:
    version = people.row()
    mark = mark_of(version, "doctor", people.doctor())
    earlier = mark.model_copy(update={"signed_at": mark.signed_at - timedelta(days=1)})
    return signed(render.render_entry(version), "doctor", people.doctor(), mark, shown=earlier)


def name_of_another_person() -> bytes:
    """Mark and dictionary agree on a name that the certificate does not have."""
    version = people.row()
    mark = mark_of(version, "doctor", people.doctor(), name="Phạm Thị Lan")
    return signed(render.render_entry(version), "doctor", people.doctor(), mark)


def mark_in_an_unsigned_slot() -> bytes:
    """The director's box shows a mark although only the head of ward signed."""
    version = people.cover()
    mark = mark_of(version, "ward_head", people.ward_head(), title=people.HEAD_TITLE)
    forged = mark_of(version, "director", people.director(), title=people.DIRECTOR_TITLE)

    def change(writer: IncrementalPdfFileWriter) -> None:
        show(writer, _widget(writer, 1), forged)

    return signed(render.render_entry(version), "ward_head", people.ward_head(), mark, change=change)


def script_that_runs_on_opening() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.root["/OpenAction"] = dictionary({
            "/S": pdf_name("/JavaScript"), "/JS": generic.pdf_string("app.alert(1)")})
        rewrite_root(writer)

    return _while_signing(change)


def metadata_changed() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        stream = generic.StreamObject(stream_data=b"<x/>")
        stream[pdf_name("/Type")], stream[pdf_name("/Subtype")] = pdf_name("/Metadata"), pdf_name("/XML")
        writer.root["/Metadata"] = writer.add_object(stream)
        rewrite_root(writer)

    return _while_signing(change)


def page_turned() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        page[pdf_name("/Rotate")] = number(180)
        writer.update_container(page)

    return _while_signing(change)


def page_added() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        tree, page = writer.root["/Pages"], dictionary(dict(_page(writer)))
        page.pop("/Annots", None)
        tree["/Kids"].append(writer.add_object(page))
        tree["/Count"] = number(2)
        writer.update_container(tree)

    return _while_signing(change)


def another_field() -> bytes:
    """A second field that is on no page."""
    def change(writer: IncrementalPdfFileWriter) -> None:
        form = writer.root["/AcroForm"]
        form["/Fields"].append(writer.add_object(dictionary({
            "/FT": pdf_name("/Tx"), "/T": generic.pdf_string("more")})))
        writer.update_container(form)

    return _while_signing(change)


def object_smuggled_in() -> bytes:
    """Something that no reader shows and no verifier mentions."""
    return _while_signing(lambda writer: _hide(writer, b"hidden" * 100))


def _hide(writer: IncrementalPdfFileWriter, data: bytes) -> None:
    writer.add_object(generic.StreamObject(stream_data=data))


def second_attachment() -> bytes:
    version = people.row()
    more = render.Attachment("readme.txt", b"hello", "text/plain", "Supplement")
    pdf = render.render_entry(version, [more])
    return signed(pdf, "doctor", people.doctor(), mark_of(version, "doctor", people.doctor()))


def _attach(writer: IncrementalPdfFileWriter, data: bytes) -> None:
    specification = writer.root["/AF"][0]
    stream = generic.StreamObject(stream_data=data)
    old = specification["/EF"]["/F"]
    for key in ("/Type", "/Subtype", "/Params"):
        stream[pdf_name(key)] = old.raw_get(key)
    reference = writer.add_object(stream)
    specification["/EF"] = dictionary({"/F": reference, "/UF": reference})
    writer.update_container(specification)


def attachment_swapped_while_signing() -> bytes:
    """The page says one thing, the attached data another."""
    other = people.row(values={"diagnosis": {"text": "Cúm", "code": "J11"}, "plan": "Cho ra viện."})
    return _while_signing(lambda writer: _attach(writer, canonical.encode(other)))


def attachment_not_canonical() -> bytes:
    data = canonical.encode(people.row())
    return _while_signing(lambda writer: _attach(writer, data.replace(b'":', b'": ', 1)))


def attachment_taken_out() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        del writer.root["/Names"]
        rewrite_root(writer)

    return _while_signing(change)


# ----------------------------------------------------------------------------------- changed after it was signed

def later_update_changes_the_page() -> bytes:
    return updated(good(), _overlaid)


def later_update_hides_the_mark() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        widget = _widget(writer)
        widget["/F"] = number(2)
        writer.update_container(widget)

    return updated(good(), change)


def later_update_replaces_the_page() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        page[pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=OVERLAY))
        writer.update_container(page)

    return updated(good(), change)


def later_update_hides_and_replaces() -> bytes:
    """What was signed is hidden, and another page is put in its place, in one update (a shadow attack)."""
    def change(writer: IncrementalPdfFileWriter) -> None:
        widget, page = _widget(writer), _page(writer)
        widget["/F"] = number(2)
        writer.update_container(widget)
        page[pdf_name("/Contents")] = writer.add_object(generic.StreamObject(stream_data=OVERLAY))
        writer.update_container(page)

    return updated(good(), change)


def later_update_swaps_the_attachment() -> bytes:
    other = people.row(values={"diagnosis": {"text": "Cúm", "code": "J11"}, "plan": "Cho ra viện."})
    return updated(good(), lambda writer: _attach(writer, canonical.encode(other)))


def later_update_of_nothing() -> bytes:
    """A revision that writes the catalogue again as it was."""
    return updated(good(), rewrite_root)


def later_update_takes_the_signature_back() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        widget = _widget(writer)
        del widget["/V"]
        writer.update_container(widget)

    return updated(good(), change)


def _first_signed(change: Change | None = None) -> bytes:
    version = people.cover()
    mark = mark_of(version, "ward_head", people.ward_head(), title=people.HEAD_TITLE)
    return signed(render.render_entry(version), "ward_head", people.ward_head(), mark, change=change)


def _then_signed(pdf: bytes, change: Change | None = None) -> bytes:
    mark = mark_of(people.cover(), "director", people.director(), title=people.DIRECTOR_TITLE)
    return signed(pdf, "director", people.director(), mark, change=change)


def second_signature_changes_the_page() -> bytes:
    return _then_signed(_first_signed(), _overlaid)


def first_signature_saw_another_page() -> bytes:
    """The head of ward signed a page with an overlay; the director's revision takes it off again."""
    def taken_off(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        page[pdf_name("/Contents")] = page.raw_get("/Contents").raw_get(0)
        writer.update_container(page)

    return _then_signed(_first_signed(_overlaid), taken_off)


def update_between_two_signatures() -> bytes:
    """A revision of its own between the signatures shows another page; the next one restores it."""
    def taken_off(writer: IncrementalPdfFileWriter) -> None:
        page = _page(writer)
        page[pdf_name("/Contents")] = page.raw_get("/Contents").raw_get(0)
        writer.update_container(page)

    return _then_signed(updated(_first_signed(), _overlaid), taken_off)


def second_signature_rewrites_the_first() -> bytes:
    def change(writer: IncrementalPdfFileWriter) -> None:
        value = _widget(writer, 0)["/V"]
        writer.update_container(value)

    return _then_signed(_first_signed(), change)


def second_signature_changes_the_first_mark() -> bytes:
    other = mark_of(people.cover(), "ward_head", people.ward_head(), name="Phạm Thị Lan", title=people.HEAD_TITLE)
    return _then_signed(_first_signed(), lambda writer: show(writer, _widget(writer, 0), other))


def byte_range_leaves_more_out() -> bytes:
    """The gap of the byte range reaches over the end of the signature's value."""
    file = good()
    begin, end = gap(file)
    old = b"/ByteRange [0 %d %d %d]" % (begin - 1, end + 1, len(file) - end - 1)
    new = b"/ByteRange [0 %d %d %d]" % (begin - 1, end + 11, len(file) - end - 11)
    return file.replace(old, new.ljust(len(old)))


def second_good_file_behind() -> bytes:
    return good() + good_with_two()


# --------------------------------------------------------------------------------------------- certificates

def by_a_strange_authority() -> bytes:
    return good(people.stranger)


def by_a_certificate_that_signs_itself() -> bytes:
    return good(people.self_made)


def by_an_expired_certificate() -> bytes:
    return good(people.expired)


def before_the_certificate_is_valid() -> bytes:
    return good(people.not_yet_valid)


def by_a_certificate_for_encryption() -> bytes:
    return good(people.for_encryption)


def by_a_certificate_for_sign_in() -> bytes:
    return good(people.for_sign_in_only)


def by_a_weak_key() -> bytes:
    return good(people.weak)


def by_a_colleague() -> bytes:
    """A good certificate, but not the author's, in the author's slot."""
    return good(people.colleague)


def with_another_persons_certificate_inside() -> bytes:
    """The namesake's certificate is put into the doctor's signature."""
    return _with_container(containers.with_certificate_of_namesake)


def without_binding_to_the_certificate() -> bytes:
    return _with_container(containers.without_binding)


def with_sha1() -> bytes:
    return _with_container(containers.with_sha1)


def with_unsigned_attribute() -> bytes:
    return _with_container(containers.with_unsigned_attribute)


def with_a_spare_certificate() -> bytes:
    return _with_container(containers.with_spare_certificate)


def without_a_signature_inside() -> bytes:
    return _with_container(lambda digest: b"\x30\x03\x02\x01\x01")


def _with_container(cms: Callable[[bytes], bytes]) -> bytes:
    version = people.row()
    mark = mark_of(version, "doctor", people.doctor())
    return signed(render.render_entry(version), "doctor", people.doctor(), mark, cms=cms)


# ------------------------------------------------------------------------------------------------------- time

def signed_in_the_future() -> bytes:
    version = people.row()
    mark = mark_of(version, "doctor", people.doctor(), at=people.NOW + timedelta(minutes=10))
    return signed(render.render_entry(version), "doctor", people.doctor(), mark)


def signed_before_it_was_written() -> bytes:
    version = people.row()
    mark = mark_of(version, "doctor", people.doctor(), at=people.WRITTEN - timedelta(minutes=10))
    return signed(render.render_entry(version), "doctor", people.doctor(), mark)


def director_before_the_head_of_ward() -> bytes:
    """The form's order is head of ward, then director (R17)."""
    version = people.cover()
    mark = mark_of(version, "director", people.director(), title=people.DIRECTOR_TITLE)
    return signed(render.render_entry(version), "director", people.director(), mark)


def second_signature_before_the_first() -> bytes:
    version = people.cover()
    first = mark_of(version, "ward_head", people.ward_head(), title=people.HEAD_TITLE,
                    at=people.SIGNED + timedelta(minutes=10))
    once = signed(render.render_entry(version), "ward_head", people.ward_head(), first)
    return _then_signed(once)


def without_a_signature() -> bytes:
    return render.render_entry(people.row())
