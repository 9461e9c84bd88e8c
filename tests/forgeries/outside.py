"""Judges that are not ours, each reduced to one answer: does it let the file pass?"""

from __future__ import annotations

import asyncio
import io
import os
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import x509
from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import UnacceptableSignerError
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.ades import ades_with_time_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import async_validate_pdf_timestamp
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationContext
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

from tests.forgeries import people
from tests.forgeries.signing import gap, ranges


def poppler(file: bytes, folder: Path) -> bool:
    """pdfsig: every signature's value fits its bytes and the last one covers the whole file."""
    path = folder / "a.pdf"
    path.write_bytes(file)
    done = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, "HOME": str(folder), "LC_ALL": "C.UTF-8"})
    told = done.stdout
    return ("Signature is Valid." in told and told.count("Signature Validation:") == told.count("Signature is Valid.")
            and "Not total document signed" not in told.rsplit("Signature #", maxsplit=1)[-1])


def qpdf(file: bytes, folder: Path) -> bool:
    """qpdf --check: the file's syntax needs no repair."""
    path = folder / "a.pdf"
    path.write_bytes(file)
    done = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False, timeout=60)
    return done.returncode == 0


def openssl(file: bytes, folder: Path) -> bool:
    """openssl cms: the last signature's value, and its chain at the claimed time; knows nothing of PDF."""
    try:
        begin, end = gap(file)
        end_of_covered = sum(ranges(file)[-1][1:])
        value = bytes.fromhex(file[begin:end].decode("latin-1"))
    except (ValueError, IndexError):
        return False
    paths = [folder / name for name in ("cms.der", "content.bin", "root.pem")]
    covered = file[:begin - 1] + file[end + 1:end_of_covered]
    contents = (value, covered, people.root().certificate.public_bytes(Encoding.PEM))
    for path, data in zip(paths, contents, strict=True):
        path.write_bytes(data)
    done = subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(paths[0]), "-content", str(paths[1]),
         "-CAfile", str(paths[2]), "-purpose", "any", "-attime", str(int(people.SIGNED.timestamp())), "-out",
         str(folder / "out.bin")], capture_output=True, check=False, timeout=60)
    return done.returncode == 0


def pyhanko(file: bytes, folder: Path) -> bool:
    """pyHanko in its strict mode, with its analysis of later changes: its bottom line for every signature.

    A file with a security store is judged by that store alone, offline, and must not leave revocation open.
    """
    try:
        return asyncio.run(_pyhanko(file))
    except (PdfReadError, SignatureValidationError, UnacceptableSignerError, ValueError, KeyError, TypeError):
        return False


async def _pyhanko(file: bytes) -> bool:
    reader = PdfFileReader(io.BytesIO(file), strict=True)
    lines = []
    for signature in reader.embedded_regular_signatures:
        status = await async_validate_pdf_signature(signature, _context(reader))
        lines.append(status.bottom_line)
    for stamp in reader.embedded_timestamp_signatures:
        told = await async_validate_pdf_timestamp(stamp, _context(reader))
        lines.append(told.intact and told.valid and told.trusted)
    return bool(lines) and all(lines)


def _context(reader: PdfFileReader) -> ValidationContext:
    known: dict[str, Any] = {
        "trust_roots": [x509.Certificate.load(people.root().der)], "allow_fetching": False,
        "other_certs": [x509.Certificate.load(people.issuing().der)]}
    if "/DSS" not in reader.root:
        return ValidationContext(**known, moment=people.SIGNED, revocation_mode="soft-fail")
    store = DocumentSecurityStore.read_dss(reader)
    context: ValidationContext = store.as_validation_context(
        {**known, "moment": people.NOW, "revocation_mode": "hard-fail"})
    return context


def ades(file: bytes, root: bytes = b"", at: datetime | None = None) -> str:
    """pyHanko's AdES validation of the first signature, with time and long-term material (EN 319 102-1 5.5): what it
    indicates. Offline, by the file's own store alone, revocation required of every certificate.
    """
    return asyncio.run(_ades(file, root or people.root().der, at or people.NOW))


async def _ades(file: bytes, root: bytes, at: datetime) -> str:
    reader = PdfFileReader(io.BytesIO(file), strict=True)
    signature = reader.embedded_regular_signatures[0]
    known = LocalKnowledge()
    if "/DSS" in reader.root:
        store = DocumentSecurityStore.read_dss(reader)
        ocsps = [OCSPResponse.load(one.get_object().data) for one in store.ocsps]
        crls = [CertificateList.load(one.get_object().data) for one in store.crls]
        known = LocalKnowledge(
            known_ocsps=[held for one in ocsps for held in OCSPContainer.load_multi(one)],
            known_crls=[CRLContainer(crl_data=one) for one in crls], known_certs=list(store.load_certs()))
    rule = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=[x509.Certificate.load(root)]),
        revinfo_policy=CertRevTrustPolicy(RevocationCheckingPolicy(rule, rule), retroactive_revinfo=True))
    found = await ades_with_time_validation(
        signature.signed_data, SignatureValidationSpec(
            cert_validation_policy=policy, ts_cert_validation_policy=policy, local_knowledge=known,
            revinfo_gathering_policy=RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)),
        timing_info=ValidationTimingInfo(at, at, point_in_time_validation=True),
        raw_digest=signature.compute_digest())
    return str(found.ades_subindic).rpartition(".")[2]


JUDGES = {"poppler": poppler, "qpdf": qpdf, "openssl": openssl, "pyhanko": pyhanko}
