"""pydicom without what it loads only to download its own samples: a third of its loading (requests, urllib, tqdm)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

_DOWNLOAD = "pydicom.data.download"


class _Downloads(ModuleType):
    """Stands in its place until one of its functions is called: then it is loaded and takes its place itself."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def called(*given: Any, **named: Any) -> Any:
            if sys.modules.get(_DOWNLOAD) is self:
                del sys.modules[_DOWNLOAD]
            return getattr(import_module(_DOWNLOAD), name)(*given, **named)

        return called


def lighten() -> None:
    """Before pydicom is loaded for the first time; afterwards it does nothing."""
    sys.modules.setdefault(_DOWNLOAD, _Downloads(_DOWNLOAD))
