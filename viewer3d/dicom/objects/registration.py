"""Read DICOM Spatial Registrations: matrices between frames of reference (PS3.3 A.39.1 and C.20.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from viewer3d.core.digest import digest_of_text
from viewer3d.core.geometry import Affine
from viewer3d.core.placing.frames import check_transform
from viewer3d.core.text import printable
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.headers.values import text
from viewer3d.dicom.objects.dicom_object import REGISTRATION_KIND, SPATIAL_REGISTRATION
from viewer3d.dicom.objects.find_objects import FoundObject, find_object, reading
from viewer3d.errors import BadFileError, ViewError

if TYPE_CHECKING:
    from pydicom import Dataset

DEFORMABLE_REGISTRATION: Final = "1.2.840.10008.5.1.4.1.1.66.3"
REGISTRATION_CLASSES: Final = frozenset({SPATIAL_REGISTRATION, DEFORMABLE_REGISTRATION})
"""SOP Classes: Spatial Registration Storage and Deformable Spatial Registration Storage."""

_KINDS: Final = ("RIGID", "RIGID_SCALE", "AFFINE")
"""Frame of Reference Transformation Matrix Type (0070,030C), see PS3.3 C.20.2.1.2."""

_RIGID_TOLERANCE: Final = 1e-3
"""How far lengths and right angles of a matrix may be from what its type says: three decimals are written by some."""

_SAME_TOLERANCE: Final = 1e-6
"""How far two matrices for one frame of reference may differ and be one, in mm for points at the origin."""


@dataclass(frozen=True, eq=False)
class Registration:
    """A Spatial Registration: how points of frames of reference lie in one of them.

    Attributes
    ----------
    name : str
        Of its file, in messages.
    frame : str
        UID of the frame of reference to which all matrices lead: (0020,0052) of the object itself.
    matrices : mapping of str to ndarray of float64, shape (4, 4)
        From the LPS mm of a frame of reference, by UID, to those of `frame`.
    by_images : int
        How many further items name their images alone and no frame of reference.
    """

    name: str
    frame: str
    matrices: Mapping[str, Affine]
    by_images: int = 0

    def between(self, base: str, overlay: str) -> Affine:
        """Return the matrix from the LPS mm of an overlay to those of a base, shape (4, 4).

        Where the matrix of an item leads from B to the object's frame A, and that of another from C to A, points of C
        lie in B by the inverse of the first times the second (PS3.3 C.20.2.1.1, equation C.20.2-3).

        Parameters
        ----------
        base, overlay : str
            Their Frame of Reference UIDs (0020,0052).

        Raises
        ------
        ViewError
            When one of them is not known, or the registration says nothing of it.
        """
        to_frame = []
        for what, uid in (("overlay", overlay), ("base", base)):
            if not uid:
                raise ViewError(
                    f"{self.name}: a Spatial Registration is between frames of reference, and that of the {what} is "
                    "not known: give both, or a 4 x 4 matrix"
                )
            if uid not in self.matrices:
                raise ViewError(f"{self.name}: {self._missing(what, uid)}")
            to_frame.append(self.matrices[uid])
        return check_transform(inverse_of(to_frame[1]) @ to_frame[0])

    def _missing(self, what: str, uid: str) -> str:
        known = ", ".join(_label(one) for one in self.matrices)
        images = ""
        if self.by_images:
            images = (
                f"; {self.by_images} of its items name images and no frame of reference, which are not matched: give "
                "their matrix as a file of 4 lines"
            )
        return (
            f"the frame of reference of the {what} ({_label(uid)}) is none that this Spatial Registration is between "
            f"({known}): give the registration of these two series{images}"
        )


def _label(uid: str) -> str:
    return digest_of_text(uid)[:8]  # as viewer3d.core.placing.frames.frame_label has it


def inverse_of(matrix: Affine) -> Affine:
    """Return the inverse of an affine matrix, shape (4, 4), whose last row is 0 0 0 1 exactly."""
    inverse = np.linalg.inv(matrix)
    inverse[3] = 0, 0, 0, 1
    return np.asarray(inverse, np.float64)


def read_registration(where: DicomInput, series: int | str | None = None) -> Registration:
    """Read a Spatial Registration.

    Parameters
    ----------
    where : path, pydicom.Dataset, or sequence of them
        The file, or a folder or archive in which it lies beside others.
    series : int or str, optional
        Series Number, Series Instance UID or SOP Instance UID; needed when there are several.

    Returns
    -------
    Registration

    Raises
    ------
    NotFoundError, NoVolumeError
        When there is no path, no DICOM or no registration there.
    ChoiceError
        When there are several; lists each with the call to choose it.
    BadFileError
        When it is deformable, or a matrix is missing, singular, mirrors or is not of the type that it says.
    """
    found = find_object(where, REGISTRATION_CLASSES, REGISTRATION_KIND, "load_transform", series)
    if text(found.attributes, "SOPClassUID") == DEFORMABLE_REGISTRATION:
        raise BadFileError(
            f"{found.source.name}: is a deformable registration, which no 4 x 4 matrix can say: resample the overlay "
            "by it with the program that made it, and give the result"
        )
    with reading(found, "its matrices"):
        return _read(found)


def _read(found: FoundObject) -> Registration:
    name, dataset = found.source.name, found.dataset
    frame = str(dataset.get("FrameOfReferenceUID") or "")
    items = dataset.get("RegistrationSequence") or ()
    if not frame or not items:
        lacks = "Frame of Reference UID (0020,0052)" if not frame else "Registration Sequence (0070,0308)"
        raise BadFileError(f"{name}: a Spatial Registration without a {lacks} says nothing; export it again")
    matrices: dict[str, Affine] = {}
    by_images = 0
    for number, item in enumerate(items, 1):
        uid = str(item.get("FrameOfReferenceUID") or "")
        matrix = _matrix_of(item, f"{name}: item {number} of its registrations")
        if not uid:
            by_images += 1
            continue
        if uid in matrices and not np.allclose(matrices[uid], matrix, rtol=0, atol=_SAME_TOLERANCE):
            raise BadFileError(
                f"{name}: has two different matrices for one frame of reference ({_label(uid)}), so that it does not "
                "say where it lies: export one of them alone, or give a 4 x 4 matrix"
            )
        matrices[uid] = matrix
    return Registration(name, frame, {frame: np.eye(4), **matrices}, by_images)


def transform_kinds(dataset: Dataset) -> tuple[tuple[str, str], ...]:
    """Return of each transform the Frame of Reference UID that it leads from, and its type in words."""
    found = []
    for item in dataset.get("RegistrationSequence") or ():
        registrations = item.get("MatrixRegistrationSequence") or ()
        parts = registrations[0].get("MatrixSequence") or () if registrations else ()
        kinds = dict.fromkeys(str(part.get("FrameOfReferenceTransformationMatrixType") or "no type") for part in parts)
        words = " and ".join(kind.lower().replace("_", " and ") for kind in kinds)
        found.append((str(item.get("FrameOfReferenceUID") or ""), printable(words or "without a matrix")))
    return tuple(found)


def _matrix_of(item: Dataset, place: str) -> Affine:
    """Return the product of the matrices of an item: the first times the second, ... (PS3.3 C.20.2.1.1)."""
    registrations = item.get("MatrixRegistrationSequence") or ()
    parts = registrations[0].get("MatrixSequence") or () if registrations else ()
    if not parts:
        raise BadFileError(f"{place} has no matrix (Matrix Sequence 0070,030A); export it again")
    product = np.eye(4)
    for part in parts:
        numbers = np.array([float(one) for one in part.get("FrameOfReferenceTransformationMatrix") or ()])
        if numbers.size != 16:
            raise BadFileError(f"{place} has a matrix of {numbers.size} numbers, not 16; export it again")
        try:
            matrix = check_transform(numbers.reshape(4, 4))
        except ViewError as error:
            raise BadFileError(f"{place}: {error}") from None
        _check_kind(matrix, str(part.get("FrameOfReferenceTransformationMatrixType") or ""), place)
        product = product @ matrix
    return product


def _check_kind(matrix: Affine, kind: str, place: str) -> None:
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    directions = matrix[:3, :3] / lengths
    cosine = float(np.abs(directions.T @ directions - np.eye(3)).max())
    if kind and kind not in _KINDS:
        raise BadFileError(f"{place} has a matrix of the type {kind!r:.40}: {', '.join(_KINDS)} are known")
    scales = kind == "RIGID" and float(np.abs(lengths - 1).max()) > _RIGID_TOLERANCE
    if scales or (kind in _KINDS[:2] and cosine > _RIGID_TOLERANCE):
        does = f"scales by {', '.join(f'{one:.4g}' for one in lengths)}" if scales else f"shears (cosine {cosine:.4f})"
        raise BadFileError(f"{place} calls its matrix {kind}, and it {does}: export it again, or as AFFINE")
