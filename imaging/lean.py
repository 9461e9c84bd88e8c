"""pydicom without what we never use of it, which is half of its loading: its samples, their download, its decoders.

Its reader, which is all that we use, loads the rest with it: requests, urllib, tqdm and a walk through its own test
files for samples, and Pillow for decoders in whose place ours stand (`codecs.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import LazyLoader, module_from_spec
from types import ModuleType
from typing import Any

_DOWNLOAD, _SAMPLES, _PILLOW = "pydicom.data.download", "pydicom.examples", "PIL"


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


def load_pydicom() -> None:
    """Unless it is there already."""
    if "pydicom" in sys.modules:
        return
    sys.modules[_DOWNLOAD] = _Downloads(_DOWNLOAD)
    _put_off(_SAMPLES)
    with_pillow = _PILLOW in sys.modules
    sys.modules.setdefault(_PILLOW, None)  # type: ignore[arg-type]  # None: an import finds nothing
    try:
        package = import_module("pydicom")
        vars(package).setdefault("examples", sys.modules.get(_SAMPLES))
    finally:
        if not with_pillow:
            del sys.modules[_PILLOW]


def _put_off(name: str) -> None:
    """It is loaded when something of it is asked for."""
    package = PathFinder.find_spec(name.partition(".")[0])
    spec = PathFinder.find_spec(name, package.submodule_search_locations if package is not None else None)
    if spec is None or spec.loader is None:
        return
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
