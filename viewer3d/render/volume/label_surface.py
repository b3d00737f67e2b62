"""Make the surface of a segment: closed, smooth, and around as much as its voxels."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkBinnedDecimation, vtkWindowedSincPolyDataFilter
from vtkmodules.vtkFiltersGeneral import vtkDiscreteFlyingEdges3D

from viewer3d.core.geometry import Affine
from viewer3d.core.mesh import Mesh
from viewer3d.core.segmentation import Segment, Segmentation
from viewer3d.core.vectors import Points
from viewer3d.render.image_data import array_grid
from viewer3d.render.volume.mesh_shape import Triangles, mesh_shells, unit_vectors, volume_gradients, with_volumes

MOST_CROPPED: Final = 100_000_000
"""In the box of a segment: of more, blocks of voxels are taken together. A byte each is kept while it is made."""

MOST_SURFACE_POINTS: Final = 1_000_000
"""Of a surface: as many as a pane has pixels. What has more, as noise would, is taken in larger blocks, too."""

PASS_BAND: Final = 0.01
"""Of the smoothing, for voxels that are cubes: what 3D Slicer has at a smoothing factor of 0.5.

Measured on balls of 8 to 35 mm: normals are 2 to 4 degrees off, of the steps themselves 20 to 30. Where slices are
thicker than pixels the steps are longer, by that ratio: the band is divided by it and the number of iterations
multiplied by its root. So normals are 3 to 5 degrees off up to a ratio of 5, which one band for all leaves at 10 to 15.
"""

ITERATIONS: Final = 22
"""Of the smoothing, likewise. VTK's 20 leave steps with its usual window; with Hamming's they do as much as 40."""

MOST_RATIO: Final = 10.0
"""Of the sides of a voxel, as far as smoothing follows it: a slice so thick is more a gap than a step."""

_RAW_SHARE: Final = 0.25
"""What the normals before smoothing count beside those after it: these alone are none where a thin part collapsed."""

COARSE_SHARE: Final = 1 / 256
"""Of the grid's diagonal: triangles of a coarse surface are about so large. A pane in motion has some 400 pixels."""

_Made = TypeVar("_Made")
_Steps = Generator[None, None, _Made]
"""What comes of a making that pauses between its parts."""


@dataclass(frozen=True, eq=False)
class LabelSurface:
    """The surface of a segment.

    Attributes
    ----------
    mesh : Mesh
        In the world of the segmentation (LPS, mm): closed, its triangles anticlockwise as seen from outside. Islands
        and holes have shells of their own. Without triangles where the segment has no voxel.
    coarse : Mesh
        The same of a tenth of the triangles or fewer, for pictures in motion; it may not be closed.
    step : tuple of int
        How many voxels were taken together along i, j and k.
    """

    mesh: Mesh
    coarse: Mesh
    step: tuple[int, int, int] = (1, 1, 1)

    @property
    def note(self) -> str:
        """What is to be said of it, if anything: that voxels were taken together."""
        if self.step == (1, 1, 1):
            return ""
        return f"surface of {' x '.join(map(str, self.step))} voxels taken together"


def label_surface(segmentation: Segmentation, number: int) -> LabelSurface:
    """Return the surface of a segment; it is made once and kept with the segmentation.

    Parameters
    ----------
    segmentation : Segmentation
    number : int
        Of the segment.

    Returns
    -------
    LabelSurface

    Raises
    ------
    SegmentError
        When there is no such segment.

    Notes
    -----
    Discrete flying edges (W. Schroeder, R. Maynard, B. Geveci, LDAV 2015) on a crop with a background voxel on each
    side, or a segment at the border of its grid would be open there. Then a windowed sinc filter (G. Taubin, T. Zhang,
    G. Golub, ECCV 1996), which knows the mesh's edges and no lengths, so it may run in mm on any grid, sheared ones
    too. It moves a surface inwards where that is curved as sharply as the filter is wide: all but nothing of an organ,
    all of a vessel one voxel thick. So the mean way inwards of each neighbourhood, which is what the same filter
    leaves of it, is given back along the normals. A point that stood in the middle between a voxel inside and one
    outside stays between their centres. In the end each shell is moved until it encloses what its voxels do: of
    100,000 voxels by less than a thousandth of their volume, of a few by less than half a voxel.
    """
    for _ in surface_steps(segmentation, number):
        pass
    found: LabelSurface = segmentation._made["surface", number]
    return found


def surface_steps(segmentation: Segmentation, number: int) -> Iterator[None]:
    """Make the surface of a segment, a part at each step, so that events need not wait for the whole.

    Parameters
    ----------
    segmentation : Segmentation
    number : int
        Of the segment.
    """
    segment = segmentation.segment(number)
    if not is_surface_made(segmentation, number):
        segmentation._made["surface", number] = yield from _surface_of(segmentation, segment)


