"""Find files that are not DICOM and hold a grid of values, and choose among their volumes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from viewer3d.core.origin import series_of
from viewer3d.dicom.files.grid_file import GridFile
from viewer3d.dicom.files.refused import MESH, RefusedFile
from viewer3d.dicom.series.scan import Scan
from viewer3d.dicom.series.stack_sets import set_of_digests
from viewer3d.errors import BadFileError, ChoiceError, Viewer3DError
from viewer3d.formats.meshes.parts import is_mesh_file

if TYPE_CHECKING:
    from viewer3d.core.series_info import Which
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.read_options import ReadOptions
    from viewer3d.formats.grid_header import GridHeader

GRID_SUFFIXES: Final = {
    ".nii": "NIfTI",
    ".nii.gz": "NIfTI",
    ".hdr": "NIfTI",
    ".img": "NIfTI",
    ".hdr.gz": "NIfTI",
    ".img.gz": "NIfTI",
    ".nrrd": "NRRD",
    ".nhdr": "NRRD",
    ".mha": "MetaImage",
    ".mhd": "MetaImage",
    ".vti": "VTI",
    ".npz": "npz",
}
"""What the names of such files end with; ``.hdr`` and ``.img`` are those of other files as well."""

_PAIRS: Final = (".hdr", ".img", ".hdr.gz", ".img.gz")

_NOT_DICOM: Final = "not DICOM"
"""Why reading headers refuses what is none, see :mod:`viewer3d.dicom.headers.read`."""

_ARCHIVE: Final = "archive inside"
"""Part of why it refuses an archive in a folder, which an npz is."""


def suffix_of(path: str | os.PathLike[str]) -> str:
    """Return the suffix of a grid's file as :data:`GRID_SUFFIXES` has it; empty of others."""
    name = os.path.basename(os.fspath(path)).lower()  # noqa: PTH119 (of 10,000 files)
    return max((one for one in GRID_SUFFIXES if name.endswith(one)), key=len, default="")


def is_grid_file(where: object) -> bool:
    """Return whether a place is a file with a grid that is not DICOM, by its name and first bytes."""
    if not isinstance(where, str | os.PathLike) or not (suffix := suffix_of(where)):
        return False
    path = Path(where)
    try:
        if not path.is_file() or _is_dicom(path):
            return False
    except (OSError, ValueError):  # reading it says why
        return False
    if suffix not in _PAIRS:
        return True
    from viewer3d.formats.nifti import is_nifti_pair  # noqa: PLC0415 (most folders hold none)

    return is_nifti_pair(path)


def _is_dicom(path: Path) -> bool:
    from viewer3d.formats.stored_values import read_start  # noqa: PLC0415 (as above)

    return read_start(path, 132)[128:] == b"DICM"


def read_grid_header(path: str | os.PathLike[str]) -> GridHeader:
    """Read the header of a file with a grid, by its suffix.

    Raises
    ------
    BadFileError
        When it is damaged, holds no volume, or has another suffix.
    DecoderError
        When the library for it is not installed.
    """
    from viewer3d.formats.stored_values import read_checked  # noqa: PLC0415 (as above)

    kind, place = GRID_SUFFIXES.get(suffix_of(path), ""), Path(path)
    read = _readers(kind)
    with np.errstate(all="ignore"):  # numbers of a damaged header are any
        return read_checked(path, kind, lambda: read(place))


def _readers(kind: str) -> Callable[[Path], GridHeader]:
    # Each is imported alone: reading one kind needs none of the others.
    if kind == "NIfTI":
        from viewer3d.formats.nifti import read_nifti_header as read  # noqa: PLC0415
    elif kind == "NRRD":
        from viewer3d.formats.nrrd import read_nrrd_header as read  # noqa: PLC0415
    elif kind == "MetaImage":
        from viewer3d.formats.metaimage import read_metaimage_header as read  # noqa: PLC0415
    elif kind == "VTI":
        from viewer3d.formats.vti import read_vti_header as read  # noqa: PLC0415
    elif kind == "npz":
        from viewer3d.formats.npz import read_npz_header as read  # noqa: PLC0415
    else:
        raise BadFileError(f"no format of volumes has this suffix: give one of {', '.join(GRID_SUFFIXES)}")
    return read


def with_grids(found: Scan) -> Scan:
    """Return a scan with those of its refused files that hold a grid, each read by its header.

    Files of meshes stay refused, and the reason says what they are.
    """
    others = [one for one in found.refused if _is_no_dicom(one)]
    if not any(suffix_of(one.name) or is_mesh_file(one.name) for one in others):
        return found
    grids: list[GridFile] = []
    refused: list[RefusedFile] = []
    for one in found.refused:
        if not _is_no_dicom(one) or not is_grid_file(one.name):
            is_mesh = _is_no_dicom(one) and is_mesh_file(one.name)
            refused.append(replace(one, reason=MESH) if is_mesh else one)
            continue
        if any(one.name in grid.files for grid in grids):  # the other half of a pair
            continue
        try:
            grids.append(read_grid_header(one.name).grid_file())
        except Viewer3DError:
            kind = GRID_SUFFIXES[suffix_of(one.name)]
            refused.append(replace(one, reason=f"{kind}, but not one that can be read: load of its path says why"))
    files = {path for grid in grids for path in grid.files}
    return replace(found, refused=tuple(one for one in refused if one.name not in files), grids=tuple(grids))


