"""Workstations run on Windows, and we build on Linux: what works on one alone stands in imaging/system.py only."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "imaging" / "system.py"
FILES = sorted(file for package in ("workstation", "imaging", "records", "resources", "migrations/local")
               for file in (ROOT / package).rglob("*.py") if file != PLACE)
ONE_SIDED = frozenset({"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog", "readline",
                       "msvcrt", "winreg", "winsound", "_winapi", "multiprocessing"})
"""Modules of one system; and `multiprocessing`, which on Windows starts the whole program anew."""
ASKS = {("sys", "platform"), ("sys", "getwindowsversion"), ("os", "name"), ("platform", "system"), ("os", "uname"),
        ("os", "fork"), ("os", "kill"), ("os", "killpg"), ("os", "getuid"), ("os", "geteuid"), ("os", "statvfs"),
        ("os", "mkfifo"), ("os", "symlink"), ("os", "startfile"), ("os", "sched_getaffinity"), ("os", "nice"),
        ("os", "rename"), ("os", "replace"), ("signal", "SIGKILL"), ("signal", "SIGHUP"), ("signal", "SIGUSR1"),
        ("signal", "SIGALRM"), ("signal", "alarm"), ("signal", "pause"), ("socket", "AF_UNIX"), ("time", "tzset"),
        ("ctypes", "windll"), ("subprocess", "run"), ("select", "poll"), ("select", "epoll")}
PLACES = ("/proc", "/tmp", "/dev/", "/var/", "/run/")


def one_sided(file: Path) -> Iterator[str]:
    module = ast.parse(file.read_text("utf-8"))
    words = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names if one.name.split(".")[0] in ONE_SIDED)
            case ast.ImportFrom(module=name, names=names) if name:
                yield from (name for _ in names[:1] if name.split(".")[0] in ONE_SIDED)
                yield from (f"{name}.{one.name}" for one in names if (name, one.name) in ASKS)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if (owner, name) in ASKS:
                yield f"{owner}.{name}"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="subprocess"), attr="Popen")):
                yield "a child whose console window flashes up (start_child)"
            case ast.Call(func=ast.Attribute(attr="replace" | "rename"), args=[_], keywords=[]):
                yield "a rename that fails on Windows while anybody has the file open (put_in_place)"
            case ast.Call(func=ast.Attribute(attr="read_text"), args=[], keywords=[]):
                yield "read_text in whatever alphabet the PC has"
            case ast.Call(func=ast.Attribute(attr="write_text"), args=[_], keywords=[]):
                yield "write_text in whatever alphabet the PC has"
            case ast.Constant(value=str(text)) if id(node) not in words and text.startswith(PLACES):
                yield text


def test_what_works_on_one_system_alone_stands_in_one_module() -> None:
    found = [f"{file.relative_to(ROOT)}: {what}" for file in FILES for what in one_sided(file)]
    assert FILES
    assert not found, "\n".join(found)


def test_the_rule_finds_what_it_is_for(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    for bad in ("import fcntl", "import sys\nx = sys.platform", "from os import kill", "a.replace(b)", "p.read_text()",
                "p.write_text(x)", "open('/proc/self/status')", "import subprocess\nsubprocess.Popen([])",
                "from multiprocessing import Pool"):
        file.write_text(bad, "utf-8")
        assert list(one_sided(file)), bad
    for good in ("a.replace('x', 'y')", "at.replace(second=0)", "p.read_text('utf-8')", "import signal\nsignal.SIGINT"):
        file.write_text(good, "utf-8")
        assert not list(one_sided(file)), good
