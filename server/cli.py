"""The command line `benhan-server`: demo, serve, migrate, check, verify, rebuild, ward, user, hours, keys, and more."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import date, time
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from records.errors import BenhAnError, Refusal
from server import image_commands, memory

if TYPE_CHECKING:  # what a command needs is loaded by that command
    from records.access_hours import Hours

Command = argparse.ArgumentParser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an error is one English sentence and exit code 1, never a traceback."""
    memory.come_by_less_often()
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for name in ("benhan", "uvicorn"):
        logging.getLogger(name).setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        code: int = options.run(options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        _complain(error)
        return 1
    return code


def _stop(_signum: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _complain(error: Exception) -> None:
    """One sentence; what is a bug also goes to the log file that BENHAN_SERVER_LOG names."""
    match error:
        case Refusal():
            print(str(error), file=sys.stderr)
        case BenhAnError() | OSError():
            print(f"{error}", file=sys.stderr)
        case _:
            first = next(iter(str(error).splitlines()), "")
            print(f"benhan-server made an error of its own ({type(error).__name__}: {first}).", file=sys.stderr)
            if os.environ.get("BENHAN_SERVER_LOG"):
                logging.getLogger("benhan.server").addHandler(logging.FileHandler(os.environ["BENHAN_SERVER_LOG"]))
                logging.getLogger("benhan.server").error("A command failed.", exc_info=error)


def _parser() -> Command:
    parser = Command(prog="benhan-server", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _demo(commands.add_parser("demo", help="a demo hospital in a folder, and its server in the foreground"))
    _serve(commands.add_parser("serve", help="the server in the foreground"))
    image_commands.declare_service(commands.add_parser("dicom", help="the DICOM service in the foreground"))
    _migrate(commands.add_parser("migrate", help="bring the database's schema up to date"))
    _check(commands.add_parser("check", help="verify signed files without server and database"))
    _verify(commands.add_parser("verify", help="walk the whole store and name what is broken"))
    _rebuild(commands.add_parser("rebuild", help="make anew what charts show, from the versions"))
    _ward(commands.add_parser("ward", help="wards and their beds"))
    _user(commands.add_parser("user", help="people and their passwords"))
    _hours(commands.add_parser("hours", help="when which role, and which person, may come in"))
    _deadlines(commands.add_parser("deadlines", help="the hospital's times for records, reviews and signatures"))
    _abbreviations(commands.add_parser("abbreviations", help="what may be abbreviated on papers that leave the house"))
    _keys(commands.add_parser("keys", help="the server's keys"))
    _trust(commands.add_parser("trust", help="whose certificates may sign: the list, its next edition"))
    _evidence(commands.add_parser("evidence", help="the level that a record's evidence must reach; what waits for it"))
    _organisation(commands.add_parser("organisation-key", help="the key that signs for the hospital itself"))
    image_commands.declare(commands.add_parser("image", help="DICOM pictures: draw a frame, tell what a file is"))
    return parser


def _config(parser: Command) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the server's settings (TOML)")


def _demo(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server.demo import show
        from server.demo.phone import PhoneService

        phone = PhoneService(options.phone[0], Path(options.phone[1])) if options.phone else None
        if options.forget:
            return show.forget(options.home)
        return show.run(options.home, options.port, options.history, options.trust_services, phone)

    parser.add_argument("--home", type=Path, required=True, metavar="DIR", help="where the demo hospital lives")
    parser.add_argument("--port", type=int, default=8443)
    parser.add_argument("--history", type=Path, metavar="SCRIPT",
                        help="program that signs the past days' records (default: scripts/demo_history.py)")
    parser.add_argument("--trust-services", default="", metavar="URL", help="where time stamps and revocation will be "
                        "answered for a new demo's certificates (default: nowhere)")
    parser.add_argument("--phone", nargs=2, type=str, metavar=("URL", "CA"),
                        help="a remote signing service for one of the demo's doctors, and its TLS authority (PEM)")
    parser.add_argument("--forget", action="store_true", help="stop the demo's cluster, remove its data, and end")
    parser.set_defaults(run=run)


def _serve(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server.serving import build
        from server.settings import read_settings

        settings = read_settings(options.config)
        address = f"https://{settings.host}:{settings.port}"
        build(settings, lambda: print(f"READY {address}", flush=True)).run()
        return 0

    _config(parser)
    parser.set_defaults(run=run)


def _migrate(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server.administration import bring_up_to_date
        from server.settings import read_settings

        print(f"The schema is at revision {bring_up_to_date(read_settings(options.config))}.")
        return 0

    _config(parser)
    parser.set_defaults(run=run)


def _check(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server.file_check import check

        return check(options.files, trust=options.trust, as_json=options.json)

    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--trust", type=Path, metavar="DIR", help="folder of PEM files: the CAs to trust "
                        "(else BENHAN_TRUST, /etc/benhan/trust, ./demo-home/trust)")
    parser.add_argument("--json", action="store_true", help="the whole verdict as JSON")
    parser.set_defaults(run=run)


def _verify(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server.inspection import verify
        from server.settings import read_settings

        file = options.config or options.home / "server.toml"
        return verify(read_settings(file), anchor=options.anchor, as_json=options.json, images=options.images)

    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--config", type=Path, metavar="FILE", help="the server's settings (TOML)")
    where.add_argument("--home", type=Path, metavar="DIR", help="a demo hospital's folder")
    parser.add_argument("--anchor", type=Path, metavar="FILE", help="a copy of the audit seals kept elsewhere")
    parser.add_argument("--images", action="store_true", help="read every image whole; without, only its end")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def _rebuild(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server.rebuilding import rebuild
        from server.settings import read_settings

        print(f"{rebuild(read_settings(options.config))} entries were made anew.")
        return 0

    _config(parser)
    parser.set_defaults(run=run)


def _ward(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server import administration

        return administration.add_ward(options)

    adding = parser.add_subparsers(required=True, metavar="VERB").add_parser(
        "add", help="a new ward with its beds, or another name and more beds for one that is there")
    _config(adding)
    adding.add_argument("code", help="short, as the hospital writes it: NTH")
    adding.add_argument("--name", required=True)
    adding.add_argument("--room", action="append", default=[], dest="rooms", type=_room, metavar="ROOM:BED,BED…")
    adding.set_defaults(run=run)


def _room(text: str) -> tuple[str, list[str]]:
    """«1:01,02» -> room 1 with the beds 01 and 02."""
    room, _, beds = text.partition(":")
    named = [bed.strip() for bed in beds.split(",") if bed.strip()]
    if not room.strip() or not named:
        raise argparse.ArgumentTypeError(f"{text} is not a room with its beds, such as 1:01,02")
    return room.strip(), named


def _organisation(parser: Command) -> None:
    def run(name: str) -> Callable[[argparse.Namespace], int]:
        def act(options: argparse.Namespace) -> int:
            from server import organisation_console

            code: int = getattr(organisation_console, name)(options)
            return code

        return act

    verbs = parser.add_subparsers(required=True, metavar="VERB")
    new = verbs.add_parser("new", help="a new key in a sealed file, and the request for its certificate")
    new.add_argument("--name", required=True, help="the hospital, as its certificate will name it")
    new.add_argument("--request", type=Path, required=True, metavar="FILE", help="where the request is written (PEM)")
    install = verbs.add_parser("install", help="take the certificate on (the change of keys, too)")
    install.add_argument("--certificate", type=Path, required=True, metavar="FILE", help="PEM: it, then its chain")
    install.add_argument("--module", metavar="LIB", help="PKCS#11 library of the HSM; else a sealed file holds the key")
    install.add_argument("--token", metavar="LABEL")
    install.add_argument("--key", metavar="LABEL", help="of the key in the HSM, when there are several")
    for verb, name in ((new, "new"), (install, "install"), (verbs.add_parser("list", help="every key"), "show")):
        _config(verb)
        verb.set_defaults(run=run(name))


def _trust(parser: Command) -> None:
    def run(name: str) -> Callable[[argparse.Namespace], int]:
        def act(options: argparse.Namespace) -> int:
            from server import trust_console

            code: int = getattr(trust_console, name)(options)
            return code

        return act

    verbs = parser.add_subparsers(required=True, metavar="VERB")
    proposing = verbs.add_parser("propose", help="a folder of PEM files as the whole next edition")
    proposing.add_argument("folder", type=Path)
    proposing.add_argument("--note", required=True, help="why it changes")
    proposing.add_argument("--since", metavar="YYYY-MM-DD", help="from that day on (default: today)")
    accepting, rejecting = verbs.add_parser("accept", help="the second person's yes"), verbs.add_parser("reject")
    for verb in (accepting, rejecting):
        verb.add_argument("edition", type=int)
    every = verbs.add_parser("list", help="every edition")
    for verb, name in ((proposing, "propose"), (accepting, "accept"), (rejecting, "reject"), (every, "show")):
        _config(verb)
        verb.add_argument("--username", required=True, help="who does it; the password is asked or read from stdin")
        verb.set_defaults(run=run(name))


def _evidence(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server import evidence_console

        if (options.level is None) == (options.verb in ("complete", "archive")):
            parser.error("complete and archive want a level, queue and retry want none")
        return evidence_console.act(options)

    _config(parser)
    parser.add_argument("verb", choices=("complete", "archive", "queue", "retry"),
                        help="set what is demanded for a step; or show what waits and why; or try it all now")
    parser.add_argument("level", choices=("B", "T", "LT"), nargs="?")
    parser.add_argument("--since", metavar="YYYY-MM-DD", help="from that day on (default: today)")
    parser.set_defaults(run=run)


def _user(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server import administration

        return administration.add_person(options) if options.verb == "add" else administration.reset_password(options)

    verbs = parser.add_subparsers(required=True, metavar="VERB", dest="verb")
    adding = verbs.add_parser("add", help="a new person; the password is asked for or read from standard input")
    _config(adding)
    adding.add_argument("username")
    for name in ("full-name", "title"):
        adding.add_argument(f"--{name}", required=True)
    for name in ("national-id", "licence-no", "licence-until"):
        adding.add_argument(f"--{name}", default="")
    adding.add_argument("--role", action="append", required=True, dest="roles")
    adding.add_argument("--ward", action="append", default=[], dest="wards", metavar="CODE")
    adding.set_defaults(run=run)
    resetting = verbs.add_parser("password", help="a new password; open sessions end")
    _config(resetting)
    resetting.add_argument("username")
    resetting.set_defaults(run=run)


def _hours(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server import administration

        acts = {"role": administration.role_hours_set, "user": administration.person_hours_set,
                "show": administration.show_hours}
        return acts[options.verb](options)

    verbs = parser.add_subparsers(required=True, metavar="VERB", dest="verb")
    of_role = verbs.add_parser("role", help="for everybody of a role")
    of_role.add_argument("role")
    of_person = verbs.add_parser("user", help="for one person, whatever the role may; without hours: as the roles may")
    of_person.add_argument("username")
    for each, count in ((of_role, None), (of_person, "?")):
        each.add_argument("hours", type=_time_of_day, nargs=count, metavar="HH:MM-HH:MM|always")
    for each in (of_role, of_person, verbs.add_parser("show", help="what is set")):
        _config(each)
        each.set_defaults(run=run)


def _deadlines(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server import administration

        act = administration.set_deadlines if options.verb == "set" else administration.show_deadlines
        return act(options)

    verbs = parser.add_subparsers(required=True, metavar="VERB", dest="verb")
    setting = verbs.add_parser("set", help="other times, for what begins from a day on")
    setting.add_argument("times", nargs="+", type=_named_time, metavar="NAME=NUMBER", help="names as `show` lists them")
    setting.add_argument("--from", type=date.fromisoformat, dest="begins", metavar="YYYY-MM-DD", help="default: today")
    for each in (setting, verbs.add_parser("show", help="what is set")):
        _config(each)
        each.set_defaults(run=run)


def _abbreviations(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server import abbreviation_console

        return abbreviation_console.show(options) if options.verb == "show" else abbreviation_console.change(options)

    verbs = parser.add_subparsers(required=True, metavar="VERB", dest="verb")
    adding = verbs.add_parser("add", help="approve one more, by the hospital's own decision")
    removing = verbs.add_parser("remove", help="approve it no longer")
    for each in (adding, removing):
        each.add_argument("word")
        each.add_argument("--since", metavar="YYYY-MM-DD", help="default: today")
    adding.add_argument("means", help="the full words")
    for each in (adding, removing, verbs.add_parser("show", help="both lists")):
        _config(each)
        each.set_defaults(run=run)


def _named_time(text: str) -> tuple[str, int]:
    """«review_days=3»."""
    from server.store.deadline_rules import TIMES

    name, _, number = text.partition("=")
    if name not in TIMES or not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(TIMES)}, each =NUMBER from 1 on")
    return name, int(number)


def _time_of_day(text: str) -> Hours:
    """«06:30-19:00»; over midnight as «18:00-07:00»."""
    from records.access_hours import ALWAYS, Hours

    if text == "always":
        return ALWAYS
    starts, _, ends = text.partition("-")
    try:
        return Hours(starts=time.fromisoformat(starts.strip()), ends=time.fromisoformat(ends.strip()))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a span of the day, such as 06:30-19:00, nor always") from None


def _keys(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from server.administration import init_keys
        from server.settings import read_settings

        for path in init_keys(read_settings(options.config)):
            print(path)
        return 0

    verbs = parser.add_subparsers(required=True, metavar="VERB")
    first = verbs.add_parser("init", help="make the hospital key, the server's key and the recovery key, where missing")
    _config(first)
    first.set_defaults(run=run)
    _recovery(verbs.add_parser("open-store", help="the code that opens a workstation's store after a lost password"))


def _recovery(parser: Command) -> None:
    def run(options: argparse.Namespace) -> int:
        from records.recovery import read_request

        print(read_request(options.request or sys.stdin.read(), options.key.read_bytes()))
        return 0

    parser.add_argument("--key", type=Path, required=True, help="the private recovery key (recovery.pem)")
    parser.add_argument("request", nargs="?", help="what the workstation shows; from standard input when left out")
    parser.set_defaults(run=run)


if __name__ == "__main__":
    sys.exit(main())
