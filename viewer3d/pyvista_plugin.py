"""The plugin of pyvista: a reader of DICOM for ``pyvista.read``, and ``grid.viewer3d`` on its grids.

pyvista (0.48 and later) finds it by the entry points of this package where viewer3d is installed, and imports it when a
DICOM file or folder is read by it or ``grid.viewer3d`` is asked for, never before::

    grid = pyvista.read("folder", force_ext=".dicom")  # a pyvista.ImageData in LPS mm, every voxel in its place
    grid.viewer3d.notes, grid.viewer3d.volume
    grid.viewer3d.show()

:func:`register_pyvista_reader` makes it the reader of ``.dcm`` and of folders too, in place of pyvista's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyvista
from pyvista.core.utilities.reader import BaseVTKReader  # pyvista itself names it from 0.49 on

from viewer3d.core.volume import Volume
from viewer3d.errors import DecoderError
from viewer3d.render.image_data import lent_volume, to_pyvista

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from viewer3d.app.viewer import Viewer
    from viewer3d.figures.figure import Figure

__all__ = ["DicomReader", "GridAccessor", "read_dicom", "register_pyvista_reader"]

_FIRST: Final = (0, 49)
"""The first pyvista that takes a reader of folders, which have no extension: a class; 0.48 takes functions alone."""

_TAKEN: Final = (".dcm", "")
"""What :class:`DicomReader` is registered for: pyvista's own reader has the first, and folders have the second."""


def read_dicom(path: str, **options: Any) -> pyvista.ImageData:
    """Read a volume for ``pyvista.read(path, force_ext=".dicom")``.

    Parameters
    ----------
    path : str
        A folder, one file, a DICOMDIR, a zip: what :func:`viewer3d.load` takes.
    **options
        Those of :func:`viewer3d.load`: ``series=3``. pyvista 0.48 does not hand them on.

    Returns
    -------
    pyvista.ImageData
        In LPS mm, as :attr:`viewer3d.Volume.grid`: its scalars are named by the unit. ``grid.viewer3d`` has the rest.

    Raises
    ------
    DicomError
        As :func:`viewer3d.load` does.
    """
    from viewer3d.formats.load import load  # noqa: PLC0415 (who asks for the accessor alone reads no files)

    return to_pyvista(load(path, **options))


class _VolumeReader(BaseVTKReader):
    """What pyvista calls as it does a reader of VTK: the path is set, then all is read at once."""

    def __init__(self) -> None:
        super().__init__()
        self.options: dict[str, Any] = {}

    def SetDirectoryName(self, path: str) -> None:  # noqa: N802 (VTK's name)
        """Set the folder to read."""
        self.SetFileName(path)

    def UpdateInformation(self) -> None:  # noqa: N802 (VTK's name)
        """Do nothing: headers are read with the voxels."""

    def Update(self) -> None:  # noqa: N802 (VTK's name)
        """Read the volume."""
        self._data_object = read_dicom(str(self._filename), **self.options)


