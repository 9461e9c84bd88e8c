"""Time-stamp authority, OCSP responders and revocation lists, made by Certomancer, over values, HTTP or HTTPS.

Over values for a made-up moment (forged files are of one day); over HTTP(S) for the server's tests: a service can be
down, slow, or answer for somebody else, on command. Certificates stay ours (`server.demo.pki`), so that the same people
sign everywhere.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import algos, crl, keys, ocsp, tsp, x509
from certomancer import crypto_utils
from certomancer.services import (
    CRLBuilder,
    RevocationInfoInterface,
    SimpleOCSPResponder,
    TimeStamper,
    choose_signed_digest,
)
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from server.demo.pki import Issued, Services, issue_responder, issue_stamper

LONG_BEFORE = timedelta(days=800)


@cache
def _read(key: bytes) -> object:
    return load_der_private_key(key, None)


class _KeysReadOnce(crypto_utils.PycaCryptographyBackend):
    """Certomancer reads its key anew for each signature, and checking an RSA key takes many times what signing does."""

    def generic_sign(self, private_key: keys.PrivateKeyInfo, tbs_bytes: bytes, sd_algo: algos.SignedDigestAlgorithm,
                     ) -> bytes:
        key = _read(private_key.dump())
        if sd_algo.signature_algo == "rsassa_pkcs1v15" and isinstance(key, rsa.RSAPrivateKey):
            return key.sign(tbs_bytes, padding.PKCS1v15(), getattr(hashes, sd_algo.hash_algo.upper())())
        return bytes(super().generic_sign(private_key, tbs_bytes, sd_algo))


crypto_utils.CRYPTO_BACKEND = _KeysReadOnce()


def as_asn1(issued: Issued) -> tuple[x509.Certificate, keys.PrivateKeyInfo]:
    """Certificate and key as Certomancer wants them."""
    key = issued.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return x509.Certificate.load(issued.der), keys.PrivateKeyInfo.load(key)


def stamp(stamper: Issued, request: bytes, at: datetime | None = None) -> bytes:
    """The authority's answer to a time-stamp request, as if it came at that moment."""
    certificate, key = as_asn1(stamper)
    chain = [x509.Certificate.load(der) for der in stamper.chain_der[:-1]]
    made = TimeStamper(certificate, key, certs_to_embed=chain, fixed_dt=at.astimezone(UTC) if at else None)
    return bytes(made.request_tsa_response(tsp.TimeStampReq.load(request)).dump())


