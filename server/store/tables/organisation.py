"""The organisation's keys: where each lies; its certificate stands among the enrolled ones."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Table

from server.store.tables.base import APPEND_ONLY, identifier, instant, metadata, reference, words

organisation_keys = Table(
    "organisation_keys", metadata,
    identifier(),
    reference("certificate", "certificates.id"),
    # A file sealed under the hospital key, or a key in an HSM behind a PKCS#11 library.
    words("sealed"),
    words("module"),
    words("token"),
    words("key"),
    instant("installed_at", now=True),
    CheckConstraint("(sealed = '') <> (module = '')", name="one_place"),
    info=APPEND_ONLY,
)
