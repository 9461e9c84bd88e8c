"""`benhan-server organisation-key`: make the organisation's key, take its certificate on, list what is there."""

from __future__ import annotations

import getpass
import secrets
from argparse import Namespace
from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from records.errors import Refusal
from records.identities import Identity
from server.services import organisation
from server.services.hospital import Hospital
from server.settings import Settings, read_settings
from server.store import organisation_keys
from server.store.key_files import HospitalKey
from server.store.organisation_keys import OrganisationKey

BITS = 3072
SEALED = ".sealed"


def new(options: Namespace) -> int:
    """A new key in a sealed file, and the request that the certificate authority wants."""
    settings = read_settings(options.config)
    key = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    file = _folder(settings) / f"{secrets.token_hex(8)}{SEALED}"
    organisation_keys.seal(HospitalKey.read(settings.path(settings.hospital_key)), file, key)
    names = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, options.name)]
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)).sign(key, hashes.SHA256())
    options.request.write_bytes(request.public_bytes(Encoding.PEM))
    print(f"The key is sealed in {file}. Send {options.request} to the certificate authority; then install what it "
          "gives: benhan-server organisation-key install.")
    return 0


def install(options: Namespace) -> int:
    """Take the certificate on; a second person approves it on screen before it signs."""
    settings = read_settings(options.config)
    der, *chain = _certificates(options.certificate)
    hospital = Hospital.open(settings)
    try:
        key = OrganisationKey(UUID(int=0), UUID(int=0), der, tuple(chain), "", module=options.module or "",
                              token=options.token or "", key=options.key or "",
                              sealed="" if options.module else _sealed_of(settings, der))
        installed = organisation.install(hospital, key, getpass.getuser())
    finally:
        hospital.close()
    who = Identity(installed.der)
    print(f"{who.full_name}, certificate {who.serial}: it signs once a second person approves it among the "
          "certificates.")
    return 0


def show(options: Namespace) -> int:
    """Every key, the newest first; the first approved one signs."""
    hospital = Hospital.open(read_settings(options.config))
    try:
        keys = organisation.listed(hospital)
    finally:
        hospital.close()
    signing = next((key for key in keys if key.state == "approved"), None)
    for key in keys:
        who = Identity(key.der)
        place = f"{key.module} ({key.token})" if key.module else key.sealed
        print(f"{'SIGNS ' if key is signing else '      '} {who.full_name}  {who.serial}  {key.state}  "
              f"until {who.not_after:%d/%m/%Y}  {place}")
    return 0


def _folder(settings: Settings) -> Path:
    return settings.path(settings.organisation)


def _certificates(file: Path) -> list[bytes]:
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise Refusal.because("organisation_certificate_unfit", str(file), detail=type(error).__name__) from error
    return [one.public_bytes(Encoding.DER) for one in found]


def _sealed_of(settings: Settings, der: bytes) -> str:
    """The sealed file whose key the certificate was given for."""
    hospital_key = HospitalKey.read(settings.path(settings.hospital_key))
    wanted = _spki(x509.load_der_x509_certificate(der).public_key())
    for file in sorted(_folder(settings).glob(f"*{SEALED}")):
        if _spki(organisation_keys.unseal(hospital_key, file).public_key()) == wanted:
            return file.name
    raise Refusal.because("organisation_certificate_unfit", Identity(der).serial,
                          detail="no sealed key here belongs to it; name --module and --token for an HSM")


def _spki(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) if isinstance(
        key, rsa.RSAPublicKey) else b""
