"""Methods of a volume that give it to other packages as objects in memory, and take it from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.core.volume import Volume


class ExchangeMethods:
    """Base of :class:`viewer3d.Volume`: its methods that other packages' images come from, and go to.

    Each of these packages is imported when it is called for, and none is needed for anything else. Where one is not
    installed, :class:`~viewer3d.errors.DecoderError` has the install command. No voxel moves: what is in LPS here is in
    RAS in nibabel, by another affine of the same voxels. Nothing that names a patient goes over.
    """

    def to_nibabel(self) -> Any:
        """Return the volume as a ``nibabel.Nifti1Image`` in RAS mm, of the same voxels in the same order.

        Its sform and qform are both set, as those of a scanner (code 1). It shares the voxels, which are read-only.
        Unit and modality, which NIfTI has no place for, are in the image's ``extra``.
        """
        from viewer3d.formats import exchange  # noqa: PLC0415 (a door to other packages)

        return exchange.to_nibabel(cast("Volume", self))

    def to_sitk(self) -> Any:
        """Return the volume as a ``SimpleITK.Image`` in LPS mm, a copy.

        Unit and modality are in its metadata, by the keys ``"unit"`` and ``"0008|0060"``.
        """
        from viewer3d.formats import exchange  # noqa: PLC0415 (as above)

        return exchange.to_sitk(cast("Volume", self))

    def to_itk(self) -> Any:
        """Return the volume as an ``itk.Image`` in LPS mm, a copy; it holds neither unit nor modality."""
        from viewer3d.formats import exchange  # noqa: PLC0415 (as above)

        return exchange.to_itk(cast("Volume", self))

    def to_xarray(self) -> Any:
        """Return the volume as an ``xarray.DataArray`` of dimensions i, j and k, which shares the voxels.

        Where an axis of the voxels runs along one of the patient, ``x``, ``y`` or ``z`` are its places in LPS mm. The
        attributes have ``units`` and ``modality``, and always ``affine``, voxel index to LPS mm, as nested lists.
        """
        from viewer3d.formats import exchange  # noqa: PLC0415 (as above)

        return exchange.to_xarray(cast("Volume", self))

    @classmethod
    def from_nibabel(cls, image: Any, *, unit: str | None = None, **about: Any) -> Volume:
        """Make a volume of a spatial image of nibabel, of three dimensions and in RAS.

        Parameters
        ----------
        image : nibabel.SpatialImage
            As ``nibabel.load`` returns it. Its ``affine`` counts; a unit of space other than mm is honoured.
        unit : str, optional
            Of the values: ``"HU"``; without it what :meth:`to_nibabel` left in ``extra``.
        **about
            Fields of :class:`SeriesInfo`: ``modality="CT"``.

        Raises
        ------
        GeometryError
            When it is none, has more than three dimensions, complex numbers or colours, or its affine is sheared.
        ViewError
            When there is no such field.

        Notes
        -----
        As in :meth:`Volume.from_array` values are copied, kept as int16 where that holds all and else as float32, and
        a left-handed affine is made right-handed by reversing the slices, which moves no voxel.
        """
        from viewer3d.formats import exchange  # noqa: PLC0415 (as above)

        return exchange.from_nibabel(image, unit, about)

    @classmethod
    def from_sitk(cls, image: Any, *, unit: str | None = None, **about: Any) -> Volume:
        """Make a volume of a SimpleITK image of three dimensions and one value a voxel.

        Parameters
        ----------
        image : SimpleITK.Image
        unit : str, optional
            Of the values; without it what :meth:`to_sitk` left in the metadata.
        **about
            Fields of :class:`SeriesInfo`, as for :meth:`from_nibabel`.

        Raises
        ------
        DecoderError
            When SimpleITK is not installed.
        GeometryError, ViewError
            As for :meth:`from_nibabel`.
        """
        from viewer3d.formats import exchange  # noqa: PLC0415 (as above)

        return exchange.from_sitk(image, unit, about)

    @classmethod
    def from_itk(cls, image: Any, *, unit: str | None = None, **about: Any) -> Volume:
        """Make a volume of an ITK image of three dimensions and one value a voxel.

        Parameters
        ----------
        image : itk.Image
        unit : str, optional
            Of the values.
        **about
            Fields of :class:`SeriesInfo`, as for :meth:`from_nibabel`.

        Raises
        ------
        DecoderError
            When itk is not installed.
        GeometryError, ViewError
            As for :meth:`from_nibabel`.
        """
        from viewer3d.formats import exchange  # noqa: PLC0415 (as above)

        return exchange.from_itk(image, unit, about)

    @classmethod
    def from_pyvista(cls, grid: Any, *, unit: str | None = None, **about: Any) -> Volume:
        """Make a volume of a ``pyvista.ImageData`` with one number a point, whose places are LPS mm.

        Parameters
        ----------
        grid : pyvista.ImageData
            Its origin, spacing, direction and active scalars count. A grid does not say which way a patient lies, and a
            note says so.
        unit : str, optional
            Of the values: ``"HU"``; without it the name of the scalars where that is a unit, as in
            :attr:`Volume.grid`.
        **about
            Fields of :class:`SeriesInfo`, as for :meth:`from_nibabel`.

        Raises
        ------
        GeometryError
            When it is none, or has not one real number at each point.
        ViewError
            When there is no such field.
        """
        from viewer3d.formats import exchange  # noqa: PLC0415 (as above)

        return exchange.from_pyvista(grid, unit, about)


class LabelExchangeMethods:
    """Base of :class:`viewer3d.Segmentation`: its methods that other packages' label maps come from."""

    def to_nibabel(self) -> Any:
        """Return the labels as a ``nibabel.Nifti1Image`` in RAS mm.

        Each voxel has the number of its segment. Its ``extra`` has the names, by number. Fractions do not go over.

        Raises
        ------
        OutputError
            When segments overlap, or one has the number 0: a voxel of a label map has one label.
        GeometryError
            When the grid is sheared.
        """
        from viewer3d.formats import exchange  # noqa: PLC0415 (a door to other packages)

        return exchange.labels_to_nibabel(cast("Segmentation", self))

    def to_sitk(self) -> Any:
        """Return the labels as a ``SimpleITK.Image`` in LPS mm, a copy.

        Each voxel has the number of its segment.

        Raises
        ------
        DecoderError
            When SimpleITK is not installed.
        OutputError, GeometryError
            As for :meth:`to_nibabel`.
        """
        from viewer3d.formats import exchange  # noqa: PLC0415 (as above)

        return exchange.labels_to_sitk(cast("Segmentation", self))
