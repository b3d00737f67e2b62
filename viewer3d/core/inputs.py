"""Volumes from what a caller gives: a volume, or a path or datasets that are loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from viewer3d.core.view.look import IMAGE_FIELDS, REGION_FIELDS
from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.core.mesh import Mesh, MeshSet
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.core.structures import StructureSet

AnyVolume = Volume | str | os.PathLike[str] | Sequence[Any]
"""A volume, or what :func:`viewer3d.load` takes: a path, a list of paths or datasets, a scan or a series of it."""


def as_volumes(what: Any) -> Volume | Sequence[Volume]:
    """Return a volume or a 4-D set from one, or from the files or datasets that hold it.

    Parameters
    ----------
    what : Volume, sequence of Volume, or what :func:`viewer3d.load` takes
        A path, a list of paths or datasets, what :func:`viewer3d.scan` found, or a series of it.

    Raises
    ------
    DicomError
        As :func:`viewer3d.load` does: when there is no volume at the place, or several could be meant.
    """
    if not is_loadable(what):
        return cast("Volume | Sequence[Volume]", what)
    from viewer3d.formats.load import load  # noqa: PLC0415 (a volume that is there needs no reader)

    return load(what)


def as_layer_data(
    what: Any, look: Mapping[str, Any] | None = None
) -> Volume | Sequence[Volume] | Segmentation | StructureSet | Mesh | MeshSet | Sequence[Mesh]:
    """Return what can be a layer from what a caller gives: data, or the files that hold them.

    Parameters
    ----------
    what : Volume, sequence of Volume, Segmentation, StructureSet, Mesh, sequence of Mesh, or a place of files
        See :func:`viewer3d.formats.load_overlay.load_overlay` for what is at a path.
    look : mapping, optional
        Fields of the look that it is given: where images and others are at a path, one of regions says what is meant,
        and so does one of images where a file that is not DICOM may hold labels or values.

    Raises
    ------
    Viewer3DError
        When there is nothing at the place that can be one, or several could be meant.
    """
    if isinstance(what, str | os.PathLike):
        from viewer3d.formats.load_overlay import load_overlay  # noqa: PLC0415 (data that are there need no reader)

        return load_overlay(
            what,
            regions=not REGION_FIELDS.isdisjoint(look or ()),
            values=not IMAGE_FIELDS.isdisjoint(look or ()),
        )
    if is_loadable(what):
        return as_volumes(what)
    return cast("Volume | Sequence[Volume] | Segmentation | StructureSet | Mesh | MeshSet | Sequence[Mesh]", what)


def as_volume(what: Any) -> Volume:
    """Return one volume from one, a list of one, or from the files or datasets that hold it.

    Raises
    ------
    ViewError
        When it is none; the message says what to give.
    """
    found = as_volumes(what)
    one = found[0] if isinstance(found, list | tuple) and len(found) == 1 else found
    if isinstance(one, Volume) and not hasattr(one, "image"):
        return one
    raise ViewError(no_volume_message(found))


def as_volume_set(what: Any) -> Volume | Sequence[Volume]:
    """Return a 4-D set from one, or from the files or datasets that hold it, all volumes loaded.

    Raises
    ------
    DicomError
        When there is no volume at the place.
    """
    if not is_loadable(what):
        return cast("Volume | Sequence[Volume]", what)
    from viewer3d.formats.load import load_all  # noqa: PLC0415 (as above)

    return load_all(what)


def no_volume_message(what: object) -> str:
    """Return the message for an argument that is no volume, with what to give instead."""
    if isinstance(what, list | tuple) and what and all(isinstance(one, Volume) for one in what):
        return f"{len(what)} volumes where one is meant: give one of them, as volumes[0]"
    shown = f"{what!r:.60}".replace("\n", " ")
    if type(what).__name__ in ("Image2D", "FlatVolume"):
        return (
            f"{shown} lies in no space: viewer3d.screenshot and viewer3d.show take it, and what needs places does not"
        )
    if hasattr(what, "__array__"):
        return (
            "an array does not say where its voxels are: give viewer3d.Volume.from_array(array, affine), "
            "the affine from voxel index to LPS mm"
        )
    if isinstance(what, _lying_over()):
        return f"{shown} has no values that are seen alone: give a volume, and it over that: overlays=[...]"
    if is_loadable(what):
        return f"{shown} is a place of files: give viewer3d.load of it"
    return f"{shown} is not a volume: give what viewer3d.load returns, or a path"


def _lying_over() -> tuple[type, ...]:
    from viewer3d.core.mesh import Mesh, MeshSet  # noqa: PLC0415 (only an error needs them)
    from viewer3d.core.segmentation import Segmentation  # noqa: PLC0415
    from viewer3d.core.structures import StructureSet  # noqa: PLC0415

    return Mesh, MeshSet, Segmentation, StructureSet


def is_loadable(what: object) -> bool:
    """Return whether something is what :func:`viewer3d.load` takes, and not a volume or several."""
    if isinstance(what, str | os.PathLike):
        return True
    if isinstance(what, list | tuple):
        return bool(what) and all(isinstance(one, str | os.PathLike) or _is_of(one, "pydicom") for one in what)
    return _is_of(what, "viewer3d.dicom.series.scan") or _is_of(what, "pydicom")


def _is_of(what: object, module: str) -> bool:
    # Told by its name, so that nothing of DICOM is imported to say no.
    return any(one.__module__.startswith(module) for one in type(what).__mro__)
