"""SoftHSM tokens for demo and tests: one token a person, reached through the same PKCS#11 path as a USB token.

`make_home(directory)`, then `make_token(home, token_label("Nguyễn Thị Đào"), pin, doctor)` with a `doctor` that
`server.demo.pki` issued; the token that comes back says what the workstation needs: module, environment and label.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import subprocess
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from records.errors import BenhAnError
from server.demo.pki import Issued

MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/pkcs11/libsofthsm2.so"),
    Path("/usr/local/lib/softhsm/libsofthsm2.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
)
LABEL_BYTES = 32
"""A PKCS#11 token label has 32 bytes, no more."""


class TokenSetupError(BenhAnError):
    """SoftHSM is missing or refused; the message says which and what to do, and never holds a PIN."""


@dataclass(frozen=True)
class TokenHome:
    """A folder with its own SoftHSM configuration and tokens."""

    directory: Path
    module: Path

    @property
    def config(self) -> Path:
        """The file that SOFTHSM2_CONF points to."""
        return self.directory / "softhsm2.conf"

    @property
    def objects(self) -> Path:
        """Where the tokens lie. Moved away and back, it is a token pulled and put in again."""
        return self.directory / "tokens"

    @property
    def env(self) -> Mapping[str, str]:
        """What the process that loads the module needs in its environment."""
        return {"SOFTHSM2_CONF": str(self.config)}


@dataclass(frozen=True)
class DemoToken:
    """A token that is ready: where its module is, under which environment, and its label."""

    module: Path
    env: Mapping[str, str]
    label: str


def softhsm_module() -> Path:
    """The SoftHSM library of this machine."""
    for path in MODULES:
        if path.exists():
            return path
    raise TokenSetupError("SoftHSM is not installed; run: apt-get install softhsm2")


def make_home(directory: Path) -> TokenHome:
    """A token folder, made when it is not there yet; tokens already in it stay."""
    home = TokenHome(directory.resolve(), softhsm_module())
    home.objects.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.config.write_text(
        f"directories.tokendir = {home.objects}\nobjectstore.backend = file\nlog.level = ERROR\n", "utf-8",
    )
    return home


def token_label(full_name: str) -> str:
    """The person's name as a label: without diacritics, at most 32 bytes."""
    decomposed = unicodedata.normalize("NFD", full_name.replace("đ", "d").replace("Đ", "D"))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return plain.encode("ascii", "ignore")[:LABEL_BYTES].decode("ascii").strip()


def token_labels(home: TokenHome) -> tuple[str, ...]:
    """The labels of the tokens in `home`, so that a second run of the demo keeps them."""
    shown = _softhsm_util(home, "--show-slots")
    labels = (label.strip() for label in re.findall(r"^\s*Label:(.*)$", shown, re.MULTILINE))
    return tuple(label for label in labels if label)


def make_token(home: TokenHome, label: str, pin: str, *contents: Issued, so_pin: str = "") -> DemoToken:
    """A new token with `label` and `pin` that holds the keys and certificates of `contents` (none: an empty token).

    Without `so_pin`, the security officer's PIN is random and forgotten: a demo token that is locked is made anew.
    """
    _new_token(home, label, pin, so_pin)
    if contents:
        _fill(home, pin, {label: contents})
    return DemoToken(home.module, home.env, label)


def make_tokens(home: TokenHome, pin: str, held: Mapping[str, Issued]) -> None:
    """New tokens by their labels, all with one PIN: written by one process, which begins once for all of them."""
    for label in held:
        _new_token(home, label, pin)
    if held:
        _fill(home, pin, {label: (issued,) for label, issued in held.items()})


def _new_token(home: TokenHome, label: str, pin: str, so_pin: str = "") -> None:
    if len(label.encode()) > LABEL_BYTES:
        raise TokenSetupError(f"The token label is longer than {LABEL_BYTES} bytes: {label}")
    _softhsm_util(home, "--init-token", "--free", "--label", label, "--so-pin", so_pin or secrets.token_hex(8),
                  "--pin", pin)


def _softhsm_util(home: TokenHome, *arguments: str) -> str:
    try:
        done = subprocess.run(["softhsm2-util", *arguments], env={**os.environ, **home.env}, text=True,
                              capture_output=True, check=False, timeout=60)
    except FileNotFoundError:
        raise TokenSetupError("softhsm2-util is not installed; run: apt-get install softhsm2") from None
    if done.returncode:
        raise TokenSetupError(f"softhsm2-util {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def _fill(home: TokenHome, pin: str, held: Mapping[str, Sequence[Issued]]) -> None:
    """Write keys and certificates in a process of its own: SoftHSM reads its configuration once per process."""
    task = {"module": str(home.module), "pin": pin, "tokens": {
        label: [
            {
                "key": _text(issued.key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())),
                "certificate": _text(issued.der),
                "chain": [_text(der) for der in issued.chain_der],
                "name": label,
            }
            for issued in contents
        ]
        for label, contents in held.items()
    }}
    done = subprocess.run([sys.executable, "-m", "server.demo.token_writer"], input=json.dumps(task), text=True,
                          env={**os.environ, **home.env}, capture_output=True, check=False, timeout=60,
                          cwd=Path(__file__).parents[2])
    if done.returncode:
        raise TokenSetupError(f"The token {', '.join(held)} could not be filled: {done.stderr.strip()[-400:]}")


def _text(der: bytes) -> str:
    return base64.b64encode(der).decode("ascii")
