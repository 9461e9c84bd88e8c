"""What the models of one signed-in person share: account, store, client, background, sync."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.background import Background
from workstation.client import Client
from workstation.drafts import Store
from workstation.models.session import Account
from workstation.models.sync import SyncModel


@dataclass(frozen=True)
class Desk:
    """Made when `SessionModel.opened` fires, gone when `closing` does."""

    account: Account
    store: Store
    client: Client
    background: Background
    sync: SyncModel
