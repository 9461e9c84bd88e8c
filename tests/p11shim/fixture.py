"""Builds the shim before SoftHSM and steers it: for tests of what hardware does and SoftHSM never will, and for bench.

    from tests.p11shim.fixture import Shim, p11shim        # a pytest fixture
    p11shim.says("C_Sign CKR_DEVICE_REMOVED after 3")      # the lines are described in p11shim.c
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from server.demo.tokens import softhsm_module

SOURCE = Path(__file__).with_name("p11shim.c")


class Shim:
    """The module that stands before SoftHSM, and what it is told to do. Give `env` and the token home's to a signer."""

    def __init__(self, module: Path, control: Path) -> None:
        self.module = str(module)
        self._control = control
        self._calls = control.with_name(control.name + ".calls")
        self.clear()

    @property
    def env(self) -> Mapping[str, str]:
        """What the process that loads the module needs in its environment."""
        return {"P11SHIM_REAL": str(softhsm_module()), "P11SHIM_CONTROL": str(self._control)}

    def says(self, *lines: str) -> None:
        """From the next call on it behaves like this, and like nothing that it was told before."""
        fresh = self._control.with_suffix(".new")
        fresh.write_text("\n".join(lines) + "\n", "utf-8")
        fresh.replace(self._control)

    def clear(self) -> None:
        """Only pass calls on."""
        self.says("")

    def calls(self, name: str) -> int:
        """How often a function was called since the shim was made."""
        return self._calls.read_text("utf-8").split().count(name) if self._calls.exists() else 0


def build_shim(folder: Path) -> Path:
    """Compile the shim into `folder`."""
    target = folder / "p11shim.so"
    if not target.exists():
        subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-pedantic", "-O1", "-shared", "-fPIC",
                        "-o", str(target), str(SOURCE), "-ldl", "-lpthread"], check=True)
    return target


@pytest.fixture(scope="session")
def p11shim_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_shim(tmp_path_factory.mktemp("p11shim"))


@pytest.fixture
def p11shim(p11shim_module: Path, tmp_path: Path) -> Shim:
    return Shim(p11shim_module, tmp_path / "p11shim.control")
