"""Rules of the house that a reader would otherwise have to check by hand, over every module and resource."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from records.errors import BenhAnError
from records.forms import Form, all_forms

pytestmark = pytest.mark.xdist_group("house rules")  # every tree is parsed once, not in each worker
ROOT = Path(__file__).parents[2]
PACKAGES = ("records", "imaging", "workstation", "server")
MODULES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
"""Most stay under 30; a few tables of widgets or routes may be longer, none longer than a screen and a half."""


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"))


def broken_rules(file: Path) -> Iterator[str]:
    if not ast.get_docstring(tree(file)):
        yield "a module opens with one sentence on its job"
    if len(file.read_text("utf-8").splitlines()) > LONGEST_FILE:
        yield "look for the second noun in it"
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.ClassDef) and not ast.get_docstring(node):
            yield f"class {node.name} says what it is"
        if isinstance(node, FUNCTIONS) and (node.end_lineno or 0) - node.lineno >= LONGEST_FUNCTION:
            yield f"{node.name} is too long"


@pytest.mark.parametrize("package", PACKAGES)
def test_each_module_opens_with_its_job_and_stays_readable(package: str) -> None:
    files = [file for file in MODULES if file.is_relative_to(ROOT / package)]
    assert files
    broken = [f"{file.relative_to(ROOT)}: {what}" for file in files for what in broken_rules(file)]
    assert not broken, "\n".join(broken)


def test_most_functions_stay_under_thirty_lines() -> None:
    lengths = [
        (node.end_lineno or 0) - node.lineno + 1
        for file in MODULES for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert sum(length <= 30 for length in lengths) >= 0.95 * len(lengths)


def test_a_model_never_imports_a_widget() -> None:
    below_the_views = [file for file in MODULES if file.is_relative_to(ROOT / "workstation")
                       and not file.is_relative_to(ROOT / "workstation" / "views")
                       and file.name not in {"app.py", "reader.py", "__main__.py"}]
    assert below_the_views
    for file in below_the_views:
        for node in ast.walk(tree(file)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else (
                [name.name for name in node.names] if isinstance(node, ast.Import) else [])
            assert not any("QtWidgets" in name for name in names), f"{file.relative_to(ROOT)} imports a widget"


def test_no_bare_except_and_no_name_that_says_nothing() -> None:
    for file in MODULES:
        assert file.stem not in {"utils", "helpers", "misc", "common", "manager"}, file
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ExceptHandler):
                assert node.type is not None, f"bare except in {file}:{node.lineno}"
            if isinstance(node, ast.ClassDef):
                assert not node.name.endswith(("Manager", "Helper", "Utils")), f"{node.name} in {file}"


OUTLIVE = frozenset({"sync", "machine", "session", "background", "announcer", "actions", "loader", "source"})
"""What tells something for as long as a session, a window or the program lasts."""


def test_what_outlives_its_listeners_has_listeners_that_qt_takes_away() -> None:
    """A bound method of a QObject is disconnected when its object goes; a lambda or a
    `partial` is called for ever, and then touches what is deleted: an error in the face of whoever signs in next.
    """
    for file in (file for file in MODULES if file.is_relative_to(ROOT / "workstation")):
        for node in ast.walk(tree(file)):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Attribute(value=owner), attr="connect"), args=[to]):
                    last = owner.func if isinstance(owner, ast.Call) else owner
                    name = last.attr if isinstance(last, ast.Attribute) else getattr(last, "id", "")
                    if name.strip("_") in OUTLIVE:
                        itself = isinstance(to, ast.Attribute)
                        assert itself, f"{file.relative_to(ROOT)}:{node.lineno} connects what is no method"


def test_no_signals_bare_emit_is_handed_on() -> None:
    """To call it when its object is gone ends the program: see workstation/emitting.py."""
    for file in MODULES:
        called = {id(node.func) for node in ast.walk(tree(file)) if isinstance(node, ast.Call)}
        for node in ast.walk(tree(file)):
            bare = isinstance(node, ast.Attribute) and node.attr == "emit" and id(node) not in called
            assert not bare, f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)} hands on a bare emit"


def test_colours_stand_in_the_tokens_only() -> None:
    literal = re.compile(r"""["'][^"'\n]*#[0-9A-Fa-f]{6}\b""")
    for file in (ROOT / "workstation").rglob("*.py"):
        assert not literal.search(file.read_text("utf-8")), f"a colour literal in {file.relative_to(ROOT)}"


def test_the_project_speaks_only_of_itself() -> None:
    strangers = re.compile(r"\.\./shared|/work/|/root/|pypi\.org|files\.pythonhosted|registry\.npmjs")
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True,
                            capture_output=True, check=True).stdout.splitlines()
    for name in listed:
        file = ROOT / name
        read = file.suffix in {".py", ".md", ".toml", ".cfg", ".sh", ".lock", ".txt", ".csv"} and file.is_file()
        if read and file != Path(__file__):
            assert not strangers.search(file.read_text("utf-8", errors="replace")), name


@pytest.mark.parametrize("form", all_forms(), ids=lambda form: f"{form.code} {form.edition}")
def test_every_form_keeps_the_house_rules(form: Form) -> None:
    for kind in form.kinds:
        assert kind.writers, f"{kind.key} is written by somebody"
        assert len({slot.key for slot in kind.slots}) == len(kind.slots)
        for field in kind.fields:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", field.key)
            assert field.label.strip() == field.label
            assert bool(field.choices) == (field.type in ("choice", "choices"))
            assert bool(field.fields) == (field.type == "rows")
            assert not field.codes or field.type in ("coded", "line")
    known = {key for kind in form.kinds for key in (*(field.key for field in kind.fields), "occurred_at")}
    for column in form.layout.columns:
        assert set(column.fields) <= known, column.title


def test_there_is_one_error_tree() -> None:
    for file in MODULES:
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ClassDef):
                bases = {getattr(base, "id", getattr(base, "attr", "")) for base in node.bases}
                stranger = bases & {"Exception", "BaseException", "RuntimeError"} and node.name != BenhAnError.__name__
                assert not stranger, f"{node.name} in {file} stands outside the error tree"
