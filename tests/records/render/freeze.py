"""Freezes the digest of each version in `tests/vectors/pages/` that has none: `python -m tests.records.render.freeze`.

With `--again` it freezes all of them anew. That is right only before a renderer is released: afterwards a page that
differs takes a new renderer version.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from records import canonical, render
from tests.records.render import pages

VECTORS = Path(__file__).parents[2] / "vectors" / "pages"
DIGESTS = VECTORS / "digests.json"


def drawn() -> dict[str, str]:
    """What this build draws."""
    digests = {path.stem: render.page_digest(render.render_entry(canonical.decode(path.read_bytes())))
               for path in VECTORS.glob("*_*.json")}
    digests["mark"] = render.mark_digest(render.mark_appearance(pages.mark()))
    digests["mark_training"] = render.mark_digest(render.mark_appearance(pages.mark(training=True)))
    return digests


def main() -> None:
    """Write the file."""
    frozen = json.loads(DIGESTS.read_text("utf-8")) if DIGESTS.exists() and "--again" not in sys.argv else {}
    DIGESTS.write_text(json.dumps(drawn() | frozen, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
