"""Find which OpenGL works on this machine, asked once and in a process of its own.

Where OpenGL is missing, making a window of VTK ends the process: no call reports it beforehand and no ``try`` catches
it. So a child process tries (:mod:`viewer3d.render.gl_child`, about half a second a window), and the answer is kept in
the user's cache folder until anything changes that could change it.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
import platformdirs

from viewer3d.errors import RenderError
from viewer3d.render.gl_child import MARK
from viewer3d.render.vtk_version import vtk_version

if TYPE_CHECKING:
    from vtkmodules.vtkRenderingCore import vtkRenderWindow

MEND = "apt-get install -y --no-install-recommends libegl1 libgl1-mesa-dri"
"""What makes offscreen drawing work on Debian and Ubuntu, graphics card or not (measured on Debian 12 and 13)."""

MEND_WINDOW = "apt-get install -y --no-install-recommends libgl1 libgl1-mesa-dri libxcursor1"
"""What a window needs besides a display, on Debian and Ubuntu: GLX, and what VTK loads with it."""

WINDOW_LIBRARIES = ("libGL.so.1", "libX11.so.6", "libXcursor.so.1")
"""What VTK 9.6 loads when it opens a window under X11."""

Purpose = Literal["offscreen", "display"]

PROBE_SECONDS = 60
"""A child that has not answered by then hangs in its driver; half a second is usual, ten a busy machine's first try."""

MOST_ANSWERS = 8
"""Answers kept in the cache: one for each display, environment and installation in use."""

UNTRIED = "not tried:"
"""What the reason begins with when no child answered: next time may be better, so the cache does not keep it."""

SOFTWARE = re.compile(r"llvmpipe|softpipe|swrast|\bSWR\b|software", re.IGNORECASE)
"""How drivers that draw with the processor name themselves."""

VARIABLES = (
    "DISPLAY",
    "EGL_PLATFORM",
    "GALLIUM_DRIVER",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LIBGL_ALWAYS_SOFTWARE",
    "LIBGL_DRIVERS_PATH",
    "MESA_GL_VERSION_OVERRIDE",
    "MESA_LOADER_DRIVER_OVERRIDE",
    "VTK_DEFAULT_EGL_DEVICE_INDEX",
    "VTK_DEFAULT_OPENGL_WINDOW",
    "CUDA_VISIBLE_DEVICES",
    "XAUTHORITY",
    "__EGL_VENDOR_LIBRARY_DIRS",
    "__EGL_VENDOR_LIBRARY_FILENAMES",
    "__GLX_VENDOR_LIBRARY_NAME",
)
"""Environment variables that decide which OpenGL is found."""

PLACES = (
    "/etc/ld.so.cache",  # ldconfig rewrites it when any library is installed
    "/usr/lib/*-linux-gnu",
    "/usr/lib/*-linux-gnu/dri",
    "/usr/lib64",
    "/usr/lib64/dri",
    "/usr/local/lib",
    "/usr/share/glvnd/egl_vendor.d",
    "/etc/glvnd/egl_vendor.d",
    "/dev/dri/*",
    "/dev/nvidia*",
)
"""Files and folders whose times change when OpenGL libraries or graphics cards come or go."""


@dataclass(frozen=True)
class OpenGL:
    """What can draw here, or why nothing can.

    Attributes
    ----------
    window_class : str
        Class of ``vtkmodules.vtkRenderingOpenGL2`` that works; empty when none does.
    renderer, version : str
        As the driver names them.
    reasons : tuple of (str, str)
        Each class that was tried before and does not work, and why.
    """

    window_class: str = ""
    renderer: str = ""
    version: str = ""
    reasons: tuple[tuple[str, str], ...] = ()

    @property
    def works(self) -> bool:
        """Whether anything can be drawn."""
        return bool(self.window_class)

    @property
    def is_software(self) -> bool:
        """Whether the processor draws, so that a shaded volume takes a second and not some milliseconds."""
        return bool(SOFTWARE.search(self.renderer))

    @property
    def why_not(self) -> str:
        """The reasons in one sentence."""
        tried = "; ".join(f"{name}: {reason}" for name, reason in self.reasons)
        return f"no OpenGL works here ({tried})"


