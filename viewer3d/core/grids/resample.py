"""Resample volumes on other grids, and smooth them first where these are coarser."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import SHEAR_TOLERANCE, Affine, Geometry, on_one_grid
from viewer3d.core.grids.change import changed, check_bytes_of, dtype_with
from viewer3d.core.grids.oblique import sample_oblique
from viewer3d.core.grids.place_errors import after_resampling
from viewer3d.core.grids.samplers import ON_CENTRE, Sampling, sample_parallel
from viewer3d.core.notes.note import Note
from viewer3d.core.placing.frames import check_frame
from viewer3d.core.sampling import Interpolation, check_interpolation, fill_value
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.volume import Volume
from viewer3d.errors import GeometryError

_STRAIGHT: Final = 1e-4
"""Voxels over a whole grid: what two grids may turn against each other and count as parallel."""

_FWHM: Final = 1 / (2 * sqrt(2 * log(2)))
"""Standard deviation of a Gaussian whose full width at half maximum is 1."""

_LEAST_SIGMA: Final = 0.1
"""Voxels: of a narrower Gaussian the neighbours have no part that float32 can hold."""

_WORKING: Final = 3
"""Bytes a voxel besides: the mask of what was held, and slices on their way."""


def resample_volume(
    volume: Volume,
    spacing: ArrayLike | None,
    *,
    like: Volume | Geometry | Segmentation | None,
    interpolation: Interpolation,
    same_frame: bool,
    max_memory: int | str | None,
) -> Volume:
    """Return a volume on another grid, see :meth:`viewer3d.Volume.resample`."""
    check_interpolation(interpolation)
    notes: tuple[Note, ...] = ()
    if (spacing is None) == (like is None):
        raise GeometryError("resample needs a spacing in mm, or a grid that it is to be like: give one of the two")
    if like is None:
        target = _spaced(volume.geometry, spacing)
    else:
        found = like if isinstance(like, Geometry) else getattr(like, "geometry", None)
        if not isinstance(found, Geometry):
            raise GeometryError(f"like {like!r:.60}: give a Volume, a Segmentation or a Geometry")
        target = found
        if target.shear > SHEAR_TOLERANCE:
            raise GeometryError(f"like is sheared (cosine {target.shear:.4f} between two axes): give an upright grid")
        if isinstance(like, Volume | Segmentation):
            notes = check_frame(like, volume, "the volume", same_frame=same_frame)
    if on_one_grid(volume.geometry, target):
        return volume
    to_own = volume.geometry.inverse @ target.affine
    sigma = _sigmas(to_own) if interpolation == "linear" else (0.0, 0.0, 0.0)
    order = _parallel_axes(to_own, target.shape)
    blurred = 4 * volume.voxels.size if order is None and any(sigma) else 0
    count = int(np.prod(target.shape, dtype=object))
    check_bytes_of(volume, target.shape, max_memory, _WORKING + ceil(blurred / count))
    fill = fill_value(volume.voxels, volume.background, is_ct=volume.is_like_hu)
    how = Sampling(interpolation, sigma, fill, dtype_with(volume, fill))
    if order is None:
        voxels, measured = sample_oblique(volume, to_own, target, how)
    else:
        voxels, measured = sample_parallel(volume, to_own, target, order, how)
    made = changed(volume, voxels, target.affine, measured, (*notes, _note(volume, target, interpolation, sigma, fill)))
    nearest = interpolation == "nearest"
    errors = after_resampling(volume.info.place_errors, volume.affine, to_own, nearest=nearest)
    return made.with_info(place_errors=errors)


def _note(volume: Volume, target: Geometry, interpolation: str, sigma: Sequence[float], fill: float) -> Note:
    size, mm = " x ".join(map(str, target.shape)), " x ".join(f"{one:.4g}" for one in target.spacing)
    how = "linearly" if interpolation == "linear" else "by the nearest voxel"
    if any(sigma):
        widths = " x ".join(f"{s / _FWHM * one:.3g}" for s, one in zip(sigma, volume.spacing, strict=True))
        how += f", after a Gaussian of {widths} mm (full widths at half maximum along its own axes)"
    index = volume.geometry.world_to_index(target.index_to_world(_corner_indices(target.shape)))
    last = np.array(volume.shape) - 0.5
    beyond = (index < -0.5 - ON_CENTRE).any() or (index > last + ON_CENTRE).any()
    unit = f" {volume.unit}" if volume.unit else ""
    text = (
        f"Resampled from {' x '.join(map(str, volume.shape))} to {size} voxels of {mm} mm, {how}"
        f"{f'; what lies outside of the original has the value {fill:g}{unit}' if beyond else ''}."
    )
    return Note(text, "grid.resampled")


def _corner_indices(shape: Sequence[int]) -> NDArray[np.float64]:
    return np.stack(np.meshgrid(*[(0.0, n - 1.0) for n in shape], indexing="ij"), -1).reshape(8, 3)


def _spaced(own: Geometry, spacing: Any) -> Geometry:
    """Return the grid of a spacing about the same centre, that all of the other lies in."""
    try:
        steps = np.broadcast_to(np.array(spacing, np.float64), 3)
    except (TypeError, ValueError):
        steps = np.zeros(3)
    if not np.isfinite(steps).all() or steps.min() <= 0:
        raise GeometryError(f"spacing {spacing!r:.60}: give one or three distances in mm above 0")
    ratio = steps / own.spacing
    shape = np.maximum(np.ceil(np.array(own.shape) / ratio - _STRAIGHT), 1).astype(object)
    if max(shape) > np.iinfo(np.int32).max:
        raise GeometryError(f"spacing {spacing!r:.60}: {max(shape):.3g} voxels along an axis; give a larger one")
    affine = own.affine.copy()
    affine[:3, :3] = own.affine[:3, :3] * ratio
    affine[:3, 3] = own.center - affine[:3, :3] @ ((shape.astype(np.float64) - 1) / 2)
    return Geometry(affine, (int(shape[0]), int(shape[1]), int(shape[2])))


def _sigmas(to_own: Affine) -> tuple[float, float, float]:
    """Return the standard deviations, in voxels, of the Gaussian that makes ready for a coarser grid.

    A voxel's value is taken for a Gaussian mean as wide (at half maximum) as the voxel: then the wider one is the
    narrower one, blurred by the difference of their variances (M. J. Cardoso et al., "Scale factor point spread
    function matching: beyond aliasing in image resampling", MICCAI 2015, equation 3).
    """
    coarser = (to_own[:3, :3] ** 2).sum(1) - 1
    i, j, k = (_FWHM * sqrt(max(0.0, one)) for one in coarser.tolist())
    return tuple(one if one >= _LEAST_SIGMA else 0.0 for one in (i, j, k))  # type: ignore[return-value]


def _parallel_axes(to_own: Affine, shape: Sequence[int]) -> tuple[int, ...] | None:
    """Return for each own axis the other grid's axis along it; None where the grids are not parallel."""
    reach = np.abs(to_own[:3, :3]) * np.array(shape)
    order = np.argmax(np.abs(to_own[:3, :3]), axis=1)
    beside = reach.copy()
    beside[np.arange(3), order] = 0
    parallel = len(set(order.tolist())) == 3 and beside.sum(1).max() <= _STRAIGHT
    return tuple(order.tolist()) if parallel else None
