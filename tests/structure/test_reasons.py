"""Every reason that the code gives has its words in both languages, and no words stand unused."""

import ast
import re
import string
import tomllib
from pathlib import Path

from records.errors import Reason, reason_words

ROOT = Path(__file__).parents[2]
PACKAGES = ("records", "imaging", "workstation", "server")
CALLS = {"Reason", "because", "wrong", "unusual"}


def codes_in_the_code() -> set[str]:
    """First arguments of Reason(...), Refusal.because(...), and the validator's notes."""
    found: set[str] = set()
    for package in PACKAGES:
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                first = node.args[0]
                if name in CALLS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def words_in_the_sources() -> str:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    files += list((ROOT / "resources" / "forms").glob("*.toml"))
    return "\n".join(file.read_text("utf-8") for file in files)


def test_every_reason_that_the_code_gives_has_its_words() -> None:
    assert codes_in_the_code() - set(reason_words()) == set()


def test_no_words_stand_unused() -> None:
    quoted = set(re.findall(r"(?=[\"'](\w+)[\"'])", words_in_the_sources()))
    assert set(reason_words()) - quoted == set()


def test_each_reason_speaks_both_languages_and_only_its_todo_is_optional() -> None:
    for code, words in reason_words().items():
        assert {"en", "vi"} <= set(words) <= {"en", "vi", "todo"}, code
        assert words["en"].endswith((".", "?", "}")), code
        assert "!" not in words["vi"] + words.get("todo", ""), code


def test_no_reason_is_worded_twice() -> None:
    seen: dict[str, str] = {}
    for file in (ROOT / "resources" / "reasons").glob("*.toml"):
        for code in tomllib.loads(file.read_text("utf-8")):
            assert code not in seen, f"{code} stands in {seen[code]} and in {file.name}"
            seen[code] = file.name


def test_a_reason_survives_the_wire() -> None:
    reason = Reason("licence_expired", "Lê Thu Hà", {"until": "16/11/2026"})
    assert Reason.from_json(reason.as_json()) == reason
    newer = {**reason.as_json(), "code": "from_the_future"}
    assert Reason.from_json(newer).vietnamese == reason.vietnamese


def test_words_name_only_plain_facts() -> None:
    for code, words in reason_words().items():
        for text in words.values():
            for _, name, spec, _ in string.Formatter().parse(text):
                assert name is None or (name.isidentifier() and not spec), code
