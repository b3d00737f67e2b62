"""Slices onto the grid of a Volume: as they are, resampled, or refused."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from viewer3d.dicom.explain import irregularity
from viewer3d.dicom.resample import plan_grid, resample
from viewer3d.dicom.scan import Series
from viewer3d.dicom.stack import Stack
from viewer3d.errors import StackError
from viewer3d.geometry import Affine
from viewer3d.provenance import Irregular


def lay(voxels: NDArray[Any], series: Series, stack: Stack, irregular: Irregular) -> tuple[NDArray[Any], Affine]:
    """Return voxels [i, j, k] and their affine without shear.

    Raises
    ------
    StackError
        When slices are irregular and that is to be an error, or the grid would be far larger than they are.
    """
    layout = stack.layout
    assert layout is not None  # read_stack looked
    if layout.regular:
        return voxels, layout.affine
    if irregular == "error":
        why = irregularity(layout)
        raise StackError(f'{series}: {why}; irregular="resample" puts them on an even grid, "keep" leaves them')
    if irregular == "keep":
        return voxels, layout.upright_fit[0]
    columns, rows, _ = stack.shape
    grid = plan_grid(layout, columns, rows)
    return resample(voxels, grid), grid.affine
