"""A stack of 50 rows through the whole path: drawn, signed visibly by the token, handed in, judged, stored durably.

The client side is the workstation's own: signing stack and token process, outbox in the encrypted local store, and a
sender beside them. Peers: pyHanko's library signing the same 50 drawn PDFs, and the pace of a slow token itself.
"""

from __future__ import annotations

import io
import os
import secrets
import statistics
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pkcs11
from pkcs11 import Attribute, ObjectClass
from pyhanko.pdf_utils.font.opentype import GlyphAccumulatorFactory
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.sign import PdfSignatureMetadata, PdfSigner
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.pkcs11 import PKCS11Signer
from pyhanko.stamp import TextStampStyle

from bench.house import DOCTOR, House, house
from bench.measure import Figure
from bench.rows import SLOT, document, mark_of, row
from records.bundled import bundled
from records.entries import Version
from records.errors import BenhAnError
from records.render import render_entry, slot_field
from records.render.mark import mark_text
from scripts.demo_history import Known
from server.demo.tokens import make_home, softhsm_module
from tests.p11shim.fixture import Shim, build_shim
from workstation.client import Client
from workstation.drafts import Store
from workstation.models.handing_in import hand_in
from workstation.models.sender import AT_ONCE, Outbox
from workstation.signing.base import Identity
from workstation.signing.criteria import Criteria, choose
from workstation.signing.stack import Outcome, Stack
from workstation.signing.token import TokenSigner

COUNT, PATIENTS, ROUNDS = 50, 25, 3
PACE_MS = 250
"""A token of four signatures a second."""
PAGE_KB = 60


class NotAccepted(BenhAnError):
    """The server did not take a file of the bench."""


def run() -> list[Figure]:
    """Signed documents a second, beside pyHanko's and beside a slow token's; a signed page's size."""
    with house() as place:
        token_env = make_home(place.home.folder / "tokens").env
        module = str(softhsm_module())
        ours, theirs, files = _in_turn(place, module, token_env)
        with tempfile.TemporaryDirectory() as folder:
            shim = Shim(build_shim(Path(folder)), Path(folder) / "control")
            shim.says(f"C_Sign delay {PACE_MS}")
            slow, _ = _whole_path(place, [shim.module], {**token_env, **shim.env}, COUNT)
    pace, size = 1000 / PACE_MS, max(map(len, files)) / 1000
    return [
        Figure(f"stack of {COUNT}, whole path", ours, theirs, "documents/s", "pyHanko's library, signing only",
               "at least 0.5 times", ours >= 0.5 * theirs),
        Figure(f"stack of {COUNT}, token of 4 a second", slow, pace, "documents/s", "the token's own pace",
               "at least 95 %", slow >= 0.95 * pace),
        Figure("one-page entry with one signature", size, PAGE_KB, "KB", "limit", "under 60 KB", size < PAGE_KB),
    ]


def _in_turn(place: House, module: str, env: Mapping[str, str]) -> tuple[float, float, list[bytes]]:
    """Documents a second, ours and pyHanko's: the medians of rounds in turn, so that both meet the same machine.

    The first round is ours, on a server that has signed nothing yet.
    """
    ours: list[float] = []
    theirs: list[float] = []
    files: list[bytes] = []
    for _ in range(ROUNDS):
        pace, signed = _whole_path(place, [module], env, COUNT)
        ours.append(pace)
        theirs.append(_pyhanko(place, module, env))
        files += signed
    return statistics.median(ours), statistics.median(theirs), files


def _whole_path(
    place: House, modules: Sequence[str], env: Mapping[str, str], count: int,
) -> tuple[float, list[bytes]]:
    """Documents a second from the PIN to the last receipt, and the signed files."""
    client, account = place.client()
    charts = [client.chart(place.encounter()) for _ in range(PATIENTS)]
    rows = [row(charts[number % PATIENTS], account, number, hours_ago=1 + number / 60) for number in range(count)]
    with (tempfile.TemporaryDirectory() as folder, closing(client), TokenSigner(modules, env=env) as signer,
          closing(Store(Path(folder) / "local.db", secrets.token_bytes(32), account.person.id)) as store):
        identity = choose(signer, Criteria(at=datetime.now(UTC), national_id=account.person.national_id),
                          Known(place.login(DOCTOR)["pin"]))
        sending = _Sending(store, client, {str(version.entry): version for version in rows})
        stack = Stack(signer, identity, [document(version, account.person.title) for version in rows],
                      told=sending.take, now=client.clock.server_now)
        start = time.perf_counter()
        with sending:
            stack.run(Known(place.login(DOCTOR)["pin"]))
        took = time.perf_counter() - start
    return count / took, sending.files


