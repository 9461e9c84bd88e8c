"""What IT does at the server's console: keys, migrations, wards, people, passwords, access hours."""

from __future__ import annotations

import getpass
import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, make_url

from records.access_hours import ALWAYS, Hours
from records.deadlines import ZONE
from records.errors import Refusal
from records.forms import Role
from records.messages import WardView
from server.ids import new_id
from server.services.passwords import Cost, Passwords
from server.settings import Settings, read_settings
from server.store import audit, base, deadline_rules, keys, migrate, people, role_hours, sessions
from server.store.key_files import HospitalKey, ServerKey, create_recovery_key

SHORTEST_PASSWORD = 10
_CONSOLE = "console"


def init_keys(settings: Settings) -> list[Path]:
    """Make the key files that are missing; the new ones. A hospital key that is there is never made anew."""
    made = []
    if not settings.path(settings.hospital_key).exists():
        keys.demand_no_data(settings.dsn)
    for place, create in ((settings.hospital_key, HospitalKey.create), (settings.server_key, ServerKey.create)):
        if not settings.path(place).exists():
            create(settings.path(place))
            made.append(settings.path(place))
    recovery = settings.path(settings.recovery_key)
    if not recovery.exists():
        private = recovery.with_name("recovery.pem")
        create_recovery_key(private, recovery)
        made += [private, recovery]
    # Beside the CAs, so that `check --trust` knows whose receipts count, also after the key was replaced.
    key = ServerKey.read(settings.path(settings.server_key))
    public = settings.path(settings.trust) / f"server-{key.id}.pem"
    if not public.exists():
        public.parent.mkdir(parents=True, exist_ok=True)
        public.write_text(key.public_pem, "ascii")
        made.append(public)
    return made


def bring_up_to_date(settings: Settings) -> str:
    """Roles, database and schema; the schema's revision."""
    if not settings.owner_dsn:
        raise Refusal.because("owner_dsn_missing")
    database = migrate.database_of(settings.owner_dsn)
    administration = make_url(settings.owner_dsn).set(database="postgres").render_as_string(hide_password=False)
    migrate.prepare(administration, database)
    migrate.upgrade(settings.owner_dsn)
    return migrate.HEAD


def add_ward(options: Namespace) -> int:
    """`ward add`: a new ward with its beds; of a ward that is there, another name or more beds."""
    settings = read_settings(options.config)
    places = [(room, bed) for room, beds in options.rooms for bed in beds]
    engine = base.open_engine(settings.dsn, pool_size=1)
    with base.transaction(engine) as db:
        known = {ward.code: ward.id for ward in people.all_wards(db)}
        which = known.get(options.code) or new_id()
        position = list(known).index(options.code) if options.code in known else len(known)
        people.add_ward(db, WardView(id=which, code=options.code, name=options.name), position)
        people.add_beds(db, which, places)
        audit.note(db, "ward.add", workstation=_CONSOLE, facts={"code": options.code, "beds": len(places)})
    engine.dispose()
    print(f"The ward {options.code} is there, with {len(places)} beds named now.")
    return 0


def add_person(options: Namespace) -> int:
    """`user add`: a new person with a first password."""
    settings = read_settings(options.config)
    password = _asked_password()
    until = date.fromisoformat(options.licence_until) if options.licence_until else None
    engine = base.open_engine(settings.dsn, pool_size=1)
    with base.transaction(engine) as db:
        who = new_id()
        people.add(
            db, who, username=options.username, full_name=options.full_name, title=options.title,
            roles=_roles(options.roles), in_wards=_wards(db, options.wards), licence_no=options.licence_no,
            licence_until=until, national_id=options.national_id, password_hash=passwords_of(settings).hash(password))
        audit.note(db, "person.add", workstation=_CONSOLE, facts={"username": options.username, "roles": options.roles})
    engine.dispose()
    print(f"{options.username} may sign in now.")
    return 0


def reset_password(options: Namespace) -> int:
    """`user password`: another password; sessions that are open end."""
    settings = read_settings(options.config)
    password = _asked_password()
    engine = base.open_engine(settings.dsn, pool_size=1)
    with base.transaction(engine) as db:
        who = people.by_username(db, options.username)
        if who is None:
            raise Refusal.because("username_unknown", options.username)
        people.set_password(db, who, passwords_of(settings).hash(password))
        sessions.end_all(db, who, base.now(db))
        base.notify(db, "session")
        audit.note(db, "person.password", workstation=_CONSOLE, facts={"username": options.username})
    engine.dispose()
    print(f"The password of {options.username} is set; open sessions ended.")
    return 0


