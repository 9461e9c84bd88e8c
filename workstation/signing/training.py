"""A key in a file instead of a token: for training hospitals only, and every mark made with it says so."""

from __future__ import annotations

import logging
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from records.errors import Cancelled, Reason, Refusal
from workstation.signing.base import Identity, Mechanism, PinRequest, Prompter, Signer, failure

log = logging.getLogger(__name__)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class TrainingSigner(Signer):
    """One PEM file that holds the certificate, its authorities, and the private key, encrypted or not."""

    training = True

    def __init__(self, path: Path, *, training_server: bool) -> None:
        if not training_server:
            raise failure("training_key_forbidden", str(path))
        log.warning("Signing with a training key: %s. What it signs is for practice and binds nobody.", path)
        self._path = path
        self._key: PrivateKey | None = None
        self._opened: Identity | None = None

    def identities(self) -> tuple[Identity, ...]:
        """The first certificate of the file; the others are its authorities."""
        try:
            certificates = x509.load_pem_x509_certificates(self._path.read_bytes())
        except (OSError, ValueError) as error:
            raise failure("training_key_unreadable", str(self._path), detail=str(error)) from error
        own, *above = (certificate.public_bytes(Encoding.DER) for certificate in certificates)
        return (Identity(own, tuple(above), label=self._path.stem, module=str(self._path),
                         token_label=self._path.name),)

    def absence(self) -> Refusal:
        return failure("training_key_unreadable", str(self._path), detail="no certificate")

    def open(self, identity: Identity, prompter: Prompter) -> None:
        """Load the key, asking for its password when it has one."""
        request = PinRequest(identity, identity.token_label)
        key = self._load(None)
        while key is None:
            pin = prompter.ask_pin(request)
            if pin is None:
                raise Cancelled
            key = self._load(pin.reveal().encode())
            pin.wipe()
            request = PinRequest(identity, identity.token_label, refused=Reason("key_password_wrong"))
        self._key, self._opened = key, identity

    @property
    def identity(self) -> Identity:
        if self._opened is None:
            raise failure("training_key_unreadable", str(self._path), detail="not opened")
        return self._opened

    def sign_raw(self, data: bytes, mechanism: Mechanism) -> bytes:
        """The signature by the file's key, checked against the certificate beside it."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            signature = self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        elif self._key is not None:
            signature = self._key.sign(data, ec.ECDSA(hashes.SHA256()))
        else:
            raise failure("training_key_unreadable", str(self._path), detail="not opened")
        if mechanism is not self.identity.mechanism or not self.identity.made(signature, data):
            raise failure("certificate_changed", self.identity.serial)
        return signature

    def close(self) -> None:
        self._key = self._opened = None

    def _load(self, password: bytes | None) -> PrivateKey | None:
        """The key; None when the password is missing or wrong."""
        try:
            key = load_pem_private_key(self._path.read_bytes(), password)
        except TypeError:
            return None  # encrypted, and no password was given
        except ValueError as error:
            if password is not None:
                return None
            raise failure("training_key_unreadable", str(self._path), detail=str(error)) from error
        except OSError as error:
            raise failure("training_key_unreadable", str(self._path), detail=str(error)) from error
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise failure("training_key_unreadable", str(self._path), detail="neither RSA nor EC")
        return key