class _Sending:
    """Signed files into the local store, and from there to the server, in order, beside the signing."""

    def __init__(self, store: Store, client: Client, rows: Mapping[str, Version]) -> None:
        self.files: list[bytes] = []
        self._store, self._rows = store, rows
        self._outbox = Outbox(store, client)
        self._left = len(rows)
        self._news = threading.Condition()
        self._seen = 0
        self._senders = [threading.Thread(target=self._send, name=f"send {number}") for number in range(AT_ONCE)]
        self._failure: BenhAnError | None = None

    def take(self, outcome: Outcome) -> None:
        """On the disk before the next one is told."""
        if outcome.signed is None:
            raise NotAccepted(", ".join(reason.english for reason in outcome.reasons))
        version = self._rows[outcome.document.key]
        self._store.put_command(hand_in(
            form=version.form, entry=version.entry, version=1, encounter=version.stay.id, slot=SLOT, pdf=outcome.signed,
            patient_name=version.subject.full_name, occurred_at=version.occurred_at, begun_at=None, offline=False))
        self.files.append(outcome.signed)
        self._note()

    def _send(self) -> None:
        while self._left and self._failure is None:
            seen = self._seen
            sent = self._outbox.send_next()
            if sent is None:
                self._wait(seen)
            elif sent.entry is None:
                self._note(failure=NotAccepted(str(sent.trouble or sent.item.reasons)))
            else:
                self._note(sent=1)

    def _wait(self, seen: int) -> None:
        with self._news:
            self._news.wait_for(lambda: self._seen != seen, timeout=1)

    def _note(self, *, sent: int = 0, failure: BenhAnError | None = None) -> None:
        with self._news:
            self._left -= sent
            self._failure = failure or self._failure
            self._seen += 1
            self._news.notify_all()

    def __enter__(self) -> None:
        for sender in self._senders:
            sender.start()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._note(failure=NotAccepted("the stack was not signed"))
        for sender in self._senders:
            sender.join()
        if kind is None and self._failure is not None:
            raise self._failure


def _pyhanko(place: House, module: str, env: Mapping[str, str]) -> float:
    """Documents a second of pyHanko's library: the same pages, drawn before, the same words in the same font."""
    client, account = place.client()
    with closing(client):
        chart = client.chart(place.encounter())
    rows = [row(chart, account, number) for number in range(1, COUNT + 1)]
    pages = [render_entry(version) for version in rows]
    login = place.login(DOCTOR)
    os.environ.update(env)  # the library reads it when it loads
    token = pkcs11.lib(module).get_token(token_label=login["token"])
    with token.open(user_pin=login["pin"]) as session:
        key = next(iter(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})))
        signer = PKCS11Signer(session, cert_id=key[Attribute.ID], key_id=key[Attribute.ID])
        certificate = signer.signing_cert
        if certificate is None:
            raise NotAccepted("the token holds no certificate for its key")
        identity = Identity(certificate.dump())
        texts = [mark_text(mark_of(version, account.person.title, identity, datetime.now(UTC))) for version in rows]
        start = time.perf_counter()
        for page, words in zip(pages, texts, strict=True):
            _sign(signer, page, words)
        return COUNT / (time.perf_counter() - start)


def _sign(signer: PKCS11Signer, page: bytes, words: Sequence[str]) -> bytes:
    font = str(bundled("fonts", "BenhAnSerif-Regular.ttf"))
    style = TextStampStyle(
        stamp_text="\n".join(words), background=None, inner_content_layout=None,
        text_box_style=TextBoxStyle(font=GlyphAccumulatorFactory(font_file=font), font_size=8, leading=10))
    metadata = PdfSignatureMetadata(field_name=slot_field(SLOT), subfilter=SigSeedSubFilter.PADES,
                                    md_algorithm="sha256")
    pdf_signer = PdfSigner(metadata, signer=signer, stamp_style=style)
    signed = pdf_signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(page)), existing_fields_only=True,
                                 bytes_reserved=8192)
    return bytes(signed.getbuffer()) if isinstance(signed, io.BytesIO) else b""
