"""`benhan-server check`: whom it trusts when nobody says it, and what it says of that."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from records.errors import Refusal
from server import file_check
from tests.forgeries import people
from tests.forgeries.signing import good

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BENHAN_TRUST", raising=False)
    monkeypatch.setattr(file_check, "INSTALLED_TRUST", tmp_path / "etc")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.pdf"
    path.write_bytes(good())
    return path


def trusting(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for number, der in enumerate((*people.trust().roots, *people.trust().intermediates)):
        pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
        (folder / f"{number}.pem").write_bytes(pem)
    return folder


def test_the_demos_authorities_come_last_and_are_said_to_be_for_training(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    trusting(tmp_path / "demo-home" / "trust")
    assert file_check.check([file], trust=None, as_json=False) == 0
    assert "TẬP HUẤN" in capsys.readouterr().out
    assert file_check.check([file], trust=None, as_json=True) == 0
    assert json.loads(capsys.readouterr().out)[0]["good"]
    trusting(tmp_path / "etc")
    assert file_check.check([file], trust=None, as_json=False) == 0
    assert "TẬP HUẤN" not in capsys.readouterr().out


def test_a_folder_that_is_named_is_the_only_one(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusting(tmp_path / "etc")
    named = trusting(tmp_path / "named")
    monkeypatch.setenv("BENHAN_TRUST", str(tmp_path / "empty"))
    assert file_check.check([file], trust=named, as_json=False) == 0
    with pytest.raises(Refusal, match="empty"):
        file_check.check([file], trust=None, as_json=False)


def test_without_any_authority_the_error_names_the_places(file: Path, tmp_path: Path) -> None:
    with pytest.raises(Refusal) as caught:
        file_check.check([file], trust=None, as_json=False)
    for place in ("--trust", "BENHAN_TRUST", str(tmp_path / "etc"), "demo-home/trust"):
        assert place in str(caught.value)


@pytest.fixture
def many(file: Path, tmp_path: Path) -> list[Path]:
    """More than one process checks, every tenth of them with bytes behind its last revision."""
    files = []
    for number in range(2 * file_check.ALONE + 1):
        files.append(tmp_path / f"{number:03}.pdf")
        files[-1].write_bytes(file.read_bytes() + (b"" if number % 10 else b"more"))
    return files


def test_many_files_are_checked_by_all_processors_with_the_same_answers_in_the_same_order(
    many: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = trusting(tmp_path / "named")
    monkeypatch.setattr(file_check, "_one_thread", lambda: False)  # workers that start afresh, as on Windows
    assert file_check.check(many, trust=named, as_json=True) == 1
    told = json.loads(capsys.readouterr().out)
    assert [one["file"] for one in told] == [str(path) for path in many]
    assert [one["good"] for one in told] == [bool(number % 10) for number in range(len(many))]
    assert file_check._checked(many[:3], [*(path.read_bytes() for path in named.glob("*.pem"))])[1].good
    forked = subprocess.run([sys.executable, "-m", "server.cli", "check", "--json", "--trust", str(named), *many],
                            cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (forked.returncode, forked.stderr) == (1, "")
    assert json.loads(forked.stdout) == told


def test_a_process_with_a_second_thread_is_not_forked() -> None:
    told = subprocess.run([sys.executable, "-c", (
        "import threading; from server.file_check import _one_thread as one; alone = one(); stop = threading.Event(); "
        "other = threading.Thread(target=stop.wait); other.start(); print(alone, one()); stop.set()")],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split() == ["True", "False"]
