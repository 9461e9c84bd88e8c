"""Where drivers are looked for: the list as data, the folders of each system, any path by setting."""

from __future__ import annotations

from pathlib import Path

from workstation.signing.modules import installed_modules, known_modules, modules_to_try


def test_the_list_names_the_vendors_that_hospitals_use() -> None:
    vendors = {known.vendor for known in known_modules()}
    assert {"VNPT-CA", "Viettel-CA", "BkavCA", "FPT-CA", "OpenSC"} <= vendors
    assert {known.os for known in known_modules()} == {"windows", "macos", "linux"}


def test_a_driver_in_the_systems_folder_is_found_by_its_name(tmp_path: Path) -> None:
    for name in ("viettel-ca_v6.dll", "eps2003csp11.dll", "unknown.dll"):
        (tmp_path / name).touch()
    found = installed_modules("windows", [tmp_path])
    assert found == (str(tmp_path / "viettel-ca_v6.dll"), str(tmp_path / "eps2003csp11.dll"))


def test_versions_that_the_list_gives_by_a_star_are_found(tmp_path: Path) -> None:
    (tmp_path / "Vina-CAv7.dll").touch()
    assert installed_modules("windows", [tmp_path]) == (str(tmp_path / "Vina-CAv7.dll"),)


def test_one_file_under_two_names_is_tried_once(tmp_path: Path) -> None:
    (tmp_path / "fptca_v3.dll").touch()
    (tmp_path / "fptca_v4.dll").symlink_to(tmp_path / "fptca_v3.dll")
    assert len(installed_modules("windows", [tmp_path])) == 1


def test_the_setting_stands_above_the_list_even_for_a_path_that_is_missing() -> None:
    assert modules_to_try(["/opt/vendor/driver.so"]) == ("/opt/vendor/driver.so",)


def test_without_a_setting_the_installed_ones_are_tried() -> None:
    assert modules_to_try() == installed_modules()