def is_surface_made(segmentation: Segmentation, number: int) -> bool:
    """Return whether the surface of a segment was made already."""
    return ("surface", number) in segmentation._made


def _surface_of(segmentation: Segmentation, segment: Segment) -> _Steps[LabelSurface]:
    number = segment.number
    about: Any = {"frame_of_reference": segmentation.frame_of_reference, "name": segment.name, "color": segment.color}
    box = segmentation.index_box(number)
    if box is None:
        nothing = Mesh(np.empty((0, 3)), np.empty((0, 3), np.int32), **about)
        return LabelSurface(nothing, nothing)
    labels = segmentation.labels[segment.layer][box]
    padded, step = _blocks(labels, segment.value, np.array(segmentation.geometry.spacing))
    to_index = np.diag([*step.astype(float), 1.0])  # the centre of the first padded block is a block before the box
    to_index[:3, 3] = [side.start + (n - 1) / 2 - n for side, n in zip(box, step, strict=True)]
    voxel = float(np.linalg.det(segmentation.affine[:3, :3]))
    volume = segmentation.voxels(number) * voxel
    points, triangles = yield from _smooth_surface(padded, segmentation.affine @ to_index, volume)
    i, j, k = step.tolist()
    side = COARSE_SHARE * float(np.linalg.norm(np.ptp(segmentation.geometry.corners, axis=0)))
    mesh, coarse = (Mesh(*one, **about) for one in ((points, triangles), coarse_mesh(points, triangles, side)))
    return LabelSurface(mesh, coarse, (i, j, k))


def _blocks(
    labels: NDArray[np.generic], value: int, spacing: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.int_]]:
    """Return the mask of a segment as :func:`_padded` does, in blocks as large as the limits ask for."""
    step, excess = np.ones(3, int), float(np.prod(labels.shape, dtype=float)) / MOST_CROPPED
    while True:
        step = _coarser(step, excess, spacing)
        padded = _padded(labels, value, step)
        excess = _count_faces(padded) / MOST_SURFACE_POINTS
        if excess <= 1:
            return padded, step


def _coarser(step: NDArray[np.int_], factor: float, spacing: NDArray[np.float64]) -> NDArray[np.int_]:
    """Return blocks of so many times as many voxels, the shortest sides first."""
    step, most = step.copy(), factor * float(np.prod(step))
    while np.prod(step) < most:
        step[int(np.argmin(step * spacing))] += 1
    return step


