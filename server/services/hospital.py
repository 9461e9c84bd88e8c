"""What a server process holds for its life, and the desk: one transaction of one person, which every service gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from cryptography import x509
from sqlalchemy import Connection, Engine

from records.deadlines import ZONE
from records.delegation import Delegation
from records.errors import Refusal
from records.policy import Person
from records.trust import Trust
from server.exchange.messages import MessageGateway, open_gateway, read_gateway
from server.exchange.pacs import Pacs, open_pacs, read_pacs
from server.exchange.remote_signing import Account, RemoteService, open_services, read_accounts
from server.services.bell import Bell
from server.services.passwords import Cost, Passwords
from server.services.trust_list import TrustList
from server.services.trust_services import TrustServices
from server.settings import Settings
from server.store import audit, base, migrate
from server.store.base import Use
from server.store.blobs import Blobs, Place, place_at
from server.store.key_files import HospitalKey, ServerKey
from server.store.keys import HOUSE, Keys, ScopeKey


@dataclass(frozen=True)
class SignedIn:
    """Who asks, through which session, from which workstation."""

    session: UUID
    person: Person
    username: str
    workstation: str
    ends: datetime


@dataclass(frozen=True)
class Hospital:
    """One hospital's database, blobs, keys and settings."""

    settings: Settings
    engine: Engine
    keys: Keys
    blobs: Blobs
    images: Place
    """Where DICOM files lie; `server.store.images` reads and writes them."""
    server_key: ServerKey
    recovery_public_key: str
    trust_folder: tuple[str, ...]
    """PEM texts of the trust folder: the first edition of the list."""
    receipt_keys: tuple[str, ...]
    build: str

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open everything that the settings name; refuse another schema or another hospital's keys."""
        server_key, trust = ServerKey.read(settings.path(settings.server_key)), settings.path(settings.trust)
        hospital = cls(
            settings, base.open_engine(settings.dsn, pool_size=settings.pool_size),
            Keys(HospitalKey.read(settings.path(settings.hospital_key))),
            Blobs(place_at(settings.blobs, base=settings.home, endpoint=settings.s3_endpoint)),
            place_at(settings.images, base=settings.home, endpoint=settings.s3_endpoint),
            server_key, _text(settings.path(settings.recovery_key)), _trusted(trust, training=settings.training),
            (server_key.public_pem, *_receipt_keys(trust)), _build(),
        )
        with base.transaction(hospital.engine) as db:
            migrate.demand_head(db)
            hospital.keys.check(db)
        return hospital

    def close(self) -> None:
        """Give back what was opened; what nobody has asked for is not opened only to be closed."""
        opened = vars(self)
        for door in (*(opened.get(name) for name in ("services", "message_gateway", "pacs")),
                     *opened.get("remote_services", {}).values()):
            if door is not None:
                door.close()
        for engine in (opened.get("looking"), opened.get("filing"), self.engine):
            if engine is not None:
                engine.dispose()

    @contextmanager
    def desk(self, signed_in: SignedIn, *, reading: bool = False) -> Iterator[Desk]:
        """One transaction of one person: committed at the end, undone by any error.

        `reading`: nothing but a look and its audit is written, and the answer does not wait for the disk.
        """
        with base.transaction(self.engine) as db:
            if reading:
                base.commit_without_waiting(db)
            desk = Desk(self, db, signed_in, datetime.now(UTC))
            yield desk
            if desk.notices:
                base.notify_all(db, desk.notices)

    @contextmanager
    def glance(self, signed_in: SignedIn) -> Iterator[Desk]:
        """A desk for a look that is one statement with its audit in it: no transaction around it."""
        with self.looking.connect() as db:
            yield Desk(self, db, signed_in, datetime.now(UTC))

    @cached_property
    def looking(self) -> Engine:
        """Connections for what is asked many times a second: who asks, and one image."""
        return base.open_engine(self.settings.dsn, pool_size=self.settings.pool_size, use=Use.LOOK)

    @cached_property
    def filing(self) -> Engine:
        """Connections for filing images, a statement each, safe on the disk when it returns."""
        return base.open_engine(self.settings.dsn, pool_size=self.settings.pool_size, use=Use.NAMED)

    @cached_property
    def passwords(self) -> Passwords:
        """Makes and checks password hashes at the cost that the settings name."""
        return Passwords(Cost(time=self.settings.argon2_passes, memory_kib=self.settings.argon2_memory_kib))

    @cached_property
    def services(self) -> TrustServices:
        """The door to the services that prove signatures: time stamps and revocation."""
        settings = self.settings
        login = (settings.tsa_username, settings.tsa_password) if settings.tsa_username else None
        ca = settings.path(settings.trust_services_ca) if settings.trust_services_ca else None
        return TrustServices(wait_s=settings.revocation_wait_s, stamp_wait_s=settings.tsa_wait_s, login=login, ca=ca)

    @cached_property
    def remote_accounts(self) -> dict[str, Account]:
        """The accounts at remote signing services, by name."""
        return {account.name: account for account in read_accounts(self.settings.path(self.settings.remote_signing))}

    @cached_property
    def remote_services(self) -> dict[str, RemoteService]:
        """The remote signing services, by their account's name."""
        return open_services(tuple(self.remote_accounts.values()))

    @cached_property
    def message_gateway(self) -> MessageGateway | None:
        """What sends short messages, where the hospital has a contract."""
        return open_gateway(read_gateway(self.settings.path(self.settings.message_gateway)))

    @cached_property
    def pacs(self) -> Pacs | None:
        """The PACS that stands in our image store's place, where the hospital has one."""
        return open_pacs(read_pacs(self.settings.path(self.settings.pacs)))

    @cached_property
    def remote_bell(self) -> Bell:
        """Rung when this process took a wish to have something signed."""
        return Bell()

    @cached_property
    def trust_list(self) -> TrustList:
        """Which edition of the trust list is in force."""
        return TrustList(self.engine, self.trust_folder)

    @property
    def trust_pem(self) -> tuple[str, ...]:
        """The edition in force, as PEM texts."""
        return self.trust_list.now.pems

    @property
    def trust(self) -> Trust:
        """The CAs whose certificates may sign."""
        return self.trust_list.now.trust

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """The trusted roots, for enrolment."""
        return self.trust_list.now.roots

    @property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        """The authorities between roots and people, for enrolment."""
        return self.trust_list.now.intermediates


