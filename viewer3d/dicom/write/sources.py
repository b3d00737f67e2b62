"""Find the series that a volume is of among files, and its images behind each slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer3d.core.geometry import Geometry, on_one_grid
from viewer3d.core.members import ordered_members
from viewer3d.core.text import printable
from viewer3d.core.vectors import Points
from viewer3d.core.volume import Volume
from viewer3d.dicom.files.sources import DicomInput
from viewer3d.dicom.headers.frame import Frame, Frames
from viewer3d.dicom.series.identity import references_of, stacks_of_digest
from viewer3d.dicom.series.planned_grid import grid_if_any
from viewer3d.dicom.series.scan import Scan, Series, scan
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import ChoiceError, GeometryError, NotFoundError

if TYPE_CHECKING:
    from pydicom import Dataset


def find_source_stacks(volumes: Sequence[Volume], where: DicomInput | Scan | Series) -> tuple[list[Stack], bool]:
    """Find the stack that each volume of a set was read from, or that stands for it.

    Parameters
    ----------
    volumes : sequence of Volume
        On one grid.
    where : path, pydicom.Dataset, sequence of them, Scan or Series

    Returns
    -------
    tuple of list of Stack and bool
        For each volume the stack with the digest of its provenance. Where one has none: of the only series on their
        grid as many stacks as there are volumes, in the order of times and others; else for all the only one on the
        grid, or the largest of the only series there. And whether they are by the digests.

    Raises
    ------
    NotFoundError
        When there is no series of images.
    ChoiceError
        When there are several and the volumes are of none of them.
    GeometryError
        When the places of the volumes are in another frame of reference.
    """
    found = scan(where)
    digests = ["" if one.provenance is None else one.provenance.series for one in volumes]
    each = [[stack for series in found for stack in stacks_of_digest(series, digest)] for digest in digests]
    is_own = bool(found.series) and all(each)
    if is_own:
        stacks = [own[0] for own in each]
    else:
        (standing, *_), _ = find_stacks(digests, volumes[0].geometry, found, "volume")
        series = next((one for one in found if standing in one.stacks), None)
        alike = stacks_on_grid(series, volumes[0].geometry) if series is not None else []
        turns = ordered_members([one.which for one in alike])
        stacks = [alike[turn] for turn in turns] if len(alike) == len(volumes) else [standing] * len(volumes)
    for one, stack in zip(volumes, stacks, strict=True):
        named = references_of(stack)
        if one.frame_of_reference and named and one.frame_of_reference not in named:
            raise GeometryError(
                f"{found.name}: {printable(_name(found, stack))} is in another frame of reference than the volume, so "
                "that its headers do not fit it: give the series that the volume was read from"
            )
    return stacks, is_own


def find_stacks(
    digests: Sequence[str], geometry: Geometry | None, where: DicomInput | Scan | Series, what: str
) -> tuple[list[Stack], bool]:
    """Find the stacks of images that something was made of, or those that stand for them.

    Parameters
    ----------
    digests : sequence of str
        As :attr:`viewer3d.Provenance.series`.
    geometry : Geometry, optional
        The grid of what was made of them.
    where : path, pydicom.Dataset, sequence of them, Scan or Series
    what : str
        What was made, in messages.

    Returns
    -------
    tuple of list of Stack and bool
        Those of the digests, in their order, each once; else the only one on the grid; else the largest of the only
        series there. And whether they are by the digests.

    Raises
    ------
    NotFoundError
        When there is no series of images.
    ChoiceError
        When there are several, and none is by a digest nor one alone on the grid.
    """
    found = scan(where)
    if not found.series:
        raise NotFoundError(f"{found.name}: holds no series of DICOM images: give the one that the {what} is of")
    own = [stack for digest in digests for series in found for stack in stacks_of_digest(series, digest)]
    alike = []
    if not own and geometry is not None:
        alike = [on[0] for one in found if (on := stacks_on_grid(one, geometry))]
    if not own and len(alike) != 1 and len(found) > 1:
        listed = "; ".join(str(series) for series in found.series[:8])
        raise ChoiceError(
            f"{found.name}: holds {len(found)} series, and the {what} was read from none of them ({listed}): give the "
            "files of one, or a series of viewer3d.scan"
        )
    stacks = own or alike[:1] or [found.series[0].stacks[0]]
    return list({id(stack): stack for stack in stacks}.values()), bool(own)


def _name(found: Scan, stack: Stack) -> str:
    return next((str(one) for one in found if stack in one.stacks), "its series")


def stacks_on_grid(series: Series, geometry: Geometry) -> list[Stack]:
    """Return the stacks of a series that loading puts on a grid."""
    grids = [(stack, grid_if_any(stack)) for stack in series.stacks]
    return [one for one, grid in grids if grid and on_one_grid(Geometry(grid.affine, grid.shape), geometry)]


def source_items(frames: Frames, geometry: Geometry) -> list[list[Dataset]]:
    """Return for each slice of a grid the items of its Source Image Sequence (0008,2112).

    An image takes part in a slice where it is nearer than half a step of the source's images, measured along their
    normal, to what the slice spans there. Where images have no places, all do.

    Parameters
    ----------
    frames : tuple of Frame
        Of the source.
    geometry : Geometry
        Of the volume that is written.
    """
    touching = _touching(frames, geometry)
    made: dict[tuple[str, tuple[int, ...]], Dataset] = {}
    items = []
    for row in touching:
        by_file: dict[str, list[Frame]] = {}
        for n in np.flatnonzero(row):
            by_file.setdefault(frames[n].sop_uid, []).append(frames[n])
        own = []
        for uid, members in by_file.items():
            numbers = tuple(sorted(one.index + 1 for one in members)) if members[0].stored.frames > 1 else ()
            if (uid, numbers) not in made:
                made[uid, numbers] = _item(members[0].sop_class, uid, numbers)
            own.append(made[uid, numbers])
        items.append(own)
    return items


def image_items(frames: Frames) -> list[Dataset]:
    """Return the items of a Source Image Sequence (0008,2112) of all images, each file once.

    Parameters
    ----------
    frames : tuple of Frame
        Of the source.
    """
    return [_item(sop_class, uid, ()) for uid, sop_class in {one.sop_uid: one.sop_class for one in frames}.items()]


def nearest_frames(frames: Frames, geometry: Geometry) -> list[int]:
    """Return for each slice of a grid the index of the frame nearest to its middle.

    Distances are along the normal of the frames. It is the first where frames have no places.
    """
    if any(frame.position is None or frame.orientation is None for frame in frames):
        return [0] * geometry.shape[2]
    normal = _normal(frames)
    along = np.array([frame.position for frame in frames], np.float64) @ normal
    middle = ((geometry.shape[0] - 1) / 2, (geometry.shape[1] - 1) / 2)
    centers = np.array([geometry.index_to_world((*middle, k)) for k in range(geometry.shape[2])]) @ normal
    nearest: list[int] = np.abs(centers[:, None] - along).argmin(1).tolist()
    return nearest


def frames_at(frames: Frames, points: Points) -> list[int]:
    """Return the indices of the frames that points, or lines between them, lie in.

    It is none where frames have no places.

    Parameters
    ----------
    frames : tuple of Frame
    points : ndarray, shape (points, 3)
        LPS, mm.
    """
    if any(frame.position is None or frame.orientation is None for frame in frames):
        return []
    normal = _normal(frames)
    along = np.array([frame.position for frame in frames], np.float64) @ normal
    reach, spans = _step(along, frames[0].thickness) / 2 * (1 + 1e-3), points @ normal
    found: list[int] = np.flatnonzero((along >= spans.min() - reach) & (along <= spans.max() + reach)).tolist()
    return found


def _step(along: NDArray[np.float64], thickness: float | None) -> float:
    steps = np.diff(np.unique(np.round(along, 3)))
    return float(np.sort(steps)[len(steps) // 2]) if steps.size else (thickness or 1.0)


def _normal(frames: Frames) -> NDArray[np.float64]:
    orientation = np.array(frames[0].orientation, np.float64)
    normal = np.cross(orientation[:3], orientation[3:])
    return np.asarray(normal / np.linalg.norm(normal))


def _touching(frames: Frames, geometry: Geometry) -> NDArray[np.bool_]:
    """Return which frames lie in which slices, shape (slices, frames)."""
    columns, rows, slices = geometry.shape
    placed = [frame for frame in frames if frame.position is not None and frame.orientation is not None]
    if len(placed) < len(frames):
        return np.ones((slices, len(frames)), np.bool_)
    normal = _normal(frames)
    along = np.array([frame.position for frame in placed], np.float64) @ normal
    step = _step(along, placed[0].thickness)
    ends: Sequence[Sequence[float]] = ((-0.5, columns - 0.5), (-0.5, rows - 0.5), (-0.5, 0.5))
    corners = np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3)
    spans = corners @ geometry.affine[:3, :3].T @ normal
    first = geometry.affine[:3, 3] @ normal + np.arange(slices) * (geometry.affine[:3, 2] @ normal)
    reach = step / 2 * (1 - 1e-3)  # an image that touches it with its face alone has no part
    low, high = first + spans.min() - reach, first + spans.max() + reach
    return np.asarray((along >= low[:, None]) & (along <= high[:, None]))


def _item(sop_class: str, uid: str, numbers: tuple[int, ...]) -> Dataset:
    from pydicom import Dataset  # noqa: PLC0415 (0.3 s, and only who writes DICOM needs it)

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, uid
    if numbers:
        item.ReferencedFrameNumber = list(numbers) if len(numbers) > 1 else numbers[0]
    return item