def find_opengl(purpose: Purpose = "offscreen") -> OpenGL:
    """Find an OpenGL that works, in the cache or by trying.

    Parameters
    ----------
    purpose : {"offscreen", "display"}
        For pictures, or for a window on the display.

    Returns
    -------
    OpenGL
        The first class of window that works, or all reasons why none does. Nothing is printed, nothing segfaults.
    """
    key = _key(purpose)
    cached = _read_cache().get(key)
    if cached is not None:
        return cached
    answer = _try_all(candidates(purpose))
    if not any(reason.startswith(UNTRIED) for _, reason in answer.reasons):
        _write_cache(key, answer)
    return answer


def candidates(purpose: Purpose) -> tuple[str, ...]:
    """List the classes of window worth a try here, the best first.

    A window that the user chose with ``VTK_DEFAULT_OPENGL_WINDOW`` comes first for pictures.
    """
    if sys.platform == "win32":
        return ("vtkWin32OpenGLRenderWindow",)
    if sys.platform == "darwin":
        return ("vtkCocoaRenderWindow",)
    on_display = ("vtkXOpenGLRenderWindow",) if display_answers(os.environ.get("DISPLAY", "")) else ()
    if purpose == "display":
        return on_display
    wished = os.environ.get("VTK_DEFAULT_OPENGL_WINDOW", "")
    names = (wished, "vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow", *on_display)
    return tuple(dict.fromkeys(name for name in names if name))


def missing_libraries() -> tuple[str, ...]:
    """List what VTK loads for a window and this machine does not have; nothing but under X11."""
    return tuple(name for name in WINDOW_LIBRARIES if not _loads(name)) if sys.platform == "linux" else ()


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def display_answers(display: str) -> bool:
    """Return whether an X server listens at a DISPLAY such as ``":0"`` or ``"host:10.0"``.

    VTK takes 1.3 s and then the process to find out that none does; a socket takes a millisecond.
    """
    match = re.fullmatch(r"(?:(?P<protocol>[a-z]+)/)?(?P<host>[^/:]*):(?P<number>\d+)(?:\.\d+)?", display)
    if not match:
        return False
    host, number = match["host"], int(match["number"])
    tries: list[tuple[int, str | tuple[str, int]]] = []
    if hasattr(socket, "AF_UNIX") and host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        tries = [(socket.AF_UNIX, path), (socket.AF_UNIX, f"\0{path}")]
    elif host:
        tries = [(socket.AF_INET, (host, 6000 + number))]
    for family, address in tries:
        with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            probe.connect(address)
            return True
    return False


@contextmanager
def silence() -> Iterator[None]:
    """Keep VTK and Mesa from printing while a window is made and drawn in."""
    from vtkmodules.vtkCommonCore import vtkObject  # noqa: PLC0415 (no VTK is needed to ask the cache)

    shown, level = vtkObject.GetGlobalWarningDisplay(), os.environ.get("EGL_LOG_LEVEL")
    vtkObject.SetGlobalWarningDisplay(0)
    os.environ["EGL_LOG_LEVEL"] = "fatal"
    try:
        yield
    finally:
        vtkObject.SetGlobalWarningDisplay(shown)
        if level is None:
            del os.environ["EGL_LOG_LEVEL"]
        else:
            os.environ["EGL_LOG_LEVEL"] = level


def check_works(opengl: OpenGL) -> None:
    """Check that there is an OpenGL that works.

    Raises
    ------
    RenderError
        When there is none.
    """
    if not opengl.works:
        raise RenderError(f"{opengl.why_not}: run {MEND}")


def offscreen_window(opengl: OpenGL, size: tuple[int, int]) -> vtkRenderWindow:
    """Make a window that nobody sees.

    Parameters
    ----------
    opengl : OpenGL
        As :func:`find_opengl` found it.
    size : tuple of int
        Width and height in pixels.

    Raises
    ------
    RenderError
        When no OpenGL works here; no window is made then.
    """
    check_works(opengl)
    from vtkmodules import vtkRenderingOpenGL2  # noqa: PLC0415 (only where OpenGL is known to work)

    window: vtkRenderWindow = getattr(vtkRenderingOpenGL2, opengl.window_class)()
    window.SetOffScreenRendering(1)
    window.SetMultiSamples(0)
    window.SetSize(*size)
    return window


