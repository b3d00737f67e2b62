"""Methods of a volume that make another one of it: a part, another grid, other axes, masked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from viewer3d.core.geometry import Geometry
    from viewer3d.core.sampling import Interpolation
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.core.volume import Volume
    from viewer3d.core.voxels import IndexBox


class GridMethods:
    """Base of :class:`viewer3d.Volume`: its methods that make another volume of it.

    Each leaves the volume as it is. What was done stands in the notes of the new one, and in its provenance, by which
    recipes of its pictures say that files alone do not make it again. The volumes of a 4-D set are changed one by one,
    ``[one.crop(box) for one in volumes]``, and are a set again.
    """

    def crop(
        self,
        box: ArrayLike | IndexBox | None = None,
        *,
        margin: float = 0.0,
        to: Segmentation | None = None,
        same_frame: bool = False,
        max_memory: int | str | None = None,
    ) -> Volume:
        """Return the part of the volume in a box; its voxels stay where they are.

        Parameters
        ----------
        box : array_like, shape (2, 3), or tuple of three slices, optional
            Two opposite corners in LPS mm: all voxels that the box touches are kept. Or the columns, rows and slices:
            ``(slice(10, 90), slice(None), slice(0, 40))``.
        margin : float
            mm that are kept around the box on all sides, as far as there are voxels.
        to : Segmentation, optional
            Instead of a box: the smallest one around all of its segments. Where there is neither, it is the smallest
            one around what is not background: what is above -500 HU, or above 0 where values are not in HU (as MONAI's
            CropForeground chooses by default).
        same_frame : bool
            Whether to trust that the segmentation is in the frame of reference of the volume.
        max_memory : int or str, optional
            As for :func:`viewer3d.load`.

        Returns
        -------
        Volume
            The volume itself where nothing is cut off.

        Raises
        ------
        GeometryError
            When the box is none, or lies outside of the volume.
        SegmentError
            When the segmentation is empty.
        ViewError
            When the segmentation is of another frame of reference.
        LimitError
            When it needs more memory than is allowed.

        Examples
        --------
        >>> import numpy as np, viewer3d
        >>> volume = viewer3d.Volume.from_array(np.zeros((40, 40, 20)), np.diag([1, 1, 2, 1]))
        >>> part = volume.crop([[10, 10, 0], [19, 19, 8]])
        >>> part.shape, part.geometry.origin
        ((10, 10, 5), (10.0, 10.0, 0.0))
        """
        from viewer3d.core.grids.change import crop_volume  # noqa: PLC0415 (few are changed; and it needs Volume)

        volume = cast("Volume", self)
        return crop_volume(volume, box, margin=margin, to=to, same_frame=same_frame, max_memory=max_memory)

    def resample(
        self,
        spacing: ArrayLike | None = None,
        *,
        like: Volume | Segmentation | Geometry | None = None,
        interpolation: Interpolation = "linear",
        same_frame: bool = False,
        max_memory: int | str | None = None,
    ) -> Volume:
        """Return the volume on another grid: of another spacing, or like that of another volume.

        Parameters
        ----------
        spacing : float or array_like, shape (3,), optional
            Between voxel centres along i, j and k, in mm. The grid has the centre and the axes of the volume's, and as
            many voxels as hold all of it.
        like : Volume, Segmentation or Geometry, optional
            Whose grid to take instead, in the same frame of reference; of a Geometry nothing checks that.
        interpolation : {"linear", "nearest"}
            Linear between the eight voxels around each centre (of int16 rounded to a whole number); where the new grid
            is coarser, after a Gaussian whose variance is the difference of those of the two voxels, each taken for a
            Gaussian as wide at half maximum as the voxel (M. J. Cardoso et al., MICCAI 2015), so that nothing finer
            than the new grid is taken for something else. Or the value of the voxel that holds the centre, unsmoothed:
            for labels.
        same_frame : bool
            Whether to trust that `like` is in the frame of reference of the volume.
        max_memory : int or str, optional
            As for :func:`viewer3d.load`.

        Returns
        -------
        Volume
            Of the same dtype. Voxels whose centres lie outside of the volume have the value of its background: that of
            the padding where some voxels have it, else -1000 HU, else 0, within the range of its values. They have no
            part in statistics (``measured``, a rectangle in each slice; beside it there may be more that were
            measured). The volume itself where the grid is the same.

        Raises
        ------
        GeometryError
            When there are not one of spacing and `like`, or they make no grid.
        ViewError
            When `like` is of another frame of reference, or there is no such interpolation.
        LimitError
            When it needs more memory than is allowed.

        Examples
        --------
        >>> import numpy as np, viewer3d
        >>> volume = viewer3d.Volume.from_array(np.zeros((40, 40, 20)), np.diag([1, 1, 2, 1]))
        >>> volume.resample(2).shape
        (20, 20, 20)
        """
        from viewer3d.core.grids.resample import resample_volume  # noqa: PLC0415 (as above)

        volume = cast("Volume", self)
        how = {"interpolation": interpolation, "same_frame": same_frame, "max_memory": max_memory}
        return resample_volume(volume, spacing, like=like, **how)  # type: ignore[arg-type]

    def reoriented(self, orientation: str, *, max_memory: int | str | None = None) -> Volume:
        """Return the volume with its axes in another order or direction; its voxels stay where they are.

        Parameters
        ----------
        orientation : str
            Where the axes i, j and k lead, one letter each: L or R, P or A, S or I (or H, F): ``"LPS"``, ``"RAS"``.
            Each is the axis nearest to that direction, as in nibabel's ``aff2axcodes``; a grid that is turned by some
            degrees stays turned.
        max_memory : int or str, optional
            As for :func:`viewer3d.load`.

        Returns
        -------
        Volume
            The volume itself where its axes lead there already.

        Raises
        ------
        GeometryError
            When it is no orientation, or a left-handed one as LAS and LIA, which no volume has.
        LimitError
            When it needs more memory than is allowed.

        Examples
        --------
        >>> import numpy as np, viewer3d
        >>> volume = viewer3d.Volume.from_array(np.zeros((40, 30, 20)), np.diag([1, 1, 2, 1]))
        >>> volume.reoriented("RAS").geometry.origin
        (39.0, 29.0, 0.0)
        """
        from viewer3d.core.grids.change import reorient_volume  # noqa: PLC0415 (as above)

        return reorient_volume(cast("Volume", self), orientation, max_memory=max_memory)

    def mask(
        self,
        segmentation: Segmentation,
        value: float | None = None,
        *,
        segments: int | str | Iterable[int | str] | None = None,
        same_frame: bool = False,
        max_memory: int | str | None = None,
    ) -> Volume:
        """Return the volume with one value wherever there is no segment.

        Parameters
        ----------
        segmentation : Segmentation
            On any grid: a voxel stays if its centre lies in a voxel of a segment.
        value : float, optional
            In the unit of the volume; without it that of its background, as :meth:`resample` has it. int16 becomes
            float32 where it cannot hold it.
        segments : int, str or list of them, optional
            Numbers or names of those that are kept; without it all.
        same_frame : bool
            Whether to trust that the segmentation is in the frame of reference of the volume.
        max_memory : int or str, optional
            As for :func:`viewer3d.load`.

        Raises
        ------
        SegmentError
            When there is no such segment, or none has a voxel in the volume.
        ViewError
            When the segmentation is of another frame of reference.
        LimitError
            When it needs more memory than is allowed.
        """
        from viewer3d.core.grids.change import mask_volume  # noqa: PLC0415 (as above)

        volume = cast("Volume", self)
        how = {"segments": segments, "same_frame": same_frame, "max_memory": max_memory}
        return mask_volume(volume, segmentation, value, **how)  # type: ignore[arg-type]