def _is_no_dicom(one: RefusedFile) -> bool:
    return one.reason == _NOT_DICOM or _ARCHIVE in one.reason


def grids_meant(found: Scan) -> tuple[GridFile, ...]:
    """Return the files that loading a scan means: none where there is DICOM that makes a volume."""
    return () if any(one.volumes for one in found) else found.grids


def grid_of_digests(
    grids: Sequence[GridFile],
    digests: Sequence[str],
    how: ReadOptions,
    spacing: tuple[float, float, float] | None = None,
) -> GridFile | None:
    """Return the file with a volume that has the earliest of some digests; None where none has one.

    Each is read, until the first digest is found: they are of voxels, which no header tells. One that cannot be read is
    passed over.

    Parameters
    ----------
    grids : sequence of GridFile
    digests : sequence of str
        Of the volumes that a view was saved with, the base before what lies over it; see
        :attr:`viewer3d.core.view.state.ViewState.series`.
    how : ReadOptions
    spacing : tuple of float, optional
        As it was given then, in mm.
    """
    best, found = len(digests), None
    for grid in grids if digests else ():
        volumes: list[Volume] = []
        with suppress(Viewer3DError, MemoryError):
            volumes = grid.load(range(len(grid.which)), how, spacing)
        place = min((digests.index(one) for one in series_of(volumes) if one in digests), default=len(digests))
        if place < best:
            best, found = place, grid
        if best == 0:
            break
    return found


def scan_as_saved(
    found: Scan, digests: Sequence[str], how: ReadOptions, spacing: tuple[float, float, float] | None = None
) -> Scan:
    """Return a scan with the file alone on which a view was saved, where it holds several.

    Where none of them is, or one alone could be meant, it is the scan itself.

    Parameters
    ----------
    found : Scan
    digests, how, spacing
        See :func:`grid_of_digests`.
    """
    if not found.grids or (len(found.grids) == 1 and grids_meant(found)):
        return found
    one = None if set_of_digests(found, digests) else grid_of_digests(found.grids, digests, how, spacing)
    return found if one is None else replace(found, series=(), objects=(), grids=(one,))


def one_grid(found: Scan, grids: Sequence[GridFile]) -> GridFile:
    """Return the only file that is meant.

    Raises
    ------
    ChoiceError
        When there are several; lists them.
    """
    if len(grids) == 1:
        return grids[0]
    lines = [f"{found.name} holds {len(grids)} files with volumes; give the path of one:"]
    lines += [f"  {grid.name}  {grid.kind}, {grid.size}" for grid in grids]
    raise ChoiceError("\n".join(lines))


def choose_members(
    grid: GridFile,
    series: object,
    stack: int | None,
    which: Mapping[str, str | float] | None,
    *,
    alone: bool = True,
) -> list[int]:
    """Return which volumes of a file are meant, from 0.

    Parameters
    ----------
    grid : GridFile
    series, stack, which
        See :func:`viewer3d.load`.
    alone : bool
        Whether one is meant; else all that fit.

    Raises
    ------
    ChoiceError
        When none fits, or one is meant and several do; lists them.
    """
    if series is not None:
        raise ChoiceError(f"{grid.name}: is {grid.kind}, which has no series {series!r:.40}: leave it (--series) out")
    count = len(grid.which)
    if stack is not None and not 1 <= stack <= count:
        raise ChoiceError(f"{grid.name}: has no volume {stack}: stack (--stack) is from 1 to {count}")
    numbers = range(count) if stack is None else range(stack - 1, stack)
    if which is not None and not isinstance(which, Mapping):
        raise ChoiceError(f'which={which!r:.60}: give names and values, as in which={{"time": 0}}')
    fit = [n for n in numbers if not which or _has(grid.which[n], which)]
    if fit and not (alone and len(fit) > 1):
        return fit
    names = {name: value for one in grid.which[:1] for name, value in one.items()}
    if not fit:
        told = ", ".join(_shown(one) for one in _some(grid.which)) if names else "nothing: it has one volume"
        raise ChoiceError(f"{grid.name}: no volume has {_shown(which or {})}; they are told apart by {told}")
    lines = [f"{grid.name} holds {count} volumes; choose one:"]
    for number, one in enumerate(_some(grid.which), 1):
        (name, value), *_ = one.items()
        lines.append(f"  --which {name}={value:g}  or  viewer3d.load(..., which={one})   volume {number} of {count}")
    raise ChoiceError("\n".join([*lines, *(["  and so on"] if count > _MOST_LISTED else [])]))


_MOST_LISTED: Final = 12


def _some(which: Sequence[Which]) -> Iterable[Which]:
    return which[:_MOST_LISTED]


def _shown(which: Mapping[str, str | float]) -> str:
    return " and ".join(f"{name} {value}" for name, value in which.items())


def _has(one: Which, wanted: Mapping[str, str | float]) -> bool:
    try:
        pairs = [(float(one[name]), float(value)) for name, value in wanted.items()]
    except (KeyError, ValueError, TypeError):
        return False
    return all(abs(own - value) <= _SAME * max(1.0, abs(value)) for own, value in pairs)


_SAME: Final = 1e-4
"""Of a time: as it is printed, and as it is."""
