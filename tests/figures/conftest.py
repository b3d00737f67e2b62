"""What the tests of figures share."""

from __future__ import annotations

import numpy as np
import pytest

from tests.render.conftest import opengl  # noqa: F401 (a fixture)
from tests.render.markers import DIRECTIONS, marker_volume
from viewer3d.core.volume import Volume
from viewer3d.render import gl


@pytest.fixture(params=list(DIRECTIONS))
def marked(request: pytest.FixtureRequest) -> Volume:
    return marker_volume(DIRECTIONS[request.param])


@pytest.fixture
def head() -> Volume:
    """An egg of tissue with a dense shell, upright in the patient."""
    x, y, z = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 48), np.linspace(-1, 1, 30), indexing="ij")
    radius = np.sqrt(x**2 + y**2 + z**2)
    values = np.where(radius < 0.7, 40, np.where(radius < 0.8, 900, -1000)).astype(np.int16)
    affine = np.diag([4.0, 4.0, 5.0, 1.0])
    affine[:3, 3] = (-78, -90, 300)
    return Volume.from_array(values, affine, unit="HU", modality="CT")


@pytest.fixture
def no_opengl(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = gl.OpenGL(reasons=(("vtkEGLRenderWindow", "libEGL not found"),))
    monkeypatch.setattr("viewer3d.render.gl.find_opengl", lambda *_: nothing)
