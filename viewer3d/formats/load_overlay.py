"""Load what is to lie over images, of whatever kind it is: values, segments or contours."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import StructureSet
from viewer3d.core.volume import Volume
from viewer3d.dicom.load import load
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.objects.structures import load_structures
from viewer3d.dicom.series.scan import Scan, scan
from viewer3d.errors import ChoiceError
from viewer3d.formats.load_segmentation import is_label_map, load_segmentation

_READERS: Final[dict[str, Callable[[DicomObject], Segmentation | StructureSet]]] = {
    "segmentation": load_segmentation,
    "structure set": load_structures,
}
"""Kinds of DICOM objects that have regions, and what reads each."""


def load_overlay(
    where: str | os.PathLike[str], series: int | str | None = None, **reading: Any
) -> Volume | Sequence[Volume] | Segmentation | StructureSet:
    """Load the volume, segmentation or structure set that the files at a place hold.

    Parameters
    ----------
    where : path
        A file, a folder or an archive. Where there are images, they are meant, and objects that lie over images only if
        `series` says so.
    series : int or str, optional
        Which of several: Series Number, or UID of a series or an object.
    **reading
        Other arguments of :func:`viewer3d.load`.

    Raises
    ------
    Viewer3DError
        When there is nothing at the place, or several could be meant.
    """
    if is_label_map(where):
        return load_segmentation(where)
    found = scan(where)
    return read_regions(one) if (one := regions_meant(found, series)) else load(found, series, **reading)


def regions_meant(found: Scan, series: int | str | None = None) -> DicomObject | None:
    """Return the object with regions that is meant at a place; None where images are.

    Raises
    ------
    ChoiceError
        When there are no images, and several such objects; lists them.
    """
    able = [one for one in found.objects if one.kind in _READERS]
    if series is not None:
        able = [one for one in able if str(series) in _names(one)]
    if not able or (series is None and any(one.volumes for one in found)):
        return None
    if len(able) > 1:
        lines = [f"  {one}: {one.kind}, {one.size}: series={one.sop_uid!r}" for one in able]
        raise ChoiceError("\n".join([f"{found.name} holds {len(able)} objects with regions; choose one:", *lines]))
    return able[0]


def read_regions(one: DicomObject) -> Segmentation | StructureSet:
    """Load an object that scanning found, of a kind that has regions."""
    return _READERS[one.kind](one)


def _names(one: DicomObject) -> set[str]:
    return {one.sop_uid, one.tags.uid, "" if one.tags.number is None else str(one.tags.number)} - {""}
