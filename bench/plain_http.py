"""Our server once more over the same hospital, without TLS: for comparing with a peer that cannot speak it.

    python -m bench.plain_http SETTINGS PORT        prints READY and serves until SIGTERM
"""

from __future__ import annotations

import sys
from pathlib import Path

from server import serving
from server.settings import read_settings


def main() -> int:
    """The application as it is served, but for the certificate and for the DICOM service beside it."""
    settings = read_settings(Path(sys.argv[1]))
    settings = settings.model_copy(update={"port": int(sys.argv[2]), "dicom": Path("none.toml")})
    server = serving.build(settings, lambda: print("READY", flush=True))
    server.config.ssl_certfile = server.config.ssl_keyfile = None
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
