"""The token's pace while the window is busy: signatures a second of the token process, beside a raw loop of C_Sign.

The window's thread does what a chart does to it at its worst: it never lets go of the interpreter of its own accord.
The raw loop runs alone in a process of its own, on the same token, right before and right after.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.measure import Figure
from scripts.demo_history import Known
from server.demo.pki import issue_person, make_issuing, make_root
from server.demo.tokens import make_home, make_token, softhsm_module
from tests.p11shim.fixture import Shim, build_shim
from workstation.background import SWITCH_S
from workstation.signing.criteria import Criteria, choose
from workstation.signing.stack import quick_turns
from workstation.signing.token import TokenSigner

PIN, LABEL, ROUNDS = "73915602", "bench", 3
PACES_MS = {250: 12, 20: 100}
"""Milliseconds a signature -> how many are made: the usual USB token, and one quicker than any that is sold."""
SOFTWARE = 200
DEMAND = 0.8
_RAW = """
import json, os, pkcs11, sys, time
from pkcs11 import Attribute, Mechanism, ObjectClass
token = pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2])
with token.open(user_pin=sys.argv[3]) as session:
    key = next(iter(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})))
    data = [os.urandom(300) for _ in range(int(sys.argv[4]))]
    key.sign(data[0], mechanism=Mechanism.SHA256_RSA_PKCS)
    begun = time.perf_counter()
    for one in data:
        key.sign(one, mechanism=Mechanism.SHA256_RSA_PKCS)
    print(json.dumps(len(data) / (time.perf_counter() - begun)))
"""


def run() -> list[Figure]:
    """At each pace."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)  # as the workstation does when it starts
    with tempfile.TemporaryDirectory() as folder:
        home = make_home(Path(folder) / "tokens")
        person = issue_person(make_issuing(make_root()), "Bench", "001185000123")
        make_token(home, LABEL, PIN, person)
        shim = Shim(build_shim(Path(folder)), Path(folder) / "control")
        try:
            return [*(_at_pace(shim, home.env, pace_ms, count) for pace_ms, count in PACES_MS.items()),
                    _software(home.env)]
        finally:
            sys.setswitchinterval(before)


def _at_pace(shim: Shim, env: Mapping[str, str], pace_ms: int, count: int) -> Figure:
    shim.says(f"C_Sign delay {pace_ms}")
    return _pair(shim.module, {**shim.env, **env}, f"token of {1000 // pace_ms} a second", count)


def _software(env: Mapping[str, str]) -> Figure:
    """SoftHSM itself, a signature in a millisecond or two: told, not demanded. What it loses is the way between two
    processes and the window's turns; the stack that draws, marks and keeps its files asks for far less.
    """
    told = _pair(str(softhsm_module()), env, "software token, quicker than any that is sold", SOFTWARE)
    return replace(told, demand="none", met=None)


def _pair(module: str, env: Mapping[str, str], name: str, count: int) -> Figure:
    raw, ours = [], []
    for _ in range(ROUNDS):
        raw.append(_raw(module, env, count))
        ours.append(_ours(module, env, count))
    ours_median, raw_median = statistics.median(ours), statistics.median(raw)
    return Figure(f"token process, window busy: {name}", ours_median, raw_median, "signatures/s", "raw C_Sign loop",
                  f"at least {DEMAND} times", ours_median >= DEMAND * raw_median)


def _raw(module: str, env: Mapping[str, str], count: int) -> float:
    done = subprocess.run([sys.executable, "-c", _RAW, module, LABEL, PIN, str(count)], env={**os.environ, **env},
                          capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout))


def _ours(module: str, env: Mapping[str, str], count: int) -> float:
    data = [secrets.token_bytes(300) for _ in range(count)]
    with TokenSigner([module], env=env) as signer:
        identity = choose(signer, Criteria(at=datetime.now(UTC)), Known(PIN))
        signer.open(identity, Known(PIN))
        signer.sign_raw(data[0], identity.mechanism)
        with _busy_window(), quick_turns():
            begun = time.perf_counter()
            for one in data:
                signer.sign_raw(one, identity.mechanism)
            return count / (time.perf_counter() - begun)


@contextmanager
def _busy_window() -> Iterator[None]:
    """A thread that computes without a pause, as the window's does while it draws a long chart."""
    over = threading.Event()

    def draw() -> None:
        while not over.is_set():
            sum(number * number for number in range(20_000))

    drawing = threading.Thread(target=draw, name="busy window", daemon=True)
    drawing.start()
    try:
        yield
    finally:
        over.set()
        drawing.join()
