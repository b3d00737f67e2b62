"""The version of VTK, for recipes and for the cache of what OpenGL can do."""

from __future__ import annotations

import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path


def vtk_version() -> str:
    """Return the version of VTK that is installed, as ``"9.6.0"``."""
    if "vtkmodules" not in sys.modules and (found := _written_version()):
        return found
    import vtkmodules  # noqa: PLC0415 (no VTK before it is asked for; its libraries are not loaded for this)

    return str(vtkmodules.__version__)


@cache
def _written_version() -> str:
    # A picture of slices needs no VTK, and to import so much as the package takes 4 ms: it loads tempfile and others.
    spec = find_spec("vtkmodules")
    if spec is None or spec.origin is None or not Path(spec.origin).is_file():
        return ""
    found = re.search(r'^__version__ = "([\d.]+)"$', Path(spec.origin).read_text("utf-8"), re.MULTILINE)
    return found[1] if found else ""
