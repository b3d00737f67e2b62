"""Load a transform: a Spatial Registration, an affine of ITK or ANTs, or a matrix as text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from viewer3d.core.files import open_file
from viewer3d.core.geometry import Affine
from viewer3d.core.placing.frames import check_transform
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.text import is_number
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.objects.registration import Registration, inverse_of, read_registration
from viewer3d.errors import BadFileError, NotFoundError, ViewError
from viewer3d.formats.itk_transforms import ITK_TITLE, read_ants_mat, read_itk_text

_MOST_BYTES: Final = 1 << 20
"""Of a file with a matrix, or a composite of a hundred: more is a deformable one, or none."""

_EXPECTED: Final = (
    "read is a text of 4 lines of 4 numbers, LPS mm of the overlay to those of the base, an affine of ITK or ANTs "
    "(.tfm, .txt, .mat) or a DICOM Spatial Registration"
)

_DICOM_SUFFIXES: Final = (".dcm", ".zip")
"""Of files that are DICOM although they do not say so at byte 128 (PS3.10 7.1), or hold some."""

_REFUSED: Final = {
    ".h5": "a transform of ITK in HDF5 (write it as .tfm)",
    ".hdf5": "a transform of ITK in HDF5 (write it as .tfm)",
    ".xfm": "a transform of MNI or FreeSurfer",
    ".lta": "a transform of FreeSurfer",
    **dict.fromkeys((".nii", ".nii.gz", ".nrrd", ".mha", ".mhd"), "a displacement field or an image (deformable)"),
}
"""Files with transforms that are not in LPS mm, deformable, or need a library of their own."""


@dataclass(frozen=True, eq=False)
class TransformFile:
    """A transform that was read from a file.

    Attributes
    ----------
    how : str
        What a layer is said to be placed by: ``"a given matrix"``, ``"an ITK transform (a.tfm)"``.
    source : ndarray of float64, shape (4, 4), or Registration
        From the LPS mm of the overlay to those of the base; or what has it by their frames of reference.
    """

    how: str
    source: Affine | Registration

    def between(self, base: str, overlay: str) -> Affine:
        """Return the matrix from an overlay's LPS mm to a base's, of their Frame of Reference UIDs.

        Raises
        ------
        ViewError
            When a registration says nothing of them.
        """
        return self.source.between(base, overlay) if isinstance(self.source, Registration) else self.source


def load_transform(
    where: DicomInput,
    base: Volume | Segmentation | str = "",
    overlay: Volume | Segmentation | str = "",
    *,
    series: int | str | None = None,
) -> Affine:
    """Load the matrix that leads from an overlay's world to that of a base, both LPS in mm.

    The direction is the same for all kinds of files: a point of the *overlay* comes out where it lies in the *base*.
    What files say differs, and is turned round where it must be:

    - text of four lines of four numbers (``#`` begins a comment): taken as it is, overlay to base, LPS mm. A matrix
      that 3D Slicer shows is in RAS, and one of FSL in neither: numbers do not say so, and they are not meant.
    - ITK and ANTs (``.tfm``, ``.txt``, ``.mat``), as 3D Slicer saves linear transforms too: a transform of ITK takes
      points of the fixed image to the moving one. The base is the fixed one, so the *inverse* is returned.
    - DICOM Spatial Registration (PS3.3 C.20.2): each matrix takes points of its item's frame of reference to that of
      the object. The two that are needed are chosen by the frames of reference of base and overlay, and inverted and
      multiplied as they must be.

    Parameters
    ----------
    where : path, or pydicom.Dataset of a registration
        A file; of a registration also the folder or archive in which it lies beside others.
    base, overlay : Volume, Segmentation, or str
        What is seen below, and what is to lie over it, or their Frame of Reference UIDs; needed for a registration, and
        without a meaning for other files.
    series : int or str, optional
        Of registrations: Series Number, Series Instance UID or SOP Instance UID; needed when there are several.

    Returns
    -------
    ndarray of float64, shape (4, 4)
        What ``Layer(transform=...)`` takes; read-only.

    Raises
    ------
    NotFoundError
        When there is no such file.
    BadFileError
        When it is deformable, in another system of coordinates, damaged, singular or mirrors.
    ChoiceError, NoVolumeError
        When there are several registrations in a folder, or none.
    ViewError
        When a registration says nothing of base and overlay.

    Examples
    --------
    >>> matrix = load_transform("0GenericAffine.mat")     # doctest: +SKIP
    >>> matrix = load_transform("reg.dcm", ct, mr)        # doctest: +SKIP
    >>> Layer(mr, transform=matrix)                       # doctest: +SKIP
    """
    frames = [one if isinstance(one, str) else one.frame_of_reference for one in (base, overlay)]
    return read_transform(where, series).between(*frames)


def read_transform(where: DicomInput, series: int | str | None = None) -> TransformFile:
    """Read a transform, of which a registration needs frames of reference to be a matrix.

    Raises
    ------
    NotFoundError, BadFileError, ChoiceError, NoVolumeError
        As :func:`load_transform`.
    """
    if not isinstance(where, str | os.PathLike):
        return TransformFile("a Spatial Registration", read_registration(where, series))
    path = Path(where)
    for suffix, kind in _REFUSED.items():
        if path.name.lower().endswith(suffix):
            raise BadFileError(f"{path}: {kind} is not read: {_EXPECTED}")
    try:
        is_folder, data = path.is_dir(), b""
        if not is_folder:
            with open(path, "rb", opener=open_file) as file:
                data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise NotFoundError(f"{path}: there is no such file: {_EXPECTED}") from None
    except (OSError, ValueError) as error:  # of a name with a null character
        why = (getattr(error, "strerror", "") or str(error)).lower()
        raise BadFileError(f"{path}: cannot be read ({why}): {_EXPECTED}") from None
    if is_folder or data[128:132] == b"DICM" or path.suffix.lower() in _DICOM_SUFFIXES:
        registration = read_registration(path, series)
        return TransformFile(f"a Spatial Registration ({path.name})", registration)
    if len(data) > _MOST_BYTES:
        raise BadFileError(f"{path}: has more than {_MOST_BYTES:,} bytes, too many for a matrix: {_EXPECTED}")
    return _of_bytes(path, data)


def _of_bytes(path: Path, data: bytes) -> TransformFile:
    name, is_mat = str(path), path.suffix.lower() == ".mat"
    is_itk = data.startswith(ITK_TITLE)
    try:
        if is_itk or is_mat:
            read = read_itk_text if is_itk else read_ants_mat
            matrix = check_transform(inverse_of(check_transform(read(name, data))))
        else:
            matrix = check_transform(_matrix_of_text(name, data))
    except ViewError as error:
        raise BadFileError(f"{name}: {error}") from None
    return TransformFile(f"an ITK transform ({path.name})" if is_itk or is_mat else "a given matrix", matrix)


def _matrix_of_text(name: str, data: bytes) -> list[list[float]]:
    """Return the matrix of a text of 4 lines of 4 numbers."""
    lines = [line.partition("#")[0].replace(",", " ").split() for line in data.decode("utf-8", "replace").splitlines()]
    rows = [line for line in lines if line]
    if [len(row) for row in rows] != [4, 4, 4, 4] or not all(is_number(word) for row in rows for word in row):
        raise BadFileError(f"{name}: holds no such matrix: {_EXPECTED}")
    return [[float(word) for word in row] for row in rows]
