"""Voxels in true units, where they are in the patient, and what is known about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from viewer3d.core.geometry import SHEAR_TOLERANCE, Geometry, OnGrid
from viewer3d.core.grids.exchange import ExchangeMethods
from viewer3d.core.grids.methods import GridMethods
from viewer3d.core.notes.note import marked
from viewer3d.core.option_names import check_option_names
from viewer3d.core.provenance import OWN
from viewer3d.core.sampling import Interpolation, Measured, check_interpolation, sampled, value_between, value_nearest
from viewer3d.core.series_info import INFO_FIELDS, Described, SeriesInfo
from viewer3d.core.text import printable
from viewer3d.core.voxels import as_voxels
from viewer3d.core.window import LEAST_HU, Window, auto_window, named_windows, shows_something
from viewer3d.errors import GeometryError

if TYPE_CHECKING:
    import pyvista

    from viewer3d.core.graphics.slice_graphics import Graphics

Cached = TypeVar("Cached")


class Keeper(Protocol):
    """What keeps what was made of it: a volume, or what is shown instead of one."""

    @property
    def _made(self) -> dict[Callable[..., Any], Any]: ...


MadeOf = TypeVar("MadeOf", bound=Keeper)

FIRST_SUV: Final = "0-5"
"""Name of the window of SUV that PET opens in, as readers of PET have it (OHIF's and others' first one)."""

_WINDOW_SAMPLE: Final = 10_000
"""Voxels that tell whether a window shows something: a part of a millisecond."""


@dataclass(frozen=True, eq=False)
class Volume(Described, OnGrid, GridMethods, ExchangeMethods):
    """A regular grid of modality values in the patient.

    Parameters
    ----------
    voxels : ndarray of int16 or float32, shape (columns, rows, slices)
        ``voxels[i, j, k]`` in the unit; Fortran order, so ``voxels[:, :, k].T`` is the DICOM picture. It is shared,
        never copied, when dtype and order already fit; then the array that was given, and what it is a view of, are
        read-only from here on: who would change it is told by numpy.
    geometry : Geometry
        Where the grid is; right-handed and without shear, of the same shape.
    unit : str
        ``"HU"``, ``"Bq/ml"``, ``"Gy"``, ...; empty when the files do not say what the numbers mean.
    info : SeriesInfo
        What is known of its series; its fields are readable on the volume as well: ``volume.notes``.
    measured : ndarray of int32, shape (slices, 4), optional
        Of each slice the rectangle that was measured: first column, end of columns, first row, end of rows, the ends
        not in it. What lies beside it was filled in (the corners that an upright grid has where the gantry was tilted)
        and has no part in any statistics. None where all was measured.
    graphics : Graphics, optional
        What is drawn on its original slices: of a presentation state, or overlay planes and shutters of its images.

    Raises
    ------
    GeometryError
        When shapes differ or the geometry is sheared.
    """

    voxels: NDArray[Any]
    geometry: Geometry
    unit: str = ""
    info: SeriesInfo = field(default_factory=SeriesInfo)
    measured: Measured | None = None
    graphics: Graphics | None = field(default=None, repr=False)
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False, init=False)

    def __post_init__(self) -> None:
        voxels, rounded = as_voxels(self.voxels)
        if voxels.shape != self.geometry.shape:
            raise GeometryError(f"voxels have shape {voxels.shape}, the geometry {self.geometry.shape}: give the same")
        if self.geometry.shear > SHEAR_TOLERANCE:
            raise GeometryError(
                f"affine is sheared (cosine {self.geometry.shear:.4f} between two axes): resample it upright first"
            )
        object.__setattr__(self, "voxels", voxels)
        if rounded:
            object.__setattr__(self, "info", replace(self.info, notes=(*self.info.notes, *rounded)))
        object.__setattr__(self, "measured", self._checked_measured())

    @classmethod
    def from_array(
        cls,
        voxels: ArrayLike,
        affine: ArrayLike,
        *,
        unit: str = "",
        measured: ArrayLike | None = None,
        info: SeriesInfo | None = None,
        **about: Any,
    ) -> Volume:
        """Make a volume from an array and its affine.

        Parameters
        ----------
        voxels : array_like, shape (columns, rows, slices), any real dtype
            ``voxels[i, j, k]`` in the unit; kept as int16 where that holds all values, else as float32.
        affine : array_like, shape (4, 4)
            Voxel index (i, j, k, 1) to LPS mm.
        unit : str
            ``"HU"``, ``"SUVbw"``, ...
        measured : array_like of int, shape (slices, 4), optional
            As for :class:`Volume`, for the slices as they are given.
        info : SeriesInfo, optional
            What is known of the series.
        **about
            Fields of :class:`SeriesInfo`, instead of those in `info`: ``modality="CT"``, ``notes=("A sentence.",)``.

        Raises
        ------
        GeometryError
            When the array or the affine is none that a volume can have.
        ViewError
            When :class:`SeriesInfo` has no such field; the message names the nearest.

        Notes
        -----
        A left-handed affine is made right-handed by reversing the slices, which moves no voxel in the patient. The
        volume has a copy of the array, which stays its owner's to change: what was made of the volume, its digest and
        its pictures, stays true.

        Examples
        --------
        >>> import numpy as np
        >>> Volume.from_array(np.zeros((4, 5, 6)), np.diag([1, 1, -2, 1])).geometry.origin
        (0.0, 0.0, -10.0)
        """
        check_option_names("Volume.from_array", about, ("unit", "measured", "info", *INFO_FIELDS))
        array = np.asarray(voxels)
        matrix = np.array(affine, np.float64)
        if array.ndim != 3:
            raise GeometryError(f"voxels have {array.ndim} dimensions, not 3: give an array [i, j, k]")
        if matrix.shape == (4, 4) and np.linalg.det(matrix[:3, :3]) < 0:
            matrix[:3, 3] += matrix[:3, 2] * (array.shape[2] - 1)
            matrix[:3, 2] *= -1
            array = array[:, :, ::-1]
            measured = None if measured is None else np.asarray(measured)[::-1]
        geometry = Geometry(matrix, (array.shape[0], array.shape[1], array.shape[2]))
        fits = array.dtype in (np.int16, np.float32) and array.flags.f_contiguous
        return cls(
            array.copy(order="F") if fits else array,
            geometry,
            unit,
            replace(info or SeriesInfo(), **about),
            None if measured is None else np.asarray(measured, np.int32),
        )

    def with_info(self, **about: Any) -> Volume:
        """Return the same voxels with other fields of :class:`SeriesInfo`: ``volume.with_info(notes=())``.

        Raises
        ------
        ViewError
            When there is no such field; the message names the nearest.
        """
        check_option_names("Volume.with_info", about, INFO_FIELDS)
        other = replace(self, info=replace(self.info, **about))
        other._made.update({one: self._made[one] for one in (_digest, _sample) if one in self._made})  # of voxels alone
        return other

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001 (as numpy calls it)
        """Return the voxels for ``np.asarray``, read-only and shared unless a copy or dtype is asked for."""
        array = self.voxels if dtype is None else self.voxels.astype(dtype, copy=False)
        return array.copy(order="F") if copy and array is self.voxels else array

    def __getitem__(self, index: Any) -> Any:
        """Return voxels by their indices, read-only: a value of ``[i, j, k]``, a slice of ``[:, :, k]``."""
        return self.voxels[index]

    __iter__ = None  # a volume is no sequence of volumes

    @property
    def grid(self) -> pyvista.ImageData:
        """The volume as a ``pyvista.ImageData`` in LPS mm that shares the voxels' memory."""
        from viewer3d.render.image_data import to_pyvista  # noqa: PLC0415 (the one door from a value to its drawing)

        return cached(self, to_pyvista)

    @property
    def digest(self) -> str:
        """SHA-256 of the voxels, see :func:`viewer3d.core.digest.begin_digest`; cached."""
        return cached(self, _digest)

    def value_at(self, world: ArrayLike, interpolation: Interpolation = "linear") -> float | None:
        """Return the value at a point of the patient, as pictures show it.

        Parameters
        ----------
        world : array_like, shape (3,)
            LPS, in mm.
        interpolation : {"linear", "nearest"}
            Linear between the eight voxels around the point (of int16 rounded to a whole number), as slices are
            sampled; or the value of the voxel that holds the point. The outer half of the outer voxels is in the volume
            and has the value of their centres.

        Returns
        -------
        float or None
            In the unit. None outside of the volume, and where a voxel that has a part in the value was not measured.

        Raises
        ------
        ViewError
            When there is no such interpolation.

        Examples
        --------
        >>> import numpy as np
        >>> volume = Volume.from_array(np.float32([[[0, 10]]]), np.diag([1, 1, 4, 1]))
        >>> volume.value_at((0, 0, 1)), volume.value_at((0, 0, 1), "nearest"), volume.value_at((0, 0, 7))
        (2.5, 0.0, None)
        """
        value = value_between if check_interpolation(interpolation) == "linear" else value_nearest
        if not self.geometry.contains(world):
            return None
        return value(self.voxels, self.geometry.world_to_index(world).tolist(), self.measured)

    def sample(self) -> NDArray[Any]:
        """Return some 200,000 evenly spread measured voxels, shape (N,): always the same ones.

        Their percentiles are those of the volume to 0.1 of a percentile, see :mod:`viewer3d.core.sampling`.
        """
        return cached(self, _sample)

    def window_values(self, values: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return the values that a window is found from, without padding and values below the HU scale.

        Parameters
        ----------
        values : ndarray, optional
            Some of the volume's; without them those of :meth:`sample`.

        Returns
        -------
        ndarray, shape (N,)
            Finite ones; in HU from :data:`viewer3d.core.window.LEAST_HU` on. All that are finite where no other is
            left.
        """
        found = np.ravel(self.sample() if values is None else values)
        if found.dtype.kind == "f":
            found = found[np.isfinite(found)]
        kept = found
        if self.is_like_hu:
            kept = kept[kept >= LEAST_HU]
        if self.background is not None:
            kept = kept[kept != self.background]
        return kept if kept.size else found

    @property
    def padding(self) -> float | None:
        """The background value where it is below the HU scale, so that no measured voxel has it; else None.

        In all else the background may be a value as any other: 0 in MR and PET.
        """
        return (
            self.background
            if self.unit == "HU" and self.background is not None and self.background < LEAST_HU
            else None
        )

    @property
    def is_like_hu(self) -> bool:
        """True when windows in HU fit: the values are in HU, or of a CT that does not say its unit."""
        return self.unit == "HU" or (self.modality == "CT" and not self.unit)

    @property
    def is_in_suv(self) -> bool:
        """True when values are standardized uptake values, whatever they are normalized by."""
        return self.unit.upper().startswith("SUV")

    @property
    def is_presented(self) -> bool:
        """True when a presentation state, which was asked for, says how it is shown."""
        return self.provenance is not None and self.provenance.presentation not in ("", OWN)

    @property
    def window(self) -> Window | None:
        """The first window of the presentation state or of the files; None where there is none."""
        return self.windows[0] if self.windows else None

    @property
    def default_window(self) -> Window:
        """The window that pictures begin with.

        0 to 5 for PET in SUV, unless a presentation state has one. Else the files' own first one, where it shows
        something of the values: less than :data:`LEAST_CONTRAST` between nearly the darkest and nearly the brightest is
        a black or white picture. Else soft tissue for HU, and one from the percentiles of the voxels, see
        :func:`viewer3d.core.window.auto_window`.
        """
        return cached(self, _default_window)

    @property
    def auto_window(self) -> Window:
        """The window from the percentiles of the voxels, see :func:`viewer3d.core.window.auto_window`."""
        return auto_window(self.window_values())

    def _checked_measured(self) -> Measured | None:
        if self.measured is None:
            return None
        measured = np.array(self.measured, np.int32)
        if measured.shape != (self.shape[2], 4):
            raise GeometryError(
                f"measured has shape {measured.shape}: give {(self.shape[2], 4)}, first column, end of columns, first "
                "row, end of rows of each slice, or None"
            )
        measured.flags.writeable = False
        return measured

    def _repr_html_(self) -> str:
        """Return HTML for a notebook: a table and three slices, drawn without OpenGL; cached."""
        from viewer3d.render.notebook import volume_html  # noqa: PLC0415 (only a notebook shows it)

        return cached(self, volume_html)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_made": {}}  # what was made of it can be made again, and not all can be sent

    def __repr__(self) -> str:
        size, spacing = " x ".join(map(str, self.shape)), " x ".join(f"{mm:.4g}" for mm in self.spacing)
        what, unit = printable(self.modality or "values"), printable(self.unit or "no unit")
        count = len(marked(self.notes))
        return (
            f"Volume({what} {size}, {spacing} mm, {unit}, {len(self.notes)} notes{f', {count} marked' * (count > 0)})"
        )


def cached(volume: MadeOf, make: Callable[[MadeOf], Cached]) -> Cached:
    """Return what a function makes of a volume; it is made once and kept with the volume."""
    if make not in volume._made:
        volume._made[make] = make(volume)
    made: Cached = volume._made[make]
    return made


def begin_volume_digest(volume: Volume) -> None:
    """Begin to hash the voxels in other threads, so that ``volume.digest`` need not wait for all of it."""
    cached(volume, _digest if _digest in volume._made else _begun_digest)


def _sample(volume: Volume) -> NDArray[Any]:
    sample = sampled(volume.voxels, volume.measured)
    sample.flags.writeable = False
    return sample


def _default_window(volume: Volume) -> Window:
    if volume.is_in_suv and not (volume.is_presented and volume.window is not None):
        return named_windows("SUV")[FIRST_SUV]
    few = volume.window_values(sampled(volume.voxels, volume.measured, _WINDOW_SAMPLE))
    if volume.window is not None and shows_something(volume.window, few):
        return volume.window
    # A CT that does not say its unit may hold HU: then air is far below 0.
    if volume.unit == "HU" or (volume.is_like_hu and few.size > 0 and few.min() < LEAST_HU / 2):
        usual = named_windows()["soft-tissue"]
        if volume.window is None or shows_something(usual, few):
            return usual
    return volume.auto_window


def _begun_digest(volume: Volume) -> Callable[[], str]:
    from viewer3d.core.digest import begin_digest  # noqa: PLC0415 (only what is written has a digest)

    return begin_digest(volume.voxels)


def _digest(volume: Volume) -> str:
    return cached(volume, _begun_digest)()