@dataclass
class Authority(RevocationInfoInterface):
    """A certificate authority that answers for what it issued."""

    issued: Issued
    responder: Issued
    revoked: dict[int, datetime] = field(default_factory=dict)
    """Serial number -> since when."""

    @classmethod
    def of(cls, issued: Issued, begin: datetime | None = None) -> Authority:
        """With a responder of its own."""
        return cls(issued, issue_responder(issued, begin=begin))

    def revoke(self, certificate: Issued, at: datetime) -> None:
        """From that moment on."""
        self.revoked[certificate.certificate.serial_number] = at.replace(microsecond=0)

    def get_issuer_cert(self) -> x509.Certificate:
        return x509.Certificate.load(self.issued.der)

    def check_revocation_status(self, cid: ocsp.CertId, at_time: datetime) -> tuple[ocsp.CertStatus, list[object]]:
        since = self.revoked.get(cid["serial_number"].native)
        if since is None or since > at_time:
            return ocsp.CertStatus("good"), []
        info = ocsp.RevokedInfo({"revocation_time": since.astimezone(UTC), "revocation_reason": "key_compromise"})
        return ocsp.CertStatus(name="revoked", value=info), []

    def answer(self, request: bytes, at: datetime, lives: timedelta = timedelta(hours=1)) -> bytes:
        """The OCSP answer given at that moment."""
        certificate, key = as_asn1(self.responder)
        responder = SimpleOCSPResponder(
            certificate, key, choose_signed_digest("sha256", certificate.public_key),
            at.astimezone(UTC).replace(microsecond=0), self, lives)
        return bytes(responder.build_ocsp_response(ocsp.OCSPRequest.load(request)).dump())

    def answer_for(self, certificate: Issued, at: datetime) -> bytes:
        """The answer about one certificate."""
        issuer = self.get_issuer_cert()
        request = ocsp.OCSPRequest({"tbs_request": {"request_list": [{"req_cert": {
            "hash_algorithm": {"algorithm": "sha1"}, "issuer_name_hash": issuer.subject.sha1,
            "issuer_key_hash": issuer.public_key.sha1, "serial_number": certificate.certificate.serial_number}}]}})
        return self.answer(request.dump(), at)

    def listed(self, at: datetime, lives: timedelta = timedelta(days=1)) -> bytes:
        """The revocation list made at that moment."""
        certificate, key = as_asn1(self.issued)
        builder = CRLBuilder(certificate.subject, key, choose_signed_digest("sha256", certificate.public_key),
                             certificate.key_identifier_value)
        revoked = [CRLBuilder.format_revoked_cert(serial, crl.CRLReason("key_compromise"), since.astimezone(UTC))
                   for serial, since in self.revoked.items() if since <= at]
        now = at.astimezone(UTC).replace(microsecond=0)
        return bytes(builder.build_crl(int(now.timestamp()), now, now + lives, revoked).dump())


@dataclass
class TrustServices:
    """The services of one demo authority over HTTP on this machine."""

    port: int = 0
    scheme: str = "http"
    authorities: dict[str, Authority] = field(default_factory=dict)
    stamper: Issued | None = None
    down: set[str] = field(default_factory=set)
    """Services that answer with an error: "tsa", "ocsp", "crl"."""
    delay_s: float = 0
    asked: list[str] = field(default_factory=list)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @property
    def base(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def tsa(self) -> str:
        """Where time stamps are given."""
        return f"{self.base}/tsa"

    def of(self, name: str) -> Services:
        """What an authority of that name writes into its certificates."""
        return Services(f"{self.base}/ocsp/{name}", f"{self.base}/crl/{name}.crl")

    def answer_for(self, name: str, authority: Issued, begin: datetime | None = None) -> Authority:
        """Answer for this authority's certificates under that name."""
        self.authorities[name] = Authority.of(authority, begin)
        return self.authorities[name]

    def stamp_by(self, authority: Issued, name: str, begin: datetime | None = None) -> Issued:
        """Give time stamps by a certificate of this authority."""
        self.stamper = issue_stamper(authority, begin=begin, services=self.of(name))
        return self.stamper

    def handle(self, path: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, media type and body of one answer."""
        kind, _, name = path.strip("/").partition("/")
        self.asked.append(kind)
        if self.delay_s:
            time.sleep(self.delay_s)
        if kind in self.down:
            return 503, "text/plain", b"down"
        if kind == "tsa" and self.stamper is not None:
            return 200, "application/timestamp-reply", stamp(self.stamper, body)
        authority = self.authorities.get(name.removesuffix(".crl"))
        if authority is not None and kind == "ocsp":
            return 200, "application/ocsp-response", authority.answer(body, self.now())
        if authority is not None and kind == "crl":
            return 200, "application/pkix-crl", authority.listed(self.now())
        return 404, "text/plain", b"nobody"


@contextmanager
def serving(tls: ssl.SSLContext | None = None, port: int = 0) -> Iterator[TrustServices]:
    """Trust services on a port of this machine; certificates are issued once the port is known."""
    services = TrustServices(scheme="https" if tls else "http")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, kind, data = services.handle(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer

        def log_message(self, *arguments: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    if tls is not None:
        # The handshake belongs to each connection's thread: a stranger who never finishes it must not stop the rest.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    services.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
