"""Writes docs/rules.md: each rule of signing, where the code carries it out, and which are not enforced and why."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "rules.md"
PACKAGES = ("records", "server", "workstation")
_MENTION = re.compile(r"(?<!CDA )\bR(\d+)([a-c]?)(?:\s*-\s*R?(\d+)([a-c]?))?\b")
_STATES = {"code": "rule in the code", "setting": "dated setting", "form": "in the forms", "later": "**not yet**",
           "people": "not a program's"}
HEAD = """# The rules of signing and of what surrounds it, and where each lives

Written by `python -m scripts.rules` from `resources/catalogue/rules.toml` and the docstrings; a test says when it
is stale.

| rule | what it says | how | where | missing |
| --- | --- | --- | --- | --- |
"""


@cache
def rules() -> Mapping[str, Mapping[str, str]]:
    """The rules by id, in their order."""
    told: Mapping[str, Mapping[str, str]] = tomllib.loads(
        (ROOT / "resources" / "catalogue" / "rules.toml").read_text("utf-8"))
    return told


@cache
def mentions() -> Mapping[str, tuple[str, ...]]:
    """Rule -> `module.name` of each docstring, of a module, class or function, that names it."""
    found: dict[str, list[str]] = defaultdict(list)
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            for name, words in _docstrings(ast.parse(file.read_text("utf-8"))):
                for rule in _named(words):
                    found[rule].append(f"{module}.{name}" if name else module)
    return {rule: tuple(dict.fromkeys(places)) for rule, places in found.items()}


def _docstrings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Name and docstring; a string below an assignment is the docstring of what was assigned."""
    yield "", ast.get_docstring(tree) or ""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name, ast.get_docstring(node) or ""
        body = node.body if isinstance(node, ast.Module | ast.ClassDef) else []
        for before, after in pairwise(body):
            if isinstance(before, ast.AnnAssign | ast.Assign) and isinstance(after, ast.Expr) and isinstance(
                    after.value, ast.Constant) and isinstance(after.value.value, str):
                target = before.target if isinstance(before, ast.AnnAssign) else before.targets[0]
                yield ast.unparse(target), after.value.value


def _named(words: str) -> Iterator[str]:
    """R4; R20-R25 names all of them."""
    for first, letter, last, last_letter in _MENTION.findall(words):
        yield f"R{first}{letter}"
        for number in range(int(first) + 1, int(last or first) + 1):
            yield f"R{number}{last_letter if number == int(last) else ''}"


def page() -> str:
    """The whole page."""
    where = mentions()
    return HEAD + "\n".join(_line(rule, told, where.get(rule, ())) for rule, told in rules().items()) + "\n"


def _line(rule: str, told: Mapping[str, str], places: tuple[str, ...]) -> str:
    shown = ", ".join(f"`{place}`" for place in places[:5]) or "-"
    return f"| {rule} | {told['text']} | {_STATES[told['state']]} | {shown} | {told.get('why', '')} |"


def main() -> int:
    """Write the page."""
    TARGET.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
