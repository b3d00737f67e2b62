from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys

import pytest

from viewer3d.errors import RenderError
from viewer3d.render import gl
from viewer3d.render.gl import MEND, OpenGL, candidates, display_answers, find_opengl, offscreen_window

WORKS = {"renderer": "llvmpipe (LLVM 15)", "version": "4.5"}


@pytest.fixture
def tries(monkeypatch, tmp_path):
    """A machine with a cache of its own, on which a try is only written down; EGL works, all else does not."""
    names = []

    def record(name):
        names.append(name)
        return WORKS if name == "vtkEGLRenderWindow" else {"reason": "no such library"}

    for name in gl.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(gl, "_try", record)
    monkeypatch.setattr(gl, "_cache_path", lambda: tmp_path / "cache" / "opengl.json")
    monkeypatch.setattr(sys, "platform", "linux")
    return names


def test_the_first_that_works_is_taken_and_remembered(tries):
    first = find_opengl()
    assert first == OpenGL("vtkEGLRenderWindow", **WORKS)
    assert find_opengl() == first
    assert tries == ["vtkEGLRenderWindow"]


def test_a_wish_comes_first_and_is_a_question_of_its_own(tries, monkeypatch):
    find_opengl()
    monkeypatch.setenv("VTK_DEFAULT_OPENGL_WINDOW", "vtkOSOpenGLRenderWindow")
    found = find_opengl()
    assert found.window_class == "vtkEGLRenderWindow"
    assert found.reasons == (("vtkOSOpenGLRenderWindow", "no such library"),)
    assert tries == ["vtkEGLRenderWindow", "vtkOSOpenGLRenderWindow", "vtkEGLRenderWindow"]


def test_no_is_remembered_until_libraries_change(tries, monkeypatch, tmp_path):
    libraries = tmp_path / "lib"
    libraries.mkdir()
    monkeypatch.setattr(gl, "PLACES", (str(libraries),))
    monkeypatch.setattr(gl, "_try", lambda name: tries.append(name) or {"reason": "libEGL not found"})
    assert not find_opengl().works
    asked = len(tries)
    assert not find_opengl().works
    assert len(tries) == asked
    os.utime(libraries, (1, 1))
    assert not find_opengl().works
    assert len(tries) == 2 * asked


def test_a_child_that_never_answered_is_asked_again(tries, monkeypatch):
    monkeypatch.setattr(gl, "_try", lambda name: tries.append(name) or {"reason": f"{gl.UNTRIED} no answer in 60 s"})
    find_opengl()
    asked = len(tries)
    find_opengl()
    assert len(tries) == 2 * asked


@pytest.mark.parametrize("text", ["", "{", '{"key": {"window_class": 3}}', "[]", "\x00"])
def test_a_broken_cache_is_no_error(tries, text):
    gl._cache_path().parent.mkdir()
    gl._cache_path().write_text(text)
    assert find_opengl().works
    assert json.loads(gl._cache_path().read_text())


def test_an_unwritable_cache_is_no_error(tries, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(gl, "_cache_path", lambda: tmp_path / "file" / "opengl.json")
    assert find_opengl().works
    assert find_opengl().works
    assert len(tries) == 2


def test_the_cache_is_written_whole_and_stays_small(tries, monkeypatch):
    for n in range(gl.MOST_ANSWERS + 3):
        monkeypatch.setenv("LD_PRELOAD", str(n))
        find_opengl()
    assert len(json.loads(gl._cache_path().read_text())) == gl.MOST_ANSWERS
    assert list(gl._cache_path().parent.iterdir()) == [gl._cache_path()]


def test_a_dead_display_is_not_tried(tries, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":93")
    assert candidates("display") == ()
    assert "vtkXOpenGLRenderWindow" not in candidates("offscreen")
    assert not find_opengl("display").works
    assert "none that answers" in find_opengl("display").why_not


def test_a_living_display_is_found(tries, monkeypatch):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        display = f"127.0.0.1:{server.getsockname()[1] - 6000}"
        if server.getsockname()[1] < 6000:
            pytest.skip("the port is below those of X")
        assert display_answers(display)
        monkeypatch.setenv("DISPLAY", display)
        assert candidates("display") == ("vtkXOpenGLRenderWindow",)
        assert candidates("offscreen")[-1] == "vtkXOpenGLRenderWindow"


@pytest.mark.parametrize("display", ["", "nonsense", ":", ":x", "host", "no.such.host.invalid:0"])
def test_what_is_no_display_does_not_answer(display):
    assert not display_answers(display)


@pytest.mark.parametrize(
    ("renderer", "software"),
    [("llvmpipe (LLVM 15.0.6, 256 bits)", True), ("softpipe", True), ("SWR (LLVM 11)", True), ("NVIDIA H100", False)],
)
def test_software_is_told_by_the_renderer(renderer, software):
    assert OpenGL("x", renderer).is_software == software


@pytest.mark.parametrize(
    ("stderr", "code", "words"),
    [
        ("\x1b[0m(0.2s) [7F]vtkOS:150   WARN| libOSMesa not found. It appears\x1b[0m\n", -11, "libOSMesa not found"),
        ("Traceback\nModuleNotFoundError: No module named 'vtkmodules'\n", 1, "No module named 'vtkmodules'"),
        ("", -11, "SIGSEGV"),
        ("", 3, "code 3"),
    ],
)
def test_the_reason_is_what_the_child_said_last(stderr, code, words):
    assert words in gl._last_words(stderr, code)


def test_a_child_that_segfaults_is_an_answer(monkeypatch, tmp_path):
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\nkill -SEGV $$\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(script))
    assert gl._try("vtkEGLRenderWindow") == {"reason": "it ended with SIGSEGV"}


def test_no_python_to_start_is_an_answer(monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    assert gl._try("vtkEGLRenderWindow")["reason"].startswith(gl.UNTRIED)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert gl._try("vtkEGLRenderWindow")["reason"].startswith(gl.UNTRIED)


def test_a_real_child_answers_about_a_class_that_is_not_there():
    assert gl._try("vtkNoSuchWindow") == {"reason": "this vtk has no such window"}


def test_no_window_is_made_where_nothing_works():
    with pytest.raises(RenderError, match=r"libEGL not found.*apt-get install -y --no-install-recommends libegl1"):
        offscreen_window(OpenGL(reasons=(("vtkEGLRenderWindow", "libEGL not found"),)), (8, 8))
    assert "libgl1-mesa-dri" in MEND


def test_looking_for_opengl_prints_nothing(opengl, capfd):
    gl._try_all(gl.candidates("offscreen"))
    assert capfd.readouterr() == ("", "")


def test_importing_sets_no_variable_and_loads_no_opengl():
    code = (
        "import os, sys; before = dict(os.environ); import viewer3d.render.scene; assert dict(os.environ) == before; "
        "heavy = {'pyvista', 'matplotlib', 'pydicom', 'vtk'}; "
        "bad = [n for n in sys.modules if 'OpenGL' in n or n.split('.')[0] in heavy]; "
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
