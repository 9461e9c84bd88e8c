"""The demo authority's services: time stamps, OCSP and a revocation list, by Certomancer over the keys in its folder.

`python -m tests.sandbox.trust --home demo-home` waits until the demo hospital has its certificates, then answers at the
address that stands in them. It is what the tests use, in a process of its own.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from server.demo import proofs
from server.demo.pki import Issued
from server.demo.proofs import Proofs
from tests.trust_services import Authority, TrustServices, serving


@contextmanager
def answering(home: Path) -> Iterator[TrustServices]:
    """The services of a demo hospital that is there."""
    folder = home / "ca"
    with serving(port=urlsplit(Proofs.of(folder).base).port or 0) as services:
        issuing = proofs.read(folder, "issuing", certificate="chain.pem")
        responder = proofs.read(folder, proofs.ROOT_RESPONDER)
        services.stamper = proofs.read(folder, proofs.STAMPER)
        services.authorities["issuing"] = Authority(issuing, proofs.read(folder, proofs.RESPONDER))
        # The root's key is gone: it answers by its responder, and gives no list.
        services.authorities["root"] = Authority(Issued(responder.key, issuing.chain[-1], ()), responder)
        yield services


def main() -> None:
    """Answer until interrupted."""
    options = argparse.ArgumentParser(description="Time stamps and revocation for the demo hospital.")
    options.add_argument("--home", type=Path, required=True)
    home: Path = options.parse_args().home
    while not (home / "ca" / "services").exists():
        time.sleep(0.1)
    with answering(home) as services:
        print(f"Time stamps at {services.tsa}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