def _try_all(names: Sequence[str]) -> OpenGL:
    reasons: list[tuple[str, str]] = []
    for name in names:
        answer = _try(name)
        if "reason" not in answer:
            return OpenGL(name, answer["renderer"], answer["version"], tuple(reasons))
        reasons.append((name, answer["reason"]))
    return OpenGL(reasons=tuple(reasons) or (("display", "there is none that answers"),))


def _try(name: str) -> dict[str, str]:
    if not sys.executable:
        return {"reason": f"{UNTRIED} this Python cannot start another"}
    code = files("viewer3d.render").joinpath("gl_child.py").read_text(encoding="utf-8")
    try:
        child = subprocess.run(
            [sys.executable, "-c", code, name],
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return {"reason": f"{UNTRIED} no answer in {PROBE_SECONDS} s"}
    except OSError as error:
        return {"reason": f"{UNTRIED} this Python cannot start another ({error.strerror})"}
    for line in child.stdout.decode(errors="replace").splitlines():
        if line.startswith(MARK):
            answer: dict[str, str] = json.loads(line[len(MARK) :])
            return answer
    return {"reason": _last_words(child.stderr.decode(errors="replace"), child.returncode)}


def _last_words(stderr: str, code: int) -> str:
    # VTK's log: "date time (..) [thread] file:line WARN| words", in colours; else what a Python error ends with.
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stderr)
    words = re.findall(r"(?:WARN|ERR)\|\s*(.+)", plain) or plain.strip().splitlines()[-1:]
    if words:
        return words[-1].split(". ")[0].strip().rstrip(".")
    with suppress(ValueError):
        return f"it ended with {signal.Signals(-code).name}"
    return f"it ended with code {code}"


def _key(purpose: Purpose) -> str:
    display = os.environ.get("DISPLAY", "")
    paths = [Path(prefix) for prefix in (sys.prefix, *_library_path())]
    for pattern in PLACES:
        paths += sorted(Path("/").glob(pattern.lstrip("/")))
    facts = {
        "purpose": purpose,
        "vtk": vtk_version(),
        "python": [sys.executable, sys.prefix, sys.version],
        "machine": list(os.uname()[:3]) if hasattr(os, "uname") else sys.platform,
        "display answers": display_answers(display),
        "variables": {name: os.environ[name] for name in VARIABLES if name in os.environ},
        "times": {str(path): _time(path) for path in paths},
        "child": files("viewer3d.render").joinpath("gl_child.py").read_text(encoding="utf-8"),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _library_path() -> list[str]:
    return [path for path in os.environ.get("LD_LIBRARY_PATH", "").split(":") if path]


def _time(path: Path) -> int:
    try:
        # A device node's time changes with every use; that it is there says enough.
        return 0 if str(path).startswith("/dev/") else path.stat().st_mtime_ns
    except OSError:
        return -1


def _cache_path() -> Path:
    return platformdirs.user_cache_path("viewer3d") / "opengl.json"


def _read_cache() -> dict[str, OpenGL]:
    # A missing, unreadable or foreign file is no answer, and so the question is asked again.
    try:
        return msgspec.json.decode(_cache_path().read_bytes(), type=dict[str, OpenGL])
    except (OSError, msgspec.MsgspecError, RuntimeError):  # RuntimeError: there is no home folder
        return {}


def _write_cache(key: str, answer: OpenGL) -> None:
    answers = {**_read_cache(), key: answer}
    kept = {key: asdict(answers[key]) for key in list(answers)[-MOST_ANSWERS:]}
    with suppress(OSError, RuntimeError):  # a machine that keeps nothing is asked again next time
        path = _cache_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        try:
            part.write_text(json.dumps(kept, indent=1), encoding="utf-8")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