@dataclass
class Desk:
    """What a service works with: the transaction, the person, the moment, and the hospital around them."""

    hospital: Hospital
    db: Connection
    signed_in: SignedIn
    now: datetime
    scope: UUID = HOUSE
    """Under whose key the command's answer is kept; a service that speaks of an encounter sets it."""
    under: Delegation | None = None
    """The delegation by which the person may look at what they look at, when their own work does not say so (R29)."""
    notices: list[Mapping[str, object]] = field(default_factory=list)
    """What every open stream is told when this transaction commits."""
    _opened: dict[UUID, ScopeKey] = field(default_factory=dict)

    @property
    def person(self) -> Person:
        """Who asks."""
        return self.signed_in.person

    @property
    def today(self) -> date:
        """The hospital's calendar day."""
        return self.now.astimezone(ZONE).date()

    @property
    def keys(self) -> Keys:
        """The keys of encounters."""
        return self.hospital.keys

    def key(self, scope: UUID) -> ScopeKey:
        """The key of an encounter (or of the house), unwrapped once in this transaction."""
        if scope not in self._opened:
            self._opened[scope] = self.keys.house(self.db) if scope == HOUSE else self.keys.of(self.db, scope)
        return self._opened[scope]

    def note(
        self, action: str, *, patient: UUID | None = None, encounter: UUID | None = None, entry: UUID | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Write into the audit what this person does (R40), and in whose place they may."""
        audit.note(self.db, action, **self.doing(facts), patient=patient, encounter=encounter, entry=entry)

    def doing(self, facts: Mapping[str, Any] | None) -> dict[str, Any]:
        """Who does it, where, and what else the audit keeps of it, as `store.audit` takes them."""
        if self.under is not None:
            facts = {**(facts or {}), "delegation": str(self.under.id), "in_place_of": self.under.giver_name}
        return {"person": self.person.id, "name": self.person.full_name, "workstation": self.signed_in.workstation,
                "facts": facts}

    def tell(self, topic: str, *, encounter: UUID | None = None, entry: UUID | None = None,
             ward: UUID | None = None) -> None:
        """Tell every open stream when this transaction commits."""
        self.notices.append({"topic": topic, "encounter": encounter, "entry": entry, "ward": ward})

    def tell_person(self, topic: str, person: UUID) -> None:
        """Tell the open streams of one person when this transaction commits."""
        self.notices.append({"topic": topic, "person": person})


def _trusted(folder: Path, *, training: bool) -> tuple[str, ...]:
    """The certificates of a folder, by file name; `training-….pem` counts only where one trains."""
    files = (file for file in sorted(folder.glob("*.pem")) if training or not file.name.startswith("training-"))
    return tuple(text for text in map(_text, files) if "BEGIN CERTIFICATE" in text)


def _receipt_keys(folder: Path) -> tuple[str, ...]:
    """The public keys of a folder: this hospital's servers of other years, or other machines."""
    return tuple(text for text in map(_text, sorted(folder.glob("*.pem"))) if "BEGIN PUBLIC KEY" in text)


def _text(file: Path) -> str:
    try:
        return file.read_text("ascii")
    except OSError as error:
        raise Refusal.because("key_file_missing", str(file)) from error


def _build() -> str:
    try:
        return version("benhan")
    except PackageNotFoundError:
        return "0+checkout"
