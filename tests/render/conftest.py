"""What the tests of rendering share."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.render.fonts import stand_in
from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d.core.volume import Volume
from viewer3d.render import gl
from viewer3d.render.marks import typesetting
from viewer3d.render.marks.fonts import Font
from viewer3d.render.marks.typesetting import font_spans


@pytest.fixture(params=list(DIRECTIONS))
def marked(request: pytest.FixtureRequest) -> Volume:
    return marker_volume(DIRECTIONS[request.param])


@pytest.fixture
def ramp() -> Volume:
    """Values that grow along every axis: any mix-up of axes shows."""
    i, j, k = np.meshgrid(*(np.arange(n) for n in (24, 20, 12)), indexing="ij")
    return Volume.from_array((10 * i + 3 * j - 7 * k).astype(np.int16), np.diag([1.0, 2.0, 3.0, 1.0]), unit="HU")


@pytest.fixture(scope="session")
def opengl() -> gl.OpenGL:
    found = gl.find_opengl()
    if not found.works:
        pytest.skip(found.why_not)
    return found


@pytest.fixture
def no_opengl(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = gl.OpenGL(reasons=(("vtkEGLRenderWindow", "libEGL not found"),))
    monkeypatch.setattr("viewer3d.render.gl.find_opengl", lambda *_: nothing)


@pytest.fixture(autouse=True, scope="module")
def _swept() -> Iterator[None]:
    """Collect what pyvista's plotters leave in circles here, before a thread of another test does: it is OpenGL's."""
    yield
    gc.collect()
    gc.freeze()  # what is left stays to the end: the next collection need not pass over it again


@pytest.fixture
def east_asian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Font]:
    """A font for letters of the three languages, wherever the tests run."""
    font = Font(str(stand_in(tmp_path, "NanumGothic.ttf", "山田太郎王小明김철수")))
    monkeypatch.setattr(typesetting, "east_asian_fonts", lambda: (font,))
    font_spans.cache_clear()
    yield font
    font_spans.cache_clear()