def role_hours_set(options: Namespace) -> int:
    """`hours role`: when people of a role may come in; from now on, and for sessions that are open."""
    settings = read_settings(options.config)
    (role,) = _roles([options.role])
    engine = base.open_engine(settings.dsn, pool_size=1)
    with base.transaction(engine) as db:
        role_hours.put(db, role, None if options.hours == ALWAYS else options.hours, base.now(db))
        audit.note(db, "hours.role", workstation=_CONSOLE, facts={"role": role.value, "hours": str(options.hours)})
    engine.dispose()
    print(f"{role.value}: {_told(options.hours)}.")
    return 0


def person_hours_set(options: Namespace) -> int:
    """`hours user`: a person's own hours, which go before the role's; without any, the role's hold again."""
    settings = read_settings(options.config)
    engine = base.open_engine(settings.dsn, pool_size=1)
    with base.transaction(engine) as db:
        who = people.by_username(db, options.username)
        if who is None:
            raise Refusal.because("username_unknown", options.username)
        people.set_hours(db, who, options.hours)
        audit.note(db, "hours.person", workstation=_CONSOLE,
                   facts={"username": options.username, "hours": str(options.hours or "of the roles")})
    engine.dispose()
    print(f"{options.username}: {_told(options.hours) if options.hours else 'as the roles may'}.")
    return 0


def show_hours(options: Namespace) -> int:
    """`hours show`: what is set, by role and by person."""
    engine = base.open_engine(read_settings(options.config).dsn, pool_size=1)
    with base.transaction(engine) as db:
        by_role, own = role_hours.all_set(db), people.own_hours(db)
    engine.dispose()
    for role in Role:
        print(f"role {role.value}: {_told(by_role.get(role, ALWAYS))}")
    for username, hours in own.items():
        print(f"user {username}: {_told(hours)}")
    return 0


def set_deadlines(options: Namespace) -> int:
    """`deadlines set`: other times for what begins from a day on (R26)."""
    engine = base.open_engine(read_settings(options.config).dsn, pool_size=1)
    with base.transaction(engine) as db:
        begins = options.begins or base.now(db).astimezone(ZONE).date()
        deadline_rules.put(db, dict(options.times), begins)
        audit.note(db, "deadlines.set", workstation=_CONSOLE, facts={"from": begins.isoformat(), **dict(options.times)})
    engine.dispose()
    return show_deadlines(options)


def show_deadlines(options: Namespace) -> int:
    """`deadlines show`: the hospital's times and from which day on they count."""
    engine = base.open_engine(read_settings(options.config).dsn, pool_size=1)
    with base.transaction(engine) as db:
        rules = deadline_rules.rules(db)
    engine.dispose()
    for rule in sorted(rules, key=lambda each: each.valid_from):
        print(f"from {rule.valid_from}:", *(f"{name}={getattr(rule, name)}" for name in deadline_rules.TIMES))
    return 0


def _told(hours: Hours) -> str:
    return "at any time" if hours == ALWAYS else str(hours)


def passwords_of(settings: Settings) -> Passwords:
    """Password hashing at the server's cost."""
    return Passwords(Cost(time=settings.argon2_passes, memory_kib=settings.argon2_memory_kib))


def _asked_password() -> str:
    """Typed twice at a terminal, else one line of standard input; never an argument, which others could read."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise Refusal.because("passwords_differ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    if len(password) < SHORTEST_PASSWORD:
        raise Refusal.because("password_too_short", least=SHORTEST_PASSWORD)
    return password


def _roles(names: Sequence[str]) -> list[Role]:
    known = {role.value for role in Role}
    for name in names:
        if name not in known:
            raise Refusal.because("role_unknown", name, known=", ".join(sorted(known)))
    return [Role(name) for name in names]


def _wards(db: Connection, codes: Sequence[str]) -> list[UUID]:
    by_code = {ward.code: ward.id for ward in people.all_wards(db)}
    for code in codes:
        if code not in by_code:
            raise Refusal.because("ward_unknown", code)
    return [by_code[code] for code in codes]
