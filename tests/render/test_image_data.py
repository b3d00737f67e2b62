from __future__ import annotations

import gc

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

from tests.render.markers import DIRECTIONS, MARKER, marker_volume
from viewer3d.core.volume import Volume
from viewer3d.render.image_data import VALUES, array_grid, index_grid, to_pyvista, to_vtk


def test_voxels_are_shared_not_copied(marked):
    scalars = vtk_to_numpy(to_vtk(marked).GetPointData().GetScalars())
    assert np.shares_memory(scalars, marked.voxels)
    assert np.shares_memory(np.asarray(marked.grid.point_data["HU"]), marked.voxels)


def test_the_grid_puts_the_marker_where_the_affine_does(marked):
    world = marked.geometry.index_to_world(MARKER)
    grid = to_vtk(marked)
    at = grid.FindPoint(*world)
    np.testing.assert_allclose(grid.GetPoint(at), world, atol=1e-6)
    assert grid.GetPointData().GetScalars().GetTuple1(at) == 1500
    assert to_pyvista(marked).find_closest_point(world) == at


def test_spacing_and_origin(marked):
    grid = to_pyvista(marked)
    np.testing.assert_allclose(grid.spacing, marked.spacing)
    np.testing.assert_allclose(grid.origin, marked.geometry.origin)
    np.testing.assert_allclose(grid.direction_matrix, marked.geometry.direction)
    assert grid.dimensions == marked.shape


def test_index_space_has_no_direction(marked):
    grid = index_grid(marked)
    assert grid.GetSpacing() == (1, 1, 1)
    assert grid.GetOrigin() == (0, 0, 0)


def test_scalars_are_named_by_the_unit():
    assert to_vtk(Volume.from_array(np.zeros((2, 2, 2)), np.eye(4))).GetPointData().GetScalars().GetName() == VALUES
    gray = Volume.from_array(np.zeros((2, 2, 2), np.float32), np.eye(4), unit="Gy")
    assert to_vtk(gray).GetPointData().GetScalars().GetName() == "Gy"


def test_a_grid_keeps_its_voxels_alive():
    grid = to_vtk(Volume.from_array(np.full((64, 64, 64), 321, np.int16), np.eye(4)))
    gc.collect()
    np.full((64, 64, 64), 5, np.int16)
    assert (vtk_to_numpy(grid.GetPointData().GetScalars()) == 321).all()


@pytest.mark.parametrize("direction", list(DIRECTIONS))
@pytest.mark.parametrize("method", ["flying_edges", "marching_cubes"])
def test_the_contour_methods_that_the_readme_names_stand_where_the_affine_says(direction, method):
    volume = marker_volume(DIRECTIONS[direction])
    surface = volume.grid.contour([0.5 * volume.voxels.max()], method=method)
    middle = np.array(surface.bounds).reshape(3, 2).mean(1)
    assert np.linalg.norm(middle - volume.geometry.index_to_world(MARKER)) < 0.4


@pytest.mark.parametrize("order", ["F", "C"])
def test_an_array_is_an_image_with_i_running_fastest(order):
    array = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4).copy(order)
    grid = array_grid(array)
    assert grid.GetDimensions() == (2, 3, 4)
    assert (grid.GetSpacing(), grid.GetOrigin()) == ((1, 1, 1), (0, 0, 0))
    assert grid.GetScalarComponentAsDouble(1, 2, 3, 0) == array[1, 2, 3]
    scalars = vtk_to_numpy(grid.GetPointData().GetScalars())
    assert np.shares_memory(scalars, array) == (order == "F")
    expected = array.ravel(order="F").copy()
    del array
    gc.collect()
    np.testing.assert_array_equal(scalars, expected)
