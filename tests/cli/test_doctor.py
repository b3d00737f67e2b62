"""What works here, and the command that mends what does not."""

from __future__ import annotations

import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from viewer3d.cli import doctor
from viewer3d.cli.doctor import EXTRAS, MEND_MESA, Check, examine
from viewer3d.dicom.pixels import transfer_syntaxes as syntaxes
from viewer3d.render import gl
from viewer3d.render.gl import MEND_WINDOW, OpenGL
from viewer3d.render.marks import fonts
from viewer3d.render.marks.fonts import WIDER

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
NOTHING = OpenGL(reasons=(("vtkXOpenGLRenderWindow", "no GLX"),))


def check(topic: str) -> Check:
    return next(one for one in examine() if one.topic == topic)


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(doctor.sys, "platform", "linux")
    monkeypatch.setattr(gl, "find_opengl", lambda *_: NOTHING)
    monkeypatch.setattr(gl, "missing_libraries", lambda: ())
    monkeypatch.setattr(gl, "display_answers", lambda display: display == ":0")
    monkeypatch.delenv("DISPLAY", raising=False)
    return monkeypatch


def test_a_window_that_opens(linux: pytest.MonkeyPatch) -> None:
    linux.setattr(gl, "find_opengl", lambda *_: OpenGL("vtkXOpenGLRenderWindow", "llvmpipe", "4.5"))
    found = check("window")
    assert (found.works, found.state, found.mend) == (True, "vtkXOpenGLRenderWindow: llvmpipe (4.5)", "")


def test_libraries_that_a_window_needs_and_the_line_that_brings_them(linux: pytest.MonkeyPatch) -> None:
    linux.setattr(gl, "missing_libraries", lambda: ("libGL.so.1", "libXcursor.so.1"))
    found = check("window")
    assert not found.works
    assert "libGL.so.1, libXcursor.so.1 is not here, and a window needs GLX" in found.state
    assert found.mend == MEND_WINDOW
    assert "libgl1 " in MEND_WINDOW


@pytest.mark.parametrize(("display", "why"), [("", "DISPLAY is not set"), (":9", "none answers at DISPLAY=:9")])
@pytest.mark.usefixtures("linux")
def test_without_a_display_no_package_helps(display: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", display)
    found = check("window")
    assert (found.works, found.mend) == (False, "")
    assert why in found.state


def test_a_display_without_glx(linux: pytest.MonkeyPatch) -> None:
    linux.setenv("DISPLAY", ":0")
    found = check("window")
    assert "no GLX" in found.state
    assert found.mend == MEND_WINDOW


def test_libraries_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gl.sys, "platform", "linux")
    monkeypatch.setattr(gl, "WINDOW_LIBRARIES", ("libc.so.6", "libnone.so.1"))
    assert gl.missing_libraries() == ("libnone.so.1",)
    monkeypatch.setattr(gl.sys, "platform", "darwin")
    assert gl.missing_libraries() == ()


def test_fonts_for_east_asian_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "east_asian_fonts", lambda: ())
    assert (check("CJK letters").works, check("CJK letters").mend) == (False, "pip install 'viewer3d[cjk]'")
    monkeypatch.setattr(fonts, "east_asian_fonts", lambda: (WIDER,))
    assert (check("CJK letters").works, check("CJK letters").state) == (True, "Noto Sans")


@pytest.mark.usefixtures("linux")
def test_extras_are_those_of_the_project_and_name_what_brings_them(monkeypatch: pytest.MonkeyPatch) -> None:
    written = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(EXTRAS) == set(written) - {"cjk", "qt", "test", "dev", "bench"}
    for extra, (_, names) in EXTRAS.items():
        assert all(any(line.startswith(name) for line in written[extra]) for name in names)
    here = {"websockets": "17.4", "anywidget": "0.11"}

    def installed(name: str) -> str:
        if name in here:
            return here[name]
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", installed)
    assert check("web") == Check("web", True, "in a browser, viewer3d serve: websockets 17.4")
    found = check("notebook")
    assert (found.works, found.mend) == (False, "pip install 'viewer3d[notebook]'")
    assert found.state == "in a cell of Jupyter: ipywidgets not installed; the rest needs none"


def test_decoders_are_the_table_of_the_code(linux: pytest.MonkeyPatch) -> None:
    last = examine()[-len(syntaxes.FAMILIES) :]
    assert [one.topic for one in last] == [family.name for family in syntaxes.FAMILIES]
    for one, family in zip(last, syntaxes.FAMILIES, strict=True):
        assert one.works
        assert one.state.startswith(family.library if family.decoders else "as it lies")
    linux.setattr(syntaxes, "PACKAGE", "no-such-package")
    for one, family in zip(examine()[-len(syntaxes.FAMILIES) :], syntaxes.FAMILIES, strict=True):
        assert one.works == (not family.decoders)
        assert one.mend == ("pip install no-such-package" if family.decoders else "")


@pytest.mark.parametrize(
    ("renderer", "version", "release", "says", "mend"),
    [
        ("llvmpipe", "4.5 (Core Profile) Mesa 22.3.6", "bookworm", "Mesa 22.3.6 draws 3D on the processor", MEND_MESA),
        ("llvmpipe", "4.5 (Core Profile) Mesa 22.3.6", "trixie", "25 takes some 20 % less time", ""),
        ("llvmpipe", "4.5 (Core Profile) Mesa 25.0.7", "bookworm", None, ""),
        ("AMD Radeon", "4.6 (Core Profile) Mesa 22.3.6", "bookworm", None, ""),
        ("NVIDIA", "4.6.0 NVIDIA 550.54", "bookworm", None, ""),
    ],
)
def test_an_older_mesa_that_draws_on_the_processor_is_told(
    linux: pytest.MonkeyPatch, renderer: str, version: str, release: str, says: str | None, mend: str
) -> None:
    linux.setattr(gl, "find_opengl", lambda *_: OpenGL("vtkEGLRenderWindow", renderer, version))
    linux.setattr(doctor.platform, "freedesktop_os_release", lambda: {"ID": "debian", "VERSION_CODENAME": release})
    found = [one for one in examine() if one.topic == "Mesa"]
    if says is None:
        assert found == []
    else:
        (one,) = found
        assert (one.works, one.mend) == (True, mend)
        assert says in one.state
