"""Settings come from one file, each may be overridden, and what is wrong is said by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from records.errors import Refusal
from server.settings import read_settings

GOOD = '''dsn = "postgresql://benhan_app@/benhan"
facility = "Trung tâm Y tế thử"
facility_code = "99009"
health_department = "Sở Y tế thử"
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "server.toml"
    file.write_text(GOOD, "utf-8")
    return file


def test_paths_are_found_from_the_files_own_folder(file: Path) -> None:
    settings = read_settings(file, {})
    assert settings.path(settings.hospital_key) == file.parent.resolve() / "keys" / "hospital.key"
    assert settings.path(Path("/srv/anchor")) == Path("/srv/anchor")


def test_the_environment_goes_before_the_file(file: Path) -> None:
    settings = read_settings(file, {"BENHAN_SERVER_PORT": "9443", "BENHAN_SERVER_TRAINING": "true", "PORT": "1"})
    assert (settings.port, settings.training) == (9443, True)


@pytest.mark.parametrize(("text", "named"), [
    (GOOD + 'prot = 8443\n', "prot"),
    (GOOD + 'port = "many"\n', "port"),
    (GOOD.replace("facility_code", "code"), "facility_code"),
    ("dsn = ", "Invalid value"),
    (GOOD.replace("postgresql://", "host="), "postgresql://role@/database"),
])
def test_a_wrong_setting_is_named(file: Path, text: str, named: str) -> None:
    file.write_text(text, "utf-8")
    with pytest.raises(Refusal, match=named):
        read_settings(file, {})


def test_a_missing_file_is_a_refusal(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be used"):
        read_settings(tmp_path / "nowhere.toml", {})
