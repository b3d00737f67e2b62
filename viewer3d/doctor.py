"""What works on this machine, and the exact command that mends what does not."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from viewer3d import __version__

PACKAGES: Final = ("numpy", "pydicom", "pyvista", "vtk", "pillow")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    topic : str
    works : bool
    state : str
        What was found.
    mend : str
        The command that would mend it; empty when nothing is wrong.
    """

    topic: str
    works: bool
    state: str
    mend: str = ""


def examine() -> list[Check]:
    """Look at versions, OpenGL and decoders; OpenGL is asked in a child process."""
    return [*_versions(), *_opengl(), *_decoders()]


def _versions() -> list[Check]:
    checks = [Check("viewer3d", True, f"{__version__}, Python {platform.python_version()} on {platform.platform()}")]
    return [*checks, *(_package(name) for name in PACKAGES)]


def _package(name: str) -> Check:
    try:
        return Check(name, True, version(name))
    except PackageNotFoundError:
        return Check(name, False, "not installed", f"pip install {name}")


def _opengl() -> list[Check]:
    from viewer3d.render.gl import MEND, find_opengl  # noqa: PLC0415 (the program's --help needs none of it)

    opengl = find_opengl("offscreen")
    if opengl.works:
        kind = "on the CPU" if opengl.is_software else "on a GPU"
        return [Check("OpenGL", True, f"{opengl.window_class}: {opengl.renderer} ({opengl.version}), {kind}")]
    return [Check("OpenGL", False, f"none, so no 3D pane; slices need none ({opengl.why_not})", MEND)]


def _decoders() -> list[Check]:
    from viewer3d.dicom.decode import FAMILIES, plugins_of  # noqa: PLC0415

    found = [(family, plugins_of(family)) for family in FAMILIES]
    return [
        Check(
            family.name,
            bool(plugins),
            ", ".join(plugins) or "no decoder",
            "" if plugins else f"pip install {family.packages}",
        )
        for family, plugins in found
    ]
