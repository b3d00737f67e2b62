"""Slices onto the grid of a Volume: as they are, resampled, or refused."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from viewer3d.core.geometry import Affine
from viewer3d.core.provenance import Irregular
from viewer3d.core.sampling import Measured
from viewer3d.dicom.meaning.explain import irregularity
from viewer3d.dicom.pixels.resample import filling, measured_of, plan_grid, resample
from viewer3d.dicom.series.scan import Series
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import StackError

Laid = tuple[NDArray[Any], Affine, Measured | None]
"""Voxels [i, j, k], their affine without shear, and what of them was measured where not all was."""


def lay(voxels: NDArray[Any], series: Series, stack: Stack, irregular: Irregular, background: float | None) -> Laid:
    """Lay slices on a grid without shear.

    Parameters
    ----------
    voxels : ndarray, shape (columns, rows, n)
    series : Series
    stack : Stack
    irregular : {"resample", "error", "keep"}
    background : float, optional
        Pixel Padding Value in the unit of the voxels.

    Raises
    ------
    StackError
        When slices are irregular and that is to be an error, or the grid would be far larger than they are.
    """
    layout = stack.layout
    assert layout is not None  # read_stack looked
    if layout.regular:
        return voxels, layout.affine, None
    if irregular == "error":
        why = irregularity(layout)
        raise StackError(f'{series}: {why}; irregular="resample" puts them on an even grid, "keep" leaves them')
    if irregular == "keep":
        return voxels, layout.upright_fit[0], None
    columns, rows, _ = stack.shape
    grid = plan_grid(layout, columns, rows)
    measured = measured_of(grid, columns, rows)
    fill = None if measured is None else filling(voxels, background, is_ct=series.modality == "CT")
    return resample(voxels, grid, fill), grid.affine, measured
