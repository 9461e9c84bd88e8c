"""Frozen pages: what renderer 1 drew once, it draws for ever. `tests/vectors/pages/` holds versions and digests.

A digest that differs means that files signed before can no longer be drawn again. Never mend the digest: give the
new drawing a new renderer version and keep the old one. A new form or kind adds a version and a line.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from records import canonical, forms, render
from records.entries import State, Version
from tests.records.render import pages

VECTORS = Path(__file__).parents[2] / "vectors" / "pages"
VERSIONS = sorted(VECTORS.glob("*_*.json"))
DIGESTS: dict[str, str] = json.loads((VECTORS / "digests.json").read_text("utf-8"))


def read(path: Path) -> Version:
    return canonical.decode(path.read_bytes())


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_a_page_is_drawn_as_it_was_frozen(path: Path) -> None:
    assert render.page_digest(render.render_entry(read(path))) == DIGESTS[path.stem]


def test_the_mark_is_drawn_as_it_was_frozen() -> None:
    assert render.mark_digest(render.mark_appearance(pages.mark())) == DIGESTS["mark"]
    assert render.mark_digest(render.mark_appearance(pages.mark(training=True))) == DIGESTS["mark_training"]


def test_every_kind_of_every_form_has_a_frozen_page() -> None:
    frozen = {(version.form.code, version.form.edition, version.form.kind) for version in map(read, VERSIONS)}
    shipped = {(form.code, form.edition, kind.key) for form in forms.all_forms() for kind in form.kinds}
    assert frozen == shipped
    assert set(DIGESTS) == {path.stem for path in VERSIONS} | {"mark", "mark_training"}


def test_the_same_version_makes_the_same_file() -> None:
    version = pages.version()
    assert render.render_entry(version) == render.render_entry(version)


def test_another_process_draws_the_same_pages() -> None:
    program = ("import sys; from records import canonical, render\n"
               "for path in sys.argv[1:]:\n"
               "    with open(path, 'rb') as file: version = canonical.decode(file.read())\n"
               "    print(render.page_digest(render.render_entry(version)))\n")
    done = subprocess.run([sys.executable, "-c", program, *map(str, reversed(VERSIONS))], capture_output=True,
                          text=True, check=True, cwd=VECTORS.parents[2], env={"PYTHONHASHSEED": "7"})
    assert done.stdout.split() == [DIGESTS[path.stem] for path in reversed(VERSIONS)]


def test_a_sheet_shows_what_a_signed_entry_shows_and_never_changes_it() -> None:
    version = read(VECTORS / "36-BV2_2024-01-01_row.json")
    before = canonical.encode(version)
    form = forms.form("36/BV2", "2024-01-01")
    item = render.SheetItem(version, (pages.mark(),), State.SIGNED, "Hợp lệ")
    first = render.render_sheet(form, [item], version.subject, version.stay)
    assert first == render.render_sheet(form, [item], version.subject, version.stay)
    assert canonical.encode(version) == before
