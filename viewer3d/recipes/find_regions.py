"""Find the segmentation, structure set or meshes of a recipe among files: by kind and digest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Final

from viewer3d.core.digest import digest_of_text
from viewer3d.core.mesh import MeshSet
from viewer3d.core.placing.regions import AnyRegions, regions_of
from viewer3d.core.segmentation import Segmentation
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.series.scan import Scan
from viewer3d.errors import ChoiceError, Viewer3DError
from viewer3d.formats.grid_files import is_grid_file, suffix_of
from viewer3d.formats.load_overlay import objects_with_regions, read_regions
from viewer3d.formats.load_segmentation import is_label_map, label_map_files, load_segmentation
from viewer3d.formats.meshes.parts import is_mesh_file, mesh_files
from viewer3d.recipes.data_record import RegionsRecord

MOST_LABEL_MAPS: Final = 500
"""Of a folder, that are read in search of one: each is read whole to have its digest."""


MOST_MESHES: Final = 500
"""Likewise, files of meshes."""


@dataclass(frozen=True)
class Place:
    """A place where data of a recipe may be.

    Attributes
    ----------
    scan : Scan
        The DICOM there; none of a label map or mesh.
    where : str
        Path of a file, folder or archive.
    """

    scan: Scan
    where: str

    @cached_property
    def maps(self) -> tuple[str, ...]:
        """The label maps there: files, and folders with an organ a file."""
        if is_label_map(self.where):
            return tuple(dict.fromkeys((self.where, *self.label_maps)))
        found: list[str] = []
        for folder, folders, files in os.walk(self.where):
            folders.sort()
            if is_label_map(folder):
                found.append(folder)
            there = [os.path.join(folder, one) for one in sorted(files) if suffix_of(one)]  # noqa: PTH118 (a str, as all paths here)
            found += filter(is_grid_file, there)
        return tuple(found[:MOST_LABEL_MAPS])

    @cached_property
    def meshes(self) -> tuple[str, ...]:
        """The files of meshes there, and the folders of several."""
        if is_mesh_file(self.where):
            return (self.where,)
        found: list[str] = []
        for folder, _, files in sorted(os.walk(self.where)):
            there = [os.path.join(folder, one) for one in sorted(files)]  # noqa: PTH118 (a str, as all paths here)
            found += filter(is_mesh_file, there)
            found += [folder] if len(mesh_files(folder)) > 1 else []
        return tuple(found[:MOST_MESHES])

    @property
    def label_maps(self) -> tuple[str, ...]:
        """The files of a label map that is the place itself."""
        return tuple(map(str, label_map_files(self.where)))


@dataclass(frozen=True)
class Places:
    """All places that were given for a recipe.

    Attributes
    ----------
    data : tuple of Place
        Those that hold data.
    tables : tuple of str
        Tables of names of label maps.
    """

    data: tuple[Place, ...]
    tables: tuple[str, ...] = ()


def is_name_table(where: str | os.PathLike[str]) -> bool:
    """Return whether a place is a file as tables of names of label maps are: DICOM has no such suffix."""
    path = Path(where)
    return path.suffix.lower() in _TABLES and path.is_file()


_TABLES: Final = (".json", ".csv", ".tsv", ".txt", ".ctbl", ".label", ".lut")

_Load = Callable[[], AnyRegions]


def find_regions(
    record: RegionsRecord, name: str, places: Places, own: Place, max_memory: int | str | None
) -> AnyRegions:
    """Return the regions of a record: what has its digest at any place, else the only ones of their own.

    Parameters
    ----------
    record : RegionsRecord
    name : str
        Of the overlay, in messages.
    places : Places
        All that were given.
    own : Place
        The one that was given for it.
    max_memory : int or str, optional
        See :func:`viewer3d.load`.

    Raises
    ------
    ChoiceError
        When none has it, and there are none or several at its place.
    Viewer3DError
        When the only one cannot be read.
    """
    alike: AnyRegions | None = None
    among = [one for place in places.data for one in _all(record, place, places.tables, max_memory)]
    for _, load in sorted(among, key=lambda one: one[0]):
        with suppress(Viewer3DError):  # a damaged one beside it is not the one that is looked for
            found = load()
            differences = RegionsRecord.of(found).differences
            apart = {"labels", "contours", "triangles", "geometry"} & set(differences(record))
            if not apart:
                return found
            alike = alike or (found if apart == {"geometry"} else None)
    if alike is not None:
        return alike
    free = list(_all(record, own, places.tables, max_memory))
    if is_label_map(own.where):
        free = free[:1]
    if not free:
        raise ChoiceError(f"{own.scan.name} holds no {record.kind} of {name}: give the place of its file as well")
    if len(free) > 1:
        raise ChoiceError(
            f"none of {len(free)} objects of the kind {record.kind} in {own.scan.name} is that of {name}: give one "
            f"place for each, for {name} its file alone"
        )
    return free[0][1]()


def _all(
    record: RegionsRecord, place: Place, tables: Sequence[str], max_memory: int | str | None
) -> Iterator[tuple[int, _Load]]:
    """Yield what loads each of a kind at a place, and how unlikely it is that it is the one."""
    for one in objects_with_regions(place.scan):
        if one.kind == record.kind:
            yield _unlikely(record, one), partial(read_regions, one, max_memory)
    if record.kind == "mesh":
        for path in place.meshes:
            yield 0, partial(_mesh, path)
    if record.kind == "segmentation" and not record.source:
        for path in place.maps:
            yield 0, partial(_label_map, record, path, tables, max_memory)


def _unlikely(record: RegionsRecord, one: DicomObject) -> int:
    if record.source and record.source == digest_of_text(one.tags.uid, one.sop_uid):
        return 0
    return 1 if {number for number, _ in one.contents} == set(record.colors) else 2


def _label_map(record: RegionsRecord, path: str, tables: Sequence[str], max_memory: int | str | None) -> Segmentation:
    """Load a label map with the names and segments of a record: one without voxels was given a name."""
    found = load_segmentation(path, max_memory=max_memory)
    for table in tables:
        if _is_named(found, record):
            return found
        with suppress(Viewer3DError):  # a table of another
            named = load_segmentation(path, names=table, max_memory=max_memory)
            found = named if _is_named(named, record) else found
    lacking = {number: f"Segment {number}" for number in record.colors} if found.digest != record.digest else {}
    for one in regions_of(found):
        lacking.pop(one.number, None)
    return load_segmentation(path, names=lacking, max_memory=max_memory) if lacking else found


def _is_named(found: Segmentation, record: RegionsRecord) -> bool:
    return (found.digest, RegionsRecord.of(found).names) == (record.digest, record.names)


def _mesh(path: str) -> MeshSet:
    from viewer3d.formats.meshes.load_mesh import load_mesh_layer  # noqa: PLC0415 (its parsers are for meshes alone)

    return load_mesh_layer(path)
