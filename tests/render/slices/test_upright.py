"""Samples without VTK are those of vtkImageReslice, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.phantom_files import write_phantom
from viewer3d import Volume
from viewer3d.core.sampling import Interpolation
from viewer3d.render.slices.reslice import Reslice
from viewer3d.render.slices.upright import is_upright, sample_upright

ROWS, COLUMNS = slice(3, 123), slice(7, 107)


def matrices(shape: tuple[int, int, int], seed: int) -> list[NDArray[np.float64]]:
    """Return pixels to voxels along two axes: at any scale, mirrored, between and on voxels, at and beyond the ends."""
    chance = np.random.default_rng(seed)
    found = []
    for number in range(24):
        across, down, through = chance.permutation(3)
        matrix = np.eye(4)[:, [3, 3, 3, 3]] * 0
        matrix[3, 3] = 1
        scale = chance.uniform(0.05, 2, 2) * chance.choice([-1, 1], 2)
        if number % 4 == 0:
            scale = chance.choice([-0.5, 0.25, 0.5, 1], 2)
        matrix[across, 0], matrix[down, 1], matrix[through, 2] = *scale, 1
        matrix[:3, 3] = chance.uniform(-0.1, 1.1, 3) * shape
        for axis, way, pixels in ((across, 0, COLUMNS), (down, 1, ROWS)):
            matrix[axis, 3] = shape[axis] / 2 - matrix[axis, way] * (pixels.start + pixels.stop) / 2
        if number % 3 == 0:
            matrix[:3, 3] = np.rint(matrix[:3, 3] * 2) / 2
        if number % 12 == 5:
            matrix[through, 3] = (-0.5, shape[through] - 0.5)[number // 12]  # the faces of the outer voxels
        found.append(matrix)
    return found


@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
@pytest.mark.parametrize(
    ("dtype", "samples", "outside"),
    [(np.int16, np.int16, -32768), (np.int16, np.float32, np.nan), (np.float32, np.float32, np.nan)],
)
@pytest.mark.parametrize("shape", [(20, 31, 12), (1, 40, 3), (64, 1, 1)])
def test_samples_are_those_of_vtk(
    shape: tuple[int, int, int], dtype: Any, samples: Any, outside: float, interpolation: Interpolation
) -> None:
    chance = np.random.default_rng(5)
    values = chance.integers(-32768, 32767, shape) if dtype == np.int16 else chance.normal(0, 1000, shape)
    volume = Volume.from_array(np.asfortranarray(values.astype(dtype)), np.eye(4), unit="HU")
    reslice = Reslice(volume, interpolation, outside, in_float=samples != dtype)
    left = 0
    for matrix in matrices(shape, 7):
        assert is_upright(matrix)
        found = sample_upright(
            volume.voxels, matrix, ROWS, COLUMNS, interpolation=interpolation, outside=outside, dtype=samples
        )
        if found is None:
            left += 1
            continue
        assert found.dtype == samples
        np.testing.assert_array_equal(found, reslice.values(matrix, ROWS, COLUMNS))
    assert left == 0 if interpolation == "linear" else left < 24


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_left_to_vtk(value: float) -> None:
    values = np.zeros((20, 20, 20), np.float32, order="F")
    values[10, 10, 10] = value
    matrix = np.diag([0.2, 0.15, 1.0, 1.0])
    options: dict[str, Any] = {"interpolation": "linear", "outside": np.nan, "dtype": np.float32}
    matrix[2, 3] = 10
    assert sample_upright(values, matrix, ROWS, COLUMNS, **options) is None
    matrix[2, 3] = 12
    assert sample_upright(values, matrix, ROWS, COLUMNS, **options) is not None


def test_a_plane_aslant_or_in_perspective_is_not_upright() -> None:
    turned = np.eye(4)
    turned[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]
    perspective = np.eye(4)
    perspective[3, 0] = 1e-3
    both_on_one = np.eye(4)
    both_on_one[:, 1] = both_on_one[:, 0]
    for matrix in (turned, perspective, both_on_one, np.diag([0.0, 1, 1, 1])):
        assert not is_upright(matrix)


SCRIPT = """
import sys
from viewer3d import load, screenshot
if sys.argv[3]:
    import vtkmodules.vtkImagingCore
screenshot(load(sys.argv[1]), sys.argv[2], view="mpr", size=(300, 200))
print(*(name for name in sys.modules if name.startswith("vtkmodules.vtk")))
"""


def test_a_first_picture_of_slices_loads_no_vtk_and_has_the_bytes_of_one_by_vtk(tmp_path: Path) -> None:
    write_phantom(tmp_path / "ct", shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0))

    def loaded(vtk_first: str) -> str:
        words = [sys.executable, "-c", SCRIPT, str(tmp_path / "ct"), str(tmp_path / f"a{vtk_first}.png"), vtk_first]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()

    assert loaded("") == ""
    assert "vtkmodules.vtkImagingCore" in loaded("first")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "afirst.png").read_bytes()