def _padded(labels: NDArray[np.generic], value: int, step: NDArray[np.int_]) -> NDArray[np.uint8]:
    """Return which blocks of voxels are at least half in a segment, with one that is not on each side."""
    counts = -(-np.array(labels.shape) // step)
    padded = np.zeros(counts + 2, np.uint8, order="F")
    inner = padded[1:-1, 1:-1, 1:-1]
    if (step == 1).all():
        np.equal(labels, value, out=inner, casting="unsafe")
        return padded
    starts = [np.arange(count) * n for count, n in zip(counts, step, strict=True)]
    for least in (int(np.prod(step) + 1) // 2, 1):
        for k in range(counts[2]):  # a few slices at a time: the whole may not fit beside the labels
            inside = (labels[:, :, k * step[2] : (k + 1) * step[2]] == value).sum(axis=2)
            inner[:, :, k] = np.add.reduceat(np.add.reduceat(inside, starts[0], 0), starts[1], 1) >= least
        if inner.any():  # what is thinner than half a block everywhere is taken where there is any of it
            break
    return padded


def _count_faces(mask: NDArray[np.uint8]) -> int:
    """Return how many faces of voxels part inside from outside: flying edges puts a point on each."""
    ways = (np.s_[1:], np.s_[:-1]), (np.s_[:, 1:], np.s_[:, :-1]), (np.s_[:, :, 1:], np.s_[:, :, :-1])
    return sum(int(np.count_nonzero(mask[after] != mask[before])) for after, before in ways)


def _smooth_surface(padded: NDArray[np.uint8], affine: Affine, volume: float) -> _Steps[tuple[Points, Triangles]]:
    """Return the points (LPS, mm) and triangles of the surface of a mask.

    Parameters
    ----------
    padded : ndarray of uint8, shape (columns, rows, slices)
        1 inside, and 0 all around.
    affine : ndarray, shape (4, 4)
        Of its indices.
    volume : float
        What the surface is to enclose, in mm3.
    """
    data = _flying_edges(padded)
    index, triangles = mesh_arrays(data)
    yield
    shells = mesh_shells(triangles, len(index))
    volumes = _shell_volumes(padded, index, shells)
    raw = (index - index.mean(0)) @ affine[:3, :3].T
    sides = np.linalg.norm(affine[:3, :3], axis=0)
    ratio = min(float(sides.max() / sides.min()), MOST_RATIO)
    yield
    smooth = _filtered(data, raw, ratio)
    yield
    normals = unit_vectors(volume_gradients(smooth, triangles) + _RAW_SHARE * volume_gradients(raw, triangles))
    inwards = np.zeros_like(raw)
    inwards[:, 0] = np.einsum("ij,ij->i", raw - smooth, normals)
    smooth += _filtered(data, inwards, ratio)[:, :1] * normals
    moves = (smooth - raw) @ np.linalg.inv(affine[:3, :3]).T
    across = index % 1 != 0  # the axis that joins a point's two voxels
    moves[across] = np.clip(moves[across], -0.5, 0.5)
    smooth = raw + moves @ affine[:3, :3].T
    yield
    points = with_volumes(smooth, triangles, shells, volumes * (volume / volumes.sum()))
    yield
    return points + affine[:3, :3] @ index.mean(0) + affine[:3, 3], triangles


def _flying_edges(padded: NDArray[np.uint8]) -> vtkPolyData:
    edges = vtkDiscreteFlyingEdges3D()
    edges.SetInputData(array_grid(padded))
    edges.SetValue(0, 1)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    surface: vtkPolyData = edges.GetOutput()
    return surface


def _shell_volumes(padded: NDArray[np.uint8], index: Points, shells: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how many voxels each shell encloses, less than 0 where it is around a hole.

    There is one point on each face of a voxel that parts inside from outside, in the middle between two voxels. By the
    divergence theorem the volume is the sum of the areas of faces across i, with their sign, times their i.
    """
    across = index[:, 0] % 1 != 0
    i, j, k = index[across].T
    is_inside = padded[np.floor(i).astype(int), j.astype(int), k.astype(int)] == 1
    return np.bincount(shells[across], np.where(is_inside, i, -i), int(shells.max()) + 1).astype(np.float64)


def mesh_data(points: NDArray[np.float64], cells: vtkCellArray) -> vtkPolyData:
    """Return points, shape (N, 3), and cells as data of VTK; points become float32."""
    data, own, places = vtkPolyData(), vtkCellArray(), vtkPoints()
    places.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32), deep=True))  # type: ignore[no-untyped-call]
    own.ShallowCopy(cells)
    data.SetPoints(places)
    data.SetPolys(own)
    return data


def mesh_arrays(data: vtkPolyData) -> tuple[Points, Triangles]:
    """Return the points, shape (N, 3), and triangles, shape (M, 3), of data of VTK."""
    points = vtk_to_numpy(data.GetPoints().GetData())  # type: ignore[no-untyped-call]
    corners = vtk_to_numpy(data.GetPolys().GetConnectivityArray())  # type: ignore[no-untyped-call]
    return np.asarray(points, np.float64), np.ascontiguousarray(corners.reshape(-1, 3), np.int32)


def coarse_mesh(points: Points, triangles: Triangles, side: float) -> tuple[Points, Triangles]:
    """Return a mesh of which all points in a box of a size become one (J. Rossignac, P. Borrel, 1993)."""
    middle, cells = points.mean(0), vtkCellArray()
    cells.SetData(3, numpy_to_vtk(triangles.ravel(), deep=True))  # type: ignore[no-untyped-call]
    binned = vtkBinnedDecimation()
    binned.SetInputData(mesh_data(points - middle, cells))
    binned.AutoAdjustNumberOfDivisionsOff()
    binned.SetNumberOfDivisions(*np.maximum(np.ceil(np.ptp(points, axis=0) / side), 1).astype(int).tolist())
    binned.SetPointGenerationModeToBinAverages()
    binned.Update()
    coarse, corners = mesh_arrays(binned.GetOutput())
    return (coarse + middle, corners) if len(corners) else (points, triangles)  # one that is all in a box stays


def _filtered(data: vtkPolyData, values: NDArray[np.float64], ratio: float) -> NDArray[np.float64]:
    """Return three values of each point of a mesh, shape (N, 3), smoothed over the mesh."""
    sinc = vtkWindowedSincPolyDataFilter()
    sinc.SetInputData(mesh_data(values, data.GetPolys()))
    sinc.SetPassBand(PASS_BAND / ratio)
    sinc.SetNumberOfIterations(round(ITERATIONS * ratio**0.5))
    sinc.SetWindowFunctionToHamming()
    sinc.BoundarySmoothingOff()
    sinc.FeatureEdgeSmoothingOff()
    sinc.NonManifoldSmoothingOn()
    sinc.NormalizeCoordinatesOff()  # they are about the origin already
    sinc.Update()
    return mesh_arrays(sinc.GetOutput())[0]
