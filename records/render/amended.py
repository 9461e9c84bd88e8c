"""What paper says of a version that corrects, restores, replaces or adds to something: what, why and who."""

from __future__ import annotations

from collections.abc import Sequence

from records.entries import Correction, Version
from records.forms import Amending, EntryKind
from records.render.words import moment

RELATIONS = {"replaces": "Cấp lại, thay cho", "appends": "Phụ lục, bổ sung cho"}


def amended_lines(version: Version, kind: EntryKind) -> tuple[str, ...]:
    """The lines of the frame below the heading of an entry's page (R32, R34, R36, R37); none for a plain first one."""
    lines = list(relation_lines(version))
    if (correction := version.correction) is not None:
        lines.append(f"{_head(version, kind, correction)} (SHA-256 {correction.of_sha256[:16]}…). "
                     f"Lý do: {correction.reason}")
        lines.append(f"{fields_line(kind, correction)} Phiên bản {correction.of_version} được lưu và xem được.")
        lines.append(_people(version, correction))
    return tuple(lines)


def amended_note(version: Version, kind: EntryKind) -> str:
    """The same as one line of a sheet, where room is scarce."""
    lines = list(relation_lines(version))
    if (correction := version.correction) is not None:
        lines.append(f"{_head(version, kind, correction)}. Lý do: {correction.reason}.")
        lines.append(fields_line(kind, correction))
        lines.append(_people(version, correction))
    return " ".join(line for line in lines if line)


def relation_lines(version: Version) -> Sequence[str]:
    """What the entry stands for or adds to, and why."""
    relation = version.relates_to
    if relation is None:
        return ()
    told = (f"{RELATIONS[relation.code]} {relation.named}, phiên bản {relation.version} "
            f"(SHA-256 {relation.sha256[:16]}…). Lý do: {relation.reason}")
    return (told,)


def fields_line(kind: EntryKind, correction: Correction) -> str:
    """Which fields differ from the version before, by their labels."""
    if correction.changed is None:
        return ""
    labels = {field.key: field.label for field in kind.fields}
    names = ", ".join(labels.get(key, key) for key in correction.changed)
    word = "Mục khác bản trước" if correction.restores is not None else "Mục sửa"
    return f"{word}: {names}." if names else f"{word}: không có."


def _head(version: Version, kind: EntryKind, correction: Correction) -> str:
    if correction.restores is not None:
        return (f"Khôi phục (phiên bản {version.version}): lấy lại nội dung phiên bản {correction.restores}, "
                f"sau phiên bản {correction.of_version}")
    word = "KẾT QUẢ ĐÃ SỬA" if kind.amending is Amending.NOTIFY else "Đính chính"
    return f"{word} (phiên bản {version.version}), thay phiên bản {correction.of_version}"


def _people(version: Version, correction: Correction) -> str:
    who = f"{version.author.title} {version.author.full_name}, {moment(version.written_at)}"
    if correction.restores is not None:
        return f"Người cho khôi phục: {correction.permitted_by}. Người ký lại: {who}."
    return f"Người đính chính: {who}."