class _Option:
    """An option of :func:`viewer3d.load` as an attribute of a reader; None where it was not given."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, reader: DicomReader | None, owner: type | None = None) -> Any:
        return self if reader is None else reader.reader.options.get(self.name)

    def __set__(self, reader: DicomReader, value: object) -> None:
        reader.reader.options[self.name] = value


class DicomReader(pyvista.BaseReader):  # type: ignore[type-arg]
    """Reader of DICOM, as ``pyvista.get_reader`` gives it after :func:`register_pyvista_reader`.

    ``pyvista.read(path, series=3, stack=2)`` sets its attributes; they mean what they do in :func:`viewer3d.load`.
    """

    _class_reader = _VolumeReader

    series, stack, which, irregular, skip_bad = _Option(), _Option(), _Option(), _Option(), _Option()
    spacing, unit, max_memory, presentation = _Option(), _Option(), _Option(), _Option()


class GridAccessor:
    """What ``grid.viewer3d`` is on each ``pyvista.ImageData``: its volume, and what leads on from that.

    Parameters
    ----------
    grid : pyvista.ImageData
        One that viewer3d made, or any other of one number a point.
    """

    def __init__(self, grid: pyvista.ImageData) -> None:
        self._grid = grid

    @property
    def volume(self) -> Volume:
        """The volume that the grid was made of, which shares its voxels.

        Of a grid that was made by others, moved or filtered it is what :meth:`to_volume` makes of it as it is now.
        """
        return lent_volume(self._grid) or self.to_volume()

    @property
    def notes(self) -> tuple[str, ...]:
        """One sentence for each thing that was irregular in the files, and what was done about it."""
        return self.volume.notes

    def to_volume(self, unit: str | None = None, **about: Any) -> Volume:
        """Make a volume of the grid as it is, see :meth:`viewer3d.Volume.from_pyvista`: a copy.

        Parameters
        ----------
        unit : str, optional
            Of the values: ``"HU"``; without it the name of the grid's scalars where that is a unit.
        **about
            Fields of :class:`viewer3d.SeriesInfo`: ``modality="CT"``.
        """
        return Volume.from_pyvista(self._grid, unit=unit, **about)

    def show(self, *args: Any, **options: Any) -> Viewer:
        """Show the volume in a desktop window; takes what :func:`viewer3d.show` takes after the volume."""
        from viewer3d.app.show import show  # noqa: PLC0415 (each leads to what it needs)

        return show(self.volume, *args, **options)

    def figure(self, name: str = "mpr", *others: Volume, **options: Any) -> Figure:
        """Make one of ``viewer3d.figures`` by its name: ``grid.viewer3d.figure("lightbox", n=20)``.

        Parameters
        ----------
        name : str
            ``"mpr"``, ``"plane"``, ``"lightbox"``, ...
        *others : Volume
            Of a figure that compares several, the volumes after this one.
        **options
            Those of the figure.

        Raises
        ------
        ViewError
            When there is no such figure or option.
        """
        from viewer3d.figures.by_name import FIGURES, check_figure_call  # noqa: PLC0415 (as above)

        check_figure_call(name, 1 + len(others), {})
        return FIGURES[name](self.volume, *others, **options)

    def screenshot(self, *args: Any, **options: Any) -> NDArray[np.uint8]:
        """Draw one picture; takes what :func:`viewer3d.screenshot` takes after the volume.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
        """
        from viewer3d.render.shot import screenshot  # noqa: PLC0415 (as above)

        return screenshot(self.volume, *args, **options)


def register_pyvista_reader() -> None:
    """Make viewer3d the reader of ``.dcm`` and of folders in ``pyvista.read``, for this process.

    pyvista's own reader of these is vtkDICOMImageReader, which sorts and scales a series as few series are, and tells
    neither. To replace a reader of pyvista's is for a person to ask for, so that installing viewer3d alone changes
    nothing of what ``pyvista.read`` gives. Without this call ``pyvista.read(path, force_ext=".dicom")`` reads one path.

    Raises
    ------
    DecoderError
        When pyvista is older than 0.49, which is the first to take a reader of folders.

    Notes
    -----
    pyvista takes what follows the last dot of a folder's name for an extension: a folder ``CT.2024`` goes on to its own
    reader, or to none. ``force_ext=".dicom"`` reads that as well. Files without an extension are read as DICOM too.

    Examples
    --------
    >>> register_pyvista_reader()            # doctest: +SKIP
    >>> grid = pyvista.read("folder", series=3)  # doctest: +SKIP
    >>> grid.viewer3d.notes                  # doctest: +SKIP
    """
    if tuple(pyvista.version_info)[:2] < _FIRST:
        raise DecoderError(
            f"pyvista {pyvista.__version__} takes no reader of folders: pip install 'pyvista>=0.49', or read by "
            "viewer3d.load(path).grid"
        )
    for extension in _TAKEN:
        pyvista.register_reader(extension, DicomReader, override=True)


if hasattr(pyvista, "register_dataset_accessor"):  # as pyvista 0.47 has not
    pyvista.register_dataset_accessor("viewer3d", pyvista.ImageData)(GridAccessor)
