"""A small hospital's certificates and tokens, made once; each test talks to them through its own token process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from server.demo.pki import Issued, issue_person, make_issuing, make_root
from server.demo.tokens import TokenHome, make_home, make_token
from tests.p11shim.fixture import Shim, p11shim, p11shim_module
from tests.workstation.signing.people import DOCTOR_ID, DOCTOR_NAME, PIN
from workstation.signing.base import Signer
from workstation.signing.process import Limits
from workstation.signing.token import TokenSigner

__all__ = ["p11shim", "p11shim_module"]

TokenSignerOf = Callable[..., TokenSigner]


@dataclass(frozen=True)
class Authorities:
    root: Issued
    issuing: Issued
    foreign: Issued
    """Another authority, which nobody here trusts."""


@pytest.fixture(scope="session")
def authorities() -> Authorities:
    root = make_root()
    return Authorities(root, make_issuing(root), make_issuing(make_root("Root lạ"), "CA lạ"))


@pytest.fixture(scope="session")
def doctor(authorities: Authorities) -> Issued:
    return issue_person(authorities.issuing, DOCTOR_NAME, DOCTOR_ID)


@pytest.fixture(scope="session")
def doctors_home(doctor: Issued, tmp_path_factory: pytest.TempPathFactory) -> TokenHome:
    """A token home with the doctor's token; tests only read it."""
    home = make_home(tmp_path_factory.mktemp("doctor"))
    make_token(home, "Nguyen Thi Dao", PIN, doctor)
    return home


@pytest.fixture
def token_signer() -> Iterator[TokenSignerOf]:
    """Makes signers over modules, and ends their processes."""
    made: list[Signer] = []

    def make(modules: Sequence[str], env: Mapping[str, str], limits: Limits | None = None) -> TokenSigner:
        signer = TokenSigner(modules, env=env, limits=limits)
        made.append(signer)
        return signer

    yield make
    for signer in made:
        signer.close()


@pytest.fixture
def hardware(p11shim: Shim, doctors_home: TokenHome, token_signer: TokenSignerOf) -> TokenSigner:
    """The doctor's token behind the shim, with short patience."""
    return token_signer([p11shim.module], {**p11shim.env, **doctors_home.env}, Limits(5, 5, 5, 3))


@pytest.fixture
def home(tmp_path: Path) -> TokenHome:
    """An empty token home of the test's own."""
    return make_home(tmp_path / "home")


