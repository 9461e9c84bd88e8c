"""The served hospital of the API's and services' tests; tokens are made once a run."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from scripts.demo_history import Known
from server.cluster import Cluster
from server.demo import tokens
from tests.databases import Database, copied
from tests.server.house import BY_NAME, House, build, issued, served, settle_in
from workstation.signing.base import Signer
from workstation.signing.token import TokenSigner

PIN = "246810"
HOLDERS = ("ha", "son", "thanh", "mai", "tuan", "lan")


@pytest.fixture(scope="session")
def signers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Signer]]:
    """Staff's SoftHSM tokens, logged in, each in a token process of its own."""
    home = tokens.make_home(tmp_path_factory.mktemp("tokens"))
    labels = {username: tokens.token_label(BY_NAME[username].full_name) for username in HOLDERS}
    tokens.make_tokens(home, PIN, {label: issued(username) for username, label in labels.items()})
    made: dict[str, Signer] = {}
    for username, label in labels.items():
        signer: Signer = TokenSigner([str(home.module)], env=home.env)
        signer.open(next(one for one in signer.identities() if one.token_label == label), Known(PIN))
        made[username] = signer
    yield made
    for signer in made.values():
        signer.close()


@dataclass(frozen=True)
class Settled:
    """A hospital whose people have moved in: each test's own begins as a copy of its database."""

    database: Database
    patient: UUID
    encounter: UUID


@pytest.fixture(scope="session")
def settled(
    cluster: Cluster, signers: dict[str, Signer], tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Settled]:
    """Wards, staff, patient, stay and approved certificates, put there once a run by the services themselves."""
    with copied(cluster) as database:
        settings, hospital = build(tmp_path_factory.mktemp("settled"), database.dsn)
        house = House(settings, hospital, "", ssl.create_default_context(), signers)
        settle_in(house)
        hospital.close()
        yield Settled(database, house.patient, house.encounter)


@pytest.fixture
def house_database(settled: Settled) -> Iterator[Database]:
    """The database of the test's own hospital."""
    with copied(settled.database.cluster, settled.database.name) as made:
        yield made


@pytest.fixture
def house(
    house_database: Database, settled: Settled, tmp_path: Path, signers: dict[str, Signer],
) -> Iterator[House]:
    """The hospital, served over HTTPS."""
    settings, hospital = build(tmp_path, house_database.dsn)
    trusted = ssl.create_default_context(cafile=tmp_path / "tls" / "ca.pem")
    house = House(settings, hospital, f"https://127.0.0.1:{settings.port}", trusted, signers,
                  patient=settled.patient, encounter=settled.encounter)
    try:
        with served(settings):
            yield house
    finally:
        hospital.close()
