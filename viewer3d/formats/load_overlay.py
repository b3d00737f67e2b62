"""Load what is to lie over images, of whatever kind it is: values, segments, contours or meshes.

Which one is meant at a place that holds several is said here alone: for Python, the shell and recipes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from viewer3d.core.mesh import MeshSet
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import StructureSet
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.objects.structures import load_structures
from viewer3d.dicom.series.scan import Scan, scan
from viewer3d.errors import ChoiceError, NoVolumeError, ViewError
from viewer3d.formats.label_grids import holds_labels
from viewer3d.formats.load import load
from viewer3d.formats.load_segmentation import is_label_map, label_map_files, load_segmentation
from viewer3d.formats.meshes.parts import mesh_files

_READERS: Final[dict[str, Callable[[DicomObject, int | str | None], Segmentation | StructureSet]]] = {
    "segmentation": lambda one, most: load_segmentation(one, max_memory=most),
    "structure set": lambda one, _: load_structures(one),  # whose points and contours are bounded
}
"""Kinds of DICOM objects that have regions, and what reads each."""

WITH_REGIONS: Final = tuple(_READERS)
"""These kinds."""


def load_overlay(
    where: str | os.PathLike[str],
    series: int | str | None = None,
    *,
    regions: bool = False,
    values: bool = False,
    **reading: Any,
) -> Volume | Sequence[Volume] | Segmentation | StructureSet | MeshSet:
    """Load the volume, segmentation, structure set or meshes that the files at a place hold.

    Parameters
    ----------
    where : path
        A file, a folder or an archive; of meshes a file, or a folder with nothing else. Where there are images, they
        are meant, and objects that lie over images only if `series` or `regions` says so.
    series : int or str, optional
        Which of several: Series Number, or UID of a series or an object.
    regions : bool
        Whether a segmentation or structure set is meant even where there are images.
    values : bool
        Whether values are meant where a file that is not DICOM holds what may be labels, see :func:`holds_labels`.
    **reading
        Other arguments of :func:`viewer3d.load`.

    Raises
    ------
    Viewer3DError
        When there is nothing at the place, or several could be meant.
    """
    if mesh_files(where):
        if values or reading or series is not None:
            raise ViewError(
                f"{printable(os.fspath(where))}: has meshes, which have no series and none of the look of images"
            )
        from viewer3d.formats.meshes.load_mesh import load_mesh_layer  # noqa: PLC0415 (its parsers are for meshes alone)

        return load_mesh_layer(where)
    if is_label_map(where) and (regions or not (values or reading)) and (regions or holds_labels_at(where)):
        return load_segmentation(where)
    found = scan(where)
    one = regions_meant(found, series, regions=regions)
    return read_regions(one) if one else load(found, series, **reading)


def holds_labels_at(where: str | os.PathLike[str], max_memory: int | str | None = None) -> bool:
    """Return whether a file, or a folder with an organ a file, holds labels and not values."""
    return all(holds_labels(one, max_memory) for one in label_map_files(where))


def regions_meant(found: Scan, series: int | str | None = None, *, regions: bool = False) -> DicomObject | None:
    """Return the object with regions that is meant at a place; None where images are.

    Parameters
    ----------
    found : Scan
    series, regions
        As for :func:`load_overlay`.

    Raises
    ------
    ChoiceError
        When several such objects could be meant, or none has the number or UID; lists them.
    """
    there = objects_with_regions(found)
    named = [one for one in there if series is None or str(series) in _names(one)]
    if not regions:
        images = [one for one in found if one.volumes]
        if not there or any(series is None or str(series) in (one.uid, str(one.number)) for one in images):
            return None
        if images and not named:
            return None  # choosing among the images says which there are
    if len(named) == 1:
        return named[0]
    if not there:
        raise NoVolumeError(
            f"{found.name}: there is no segmentation and no structure set, and one of those is asked for: give another "
            "place, or the look of images"
        )
    what = f"holds {len(named)} objects with regions" if named else f"has no object of the series {series!r:.80}"
    lines = []
    for one in named or there:
        name = name_among(found, one)
        how = f"series={name!r}" if name else repr(one.file)
        lines.append(f"  {how}  {one}: {one.kind}, {one.size}{_over(found, one)}")
    raise ChoiceError("\n".join([f"{found.name} {what}; choose one:", *lines]))


def objects_with_regions(found: Scan) -> tuple[DicomObject, ...]:
    """Return the segmentations and structure sets among the objects of a scan."""
    return tuple(one for one in found.objects if one.kind in _READERS)


def read_regions(one: DicomObject, max_memory: int | str | None = None) -> Segmentation | StructureSet:
    """Load an object that scanning found, of a kind that has regions."""
    return _READERS[one.kind](one, max_memory)


def _over(found: Scan, one: DicomObject) -> str:
    numbers = [str(series.number) for series in found.series_of(one) if series.number is not None]
    return f", over series {' and '.join(numbers)}" if numbers else ""


def name_among(found: Scan, one: DicomObject) -> str:
    """Return the Series Number or UID that chooses an object of a scan; empty of copies, which share both."""
    number = "" if one.tags.number is None else str(one.tags.number)
    taken = [{series.uid, str(series.number)} for series in found]
    taken += [_names(other) for other in objects_with_regions(found) if other is not one]
    return next((name for name in (number, one.sop_uid) if name and not any(name in names for names in taken)), "")


def _names(one: DicomObject) -> set[str]:
    return {one.sop_uid, one.tags.uid, "" if one.tags.number is None else str(one.tags.number)} - {""}
