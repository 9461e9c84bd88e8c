"""Remote signing services behind one small protocol of ours: SmartCA, MySign, and the Cloud Signature Consortium's API.

A person's key lies at the service; the house sends hashes, the person confirms once, and signatures come back. What
comes back is believed by nobody here: `server.services.remote_signing` verifies each one.
"""

from server.exchange.remote_signing.accounts import Account, read_accounts
from server.exchange.remote_signing.csc import CscV1, CscV2
from server.exchange.remote_signing.door import Door
from server.exchange.remote_signing.mysign import MySign
from server.exchange.remote_signing.protocol import (
    Answered,
    Code,
    Declined,
    RemoteCertificate,
    RemoteService,
    Step,
    Waiting,
    Wish,
)
from server.exchange.remote_signing.smartca import SmartCA, SmartCAByCode

__all__ = [
    "Account", "Answered", "Code", "Declined", "RemoteCertificate", "RemoteService", "Step", "Waiting", "Wish",
    "open_services", "read_accounts",
]

_KINDS: dict[str, type[SmartCA | SmartCAByCode | MySign | CscV1 | CscV2]] = {
    "smartca": SmartCA, "smartca_code": SmartCAByCode, "mysign": MySign, "csc1": CscV1, "csc2": CscV2,
}


def open_services(accounts: tuple[Account, ...]) -> dict[str, RemoteService]:
    """A client for each account, by the account's name."""
    return {account.name: _KINDS[account.kind](account, Door(account)) for account in accounts}
