"""Find what belongs over the volumes of an archive in what its manifest knows of it."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from viewer3d.archive.folders import OBJECT_PART, KeptParts, name_of_series
from viewer3d.archive.manifest import Manifest
from viewer3d.archive.overlays import DOSE_MODALITY, UPTAKE, OverlayIndex, OverlaySource
from viewer3d.archive.places import sources_of
from viewer3d.core.digest import digest_of_text
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.headers.frame import Frame
from viewer3d.dicom.headers.read import read_frames
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.dicom.series.scan import Scan, Series, make_series
from viewer3d.dicom.series.stack import Stack

_KINDS: Final = (OBJECT_PART, *UPTAKE, DOSE_MODALITY)
"""Kinds of parts that may lie over others."""


class FoundOverlays:
    """What may lie over the volumes of an archive; its headers are read when the first item asks for them.

    Parameters
    ----------
    manifest : Manifest
        After :func:`viewer3d.archive.folders.search`.
    kept : dict
        Headers that are still in memory; they stay in it.

    Attributes
    ----------
    stamp : str
        A digest of the sizes and times of all their files: another one when any has come, changed or gone.
    """

    def __init__(self, manifest: Manifest, kept: KeptParts) -> None:
        marks = ", ".join("?" * len(_KINDS))
        self._parts: dict[str, list[tuple[str, int, str, bytes]]] = defaultdict(list)
        for series, path, folder, stamp, names in manifest.query(
            "SELECT parts.series, folders.path, parts.folder, parts.stamp, parts.names FROM parts JOIN folders"
            f" ON folders.id = parts.folder WHERE parts.kind IN ({marks}) ORDER BY parts.series, folders.path",
            _KINDS,
        ):
            self._parts[series].append((os.fsdecode(path), folder, stamp, names))
        self.stamp = digest_of_text(*sorted(part[2] for parts in self._parts.values() for part in parts))
        self._kept = kept
        self._index: OverlayIndex | None = None

    def prepare(self) -> None:
        """Read their headers, but for those that are kept; once."""
        if self._index is not None:
            return
        self._index = OverlayIndex()
        for name, parts in self._parts.items():
            self._index.add(self._scanned(name, parts))

    def over(self, series: Series, stack: Stack) -> tuple[OverlaySource, ...]:
        """Return what belongs over a stack, see :meth:`viewer3d.archive.overlays.OverlayIndex.over`."""
        self.prepare()
        assert self._index is not None
        return self._index.over(series, stack)

    def stamp_of(self, sources: Sequence[OverlaySource]) -> str:
        """Return a digest of what identifies sources and of the sizes and times of their files."""
        found = []
        for one in sources:
            name = name_of_series(one.tags) if one.object is None else f"{OBJECT_PART} {one.uid}"
            found += [one.uid, *sorted({part[2] for part in self._parts.get(name, ())})]
        return digest_of_text(*found)

    def _scanned(self, name: str, parts: Sequence[tuple[str, int, str, bytes]]) -> Scan:
        frames: list[Frame] = []
        objects: list[DicomObject] = []
        for path, folder, _, names in parts:
            if (kept := self._kept.get((name, folder))) is not None:
                frames += kept.frames
                continue
            for source in sources_of(path, names):
                one = source if isinstance(source, RefusedFile) else read_frames(source)
                if isinstance(one, DicomObject):
                    objects.append(one)
                elif not isinstance(one, RefusedFile):  # what cannot be read is told of its own item
                    frames += one
        series = (make_series(frames),) if frames else ()
        return Scan("", series, (), lone_file=False, objects=tuple(objects))
