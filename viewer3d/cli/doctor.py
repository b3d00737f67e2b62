"""Check what works on this machine, with the command that repairs what does not."""

from __future__ import annotations

import os
import platform
import re
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from viewer3d import __version__

if TYPE_CHECKING:
    from viewer3d.render.gl import OpenGL

PACKAGES: Final = ("numpy", "pydicom", "pyvista", "vtk", "pillow")

EXTRAS: Final = {
    "web": ("in a browser, viewer3d serve", ("websockets",)),
    "notebook": ("in a cell of Jupyter", ("anywidget", "ipywidgets")),
    "movie": ("MP4", ("imageio-ffmpeg",)),
    "dicom": ("segmentations and reports written as DICOM", ("highdicom",)),
    "archive": ("workers of Dask", ("distributed",)),
}
"""Of each extra what it is for, and the packages that it brings. Fonts are checked by the letters; which
Qt there is, and whether it starts, only :mod:`viewer3d.qt` knows."""

FAST_MESA: Final = 25
"""The Mesa whose llvmpipe draws faster than that of Debian 12, 22.3: bone in 26 % less time, lung in 17 %, measured."""

MEND_MESA: Final = (
    "with bookworm-backports in the sources of apt: "
    "apt-get install -y --no-install-recommends -t bookworm-backports libegl-mesa0 libgl1-mesa-dri"
)


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes
    ----------
    topic : str
    works : bool
    state : str
        What was found.
    mend : str
        The command that would mend it, or make it better; empty when there is none.
    """

    topic: str
    works: bool
    state: str
    mend: str = ""


def examine() -> list[Check]:
    """Check versions, OpenGL, the window, extras, fonts and decoders; OpenGL is tried in a child process."""
    return [*_versions(), *_opengl(), _window(), *_extras(), _letters(), *_decoders()]


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
        found = Check("OpenGL", True, f"{opengl.window_class}: {opengl.renderer} ({opengl.version}), {kind}")
        return [found, *_mesa(opengl)]
    return [Check("OpenGL", False, f"none, so no 3D pane; slices need none ({opengl.why_not})", MEND)]


def _mesa(opengl: OpenGL) -> list[Check]:
    mesa = re.search(r"Mesa (\d+)[.\d]*", opengl.version)
    if mesa is None or not opengl.is_software or int(mesa[1]) >= FAST_MESA:
        return []
    state = f"{mesa[0]} draws 3D on the processor; {FAST_MESA} takes some 20 % less time"
    return [Check("Mesa", True, state, MEND_MESA if _debian() == "bookworm" else "")]


def _debian() -> str:
    """Return the code name of the Debian that this is; empty elsewhere."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return ""
    return release.get("VERSION_CODENAME", "") if release.get("ID") == "debian" else ""


def _window() -> Check:
    from viewer3d.render import gl  # noqa: PLC0415 (as above)

    opengl, missing = gl.find_opengl("display"), ", ".join(gl.missing_libraries())
    if opengl.works:
        return Check("window", True, f"{opengl.window_class}: {opengl.renderer} ({opengl.version})")
    mend = gl.MEND_WINDOW if sys.platform == "linux" else ""
    if missing:
        return Check("window", False, f"none: {missing} is not here, and a window needs GLX; pictures need none", mend)
    if not gl.candidates("display"):
        shown = os.environ.get("DISPLAY", "")
        why = f"none answers at DISPLAY={shown}" if shown else "DISPLAY is not set"
        return Check("window", False, f"none: no display here ({why}); pictures need none")
    return Check("window", False, f"none ({opengl.why_not}); pictures need none", mend)


def _extras() -> list[Check]:
    checks = []
    for extra, (purpose, names) in EXTRAS.items():
        found = [_package(name) for name in names]
        missing = ", ".join(one.topic for one in found if not one.works)
        if missing:
            state = f"{purpose}: {missing} not installed; the rest needs none"
            checks.append(Check(extra, False, state, f"pip install 'viewer3d[{extra}]'"))
        else:
            checks.append(Check(extra, True, f"{purpose}: {', '.join(f'{one.topic} {one.state}' for one in found)}"))
    return checks


def _letters() -> Check:
    from viewer3d.render.marks.fonts import east_asian_fonts  # noqa: PLC0415 (as above)

    topic, fonts = "CJK letters", east_asian_fonts()
    if not fonts:
        return Check(topic, False, "no font, so they are spelled as their codes", "pip install 'viewer3d[cjk]'")
    return Check(topic, True, ", ".join(font.name for font in fonts))


def _decoders() -> list[Check]:
    from viewer3d.dicom.pixels.transfer_syntaxes import FAMILIES, PACKAGE  # noqa: PLC0415

    found = _package(PACKAGE)
    by = f", by {PACKAGE} {found.state}"
    return [
        Check(family.name, found.works, f"{family.library}{by}" if found.works else "no decoder", found.mend)
        if family.decoders
        else Check(family.name, True, "as it lies in the file")
        for family in FAMILIES
    ]
