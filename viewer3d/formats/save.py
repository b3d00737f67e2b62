"""Save volumes, segmentations, meshes and pictures by their type and the suffix of the file."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from viewer3d.core.files import check_folder, check_new_folder, write_folder, write_together
from viewer3d.core.images.image2d import LIES_NOWHERE
from viewer3d.core.notes.note import Note
from viewer3d.core.option_names import check_option_names
from viewer3d.core.progress import Progress
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError, ViewError

if TYPE_CHECKING:
    from viewer3d.formats.write.output import Output

_HERE: Final = "viewer3d.formats.write"

VOLUMES: Final = "a volume"
SEGMENTATIONS: Final = "a segmentation"
MESHES: Final = "a mesh"
PICTURES: Final = "a picture"
MEASUREMENTS: Final = "a table of measurements"
STATISTICS: Final = "a table of statistics"
KEY_IMAGES: Final = "a selection of key images"

FOLDER: Final = "/"
"""Instead of a suffix: a folder, new or empty, of files of their own."""

FOLDER_WRITERS: Final = {VOLUMES: f"{_HERE}.dicom:write_dicom_series"}
"""Of a kind of thing who writes it into a folder; called as those of :data:`WRITERS`."""

WRITERS: Final[dict[str, dict[str, str]]] = {
    VOLUMES: {
        ".nii": f"{_HERE}.nifti:write_nifti",
        ".nii.gz": f"{_HERE}.nifti:write_nifti",
        **dict.fromkeys((".nrrd", ".nhdr"), f"{_HERE}.nrrd:write_nrrd"),
        **dict.fromkeys((".mha", ".mhd"), f"{_HERE}.metaimage:write_metaimage"),
        ".vti": f"{_HERE}.images:write_vti",
        ".npz": f"{_HERE}.images:write_npz",
    },
    SEGMENTATIONS: {
        ".nii": f"{_HERE}.nifti:write_label_nifti",
        ".nii.gz": f"{_HERE}.nifti:write_label_nifti",
        ".seg.nrrd": f"{_HERE}.nrrd:write_segmentation_nrrd",
        ".nrrd": f"{_HERE}.nrrd:write_segmentation_nrrd",
        ".dcm": f"{_HERE}.dicom:write_dicom_segmentation",
    },
    MESHES: dict.fromkeys((".stl", ".ply", ".obj", ".glb", ".vtp"), "viewer3d.formats.meshes.write_meshes:plan_meshes"),
    PICTURES: {".dcm": f"{_HERE}.pictures:write_dicom_picture"},
    MEASUREMENTS: {
        ".json": f"{_HERE}.measurements:write_measurement_table",
        ".csv": f"{_HERE}.measurements:write_measurement_table",
        ".dcm": f"{_HERE}.measurements:write_measurement_report",
    },
    STATISTICS: {
        ".json": f"{_HERE}.measurements:write_statistics_table",
        ".csv": f"{_HERE}.measurements:write_statistics_table",
        ".dcm": f"{_HERE}.measurements:write_statistics_report",
    },
    KEY_IMAGES: {".dcm": f"{_HERE}.key_images:write_key_objects"},
}
"""Of each kind of thing the suffixes and who writes them: ``module:function``, imported when it is used. It is called
with the thing (of volumes always a list), the path, ``progress`` and the options of its own, and returns an
:class:`viewer3d.formats.write.output.Output`."""


@dataclass(frozen=True)
class Saved:
    """What was saved; it can be given wherever a path can.

    Attributes
    ----------
    path : Path
        The file or folder that was asked for.
    files : tuple of Path
        All that were written: the one that was asked for first, then side cars, tables of names, b-values.
    notes : tuple of Note
        A sentence for each thing that the files do not hold, or that was decided.
    """

    path: Path
    files: tuple[Path, ...]
    notes: tuple[Note, ...] = ()

    def __fspath__(self) -> str:
        return os.fspath(self.path)


def save(thing: object, path: str | os.PathLike[str], *, progress: Progress | None = None, **options: Any) -> Saved:
    """Save a volume or a set, a segmentation, meshes, measurements or a picture; nothing moves.

    Parameters
    ----------
    thing : Volume, Segmentation, Mesh, ndarray of uint8, path-like, or sequence
        Sequences are of Volume, Mesh, Measurement, SegmentStatistics or KeyImage: volumes (times, b-values) lie on one
        grid and go into one file, in their order. An array is a picture, as :func:`viewer3d.screenshot` returns it; a
        path is that of a picture or movie that viewer3d wrote, whose recipe goes along.
    path : path-like
        Its suffix decides the format. Of volumes: ``.nii`` and ``.nii.gz`` (NIfTI), ``.nrrd``, ``.mha`` (MetaImage),
        ``.nhdr`` and ``.mhd`` (these two as headers with a file of values beside them),
        ``.vti`` (VTK) and ``.npz`` (numpy); of segmentations: ``.nii``, ``.nii.gz``, and ``.nrrd`` and ``.seg.nrrd``
        (3D Slicer) and ``.dcm`` (DICOM, by highdicom), which alone hold segments that overlap; of meshes ``.stl``,
        ``.ply``, ``.obj``, ``.glb`` and ``.vtp``; of pictures ``.dcm`` (a secondary capture); of measurements
        ``.json``, ``.csv`` and ``.dcm`` (a report); of key images ``.dcm`` (a selection).
        An earlier file is replaced when the new one is complete. Of
        volumes a new or empty folder, given with a ``/`` at its end where it is not there, becomes a derived DICOM
        series.
    progress : callable, optional
        Called with ("writing", how many slices are done, how many there are).
    **options
        Of the format. ``time_step`` (NIfTI, NRRD, MetaImage, npz): seconds between the volumes of a sequence, where
        they are not known, or uneven. ``compress`` (NRRD, where it is True, and MetaImage, where it is False): whether
        values are deflated. ``space`` (STL, PLY, OBJ, VTP): ``"RAS"`` for points along those axes, which the file
        says. ``sidecar`` (NIfTI of volumes): False leaves out the ``.json`` beside it, which
        says in BIDS's words what is known. Of diffusion a ``.bval`` and a ``.bvec`` in FSL's convention are written
        beside NIfTI, of a segmentation a table of names. ``source`` (DICOM, which needs it): the path of the series
        that the volume is of, whose patient, study and acquisition are taken over under new UIDs; ``identify=False``
        leaves out who it is, see :func:`viewer3d.formats.write.dicom.write_dicom_series`, as are ``description`` and
        ``series_number``, and of pictures :func:`viewer3d.formats.write.pictures.write_dicom_picture`; of a
        segmentation ``source``, ``description``, ``empty_frames`` and ``same_frame``, see
        :func:`viewer3d.formats.write.dicom.write_dicom_segmentation`. Of measurements ``volume``, whose values they are
        of, ``layer`` and ``space`` (tables), ``source`` and what else a report takes, see
        :func:`viewer3d.formats.write.measurements.write_measurement_report`. Of key images ``volume`` and ``source``,
        see :func:`viewer3d.formats.write.key_images.write_key_objects`.

    Returns
    -------
    Saved
        The files that were written, and notes on what they do not hold.

    Raises
    ------
    OutputError
        When a format cannot hold the thing, the suffix is none, or a file cannot be written there. Nothing of any file
        is left then, and an earlier one stays.
    ViewError
        When the thing is none that can be saved, or the format has no such option.

    Examples
    --------
    >>> save(load("folder"), "ct.nii.gz").files        # doctest: +SKIP
    (PosixPath('ct.nii.gz'), PosixPath('ct.json'))
    """
    kind = kind_to_save(thing)
    target, suffix = check_target(path, kind)
    module, _, name = (FOLDER_WRITERS[kind] if suffix == FOLDER else WRITERS[kind][suffix]).partition(":")
    writer: Callable[..., Output] = getattr(import_module(module), name)
    known = [one for one in inspect.signature(writer).parameters if one not in ("progress",)][2:]
    check_option_names(f"viewer3d.save to {'a folder' if suffix == FOLDER else suffix}", options, known)
    output = writer([thing] if isinstance(thing, Volume) else thing, target, progress=progress, **options)
    if output.folder is not None:
        files = write_folder(output.folder, [(one.path.name, one.write) for one in output.files])
    else:
        files = write_together([(one.path, one.write) for one in output.files])
    return Saved(target, files, output.notes)


def kind_to_save(thing: object) -> str:
    """Return which kind of thing is to be saved, a key of :data:`WRITERS`.

    Raises
    ------
    ViewError
        When it is none of them.
    """
    members = thing if isinstance(thing, list | tuple) else ()
    if hasattr(thing, "image_kind") or any(hasattr(one, "image_kind") for one in members):
        raise ViewError(f"{LIES_NOWHERE}, and is not saved as a volume: viewer3d.screenshot draws it")
    if isinstance(thing, Volume) or (members and all(isinstance(one, Volume) for one in members)):
        return VOLUMES
    from viewer3d.core.mesh import Mesh  # noqa: PLC0415 (volumes need none of these)
    from viewer3d.core.segmentation import Segmentation  # noqa: PLC0415

    if isinstance(thing, Segmentation):
        return SEGMENTATIONS
    if isinstance(thing, Mesh) or (members and isinstance(members[0], Mesh)):
        return MESHES
    if isinstance(thing, str | os.PathLike) or (isinstance(thing, np.ndarray) and thing.dtype == np.uint8):
        return PICTURES
    from viewer3d.core.view.measurement import Measurement  # noqa: PLC0415
    from viewer3d.measurements.segments import SegmentStatistics  # noqa: PLC0415

    if members and all(isinstance(one, Measurement) for one in members):
        return MEASUREMENTS
    if members and all(isinstance(one, SegmentStatistics) for one in members):
        return STATISTICS
    from viewer3d.core.view.key_image import KeyImage  # noqa: PLC0415

    if members and all(isinstance(one, KeyImage) for one in members):
        return KEY_IMAGES
    shown = f"{thing!r:.60}".replace("\n", " ")
    raise ViewError(
        f"{shown} is nothing that is saved: give a Volume, volumes on one grid, a Segmentation, a "
        "Mesh, measurements, key images or a picture (uint8)"
    )


def kinds_of_suffix(path: str | os.PathLike[str]) -> set[str]:
    """Return the kinds of things that are saved with the suffix of a path, the narrowest suffix that fits.

    Of ``.seg.nrrd`` it is the segmentation alone, although a volume is saved as ``.nrrd``.
    """
    suffix = _known_suffix(Path(path).name)
    return {kind for kind, writers in WRITERS.items() if suffix in writers}


def check_target(path: str | os.PathLike[str], kind: str) -> tuple[Path, str]:
    """Return the path of what is to be saved and its suffix, before time is spent on what goes into it.

    Of a folder :data:`FOLDER` stands for the suffix.

    Parameters
    ----------
    path : path-like
    kind : str
        A key of :data:`WRITERS`.

    Raises
    ------
    OutputError
        When no format for that kind has its suffix, its folder is not there or it is itself a folder; of a folder,
        when it holds something.
    """
    target = Path(path)
    if kind in FOLDER_WRITERS and is_folder(path):
        return check_new_folder(target), FOLDER
    suffix = _known_suffix(target.name)
    if suffix not in WRITERS[kind]:
        others = [other for other, writers in WRITERS.items() if suffix in writers]
        instead = f", which is for {others[0]}" if others else ""
        raise OutputError(
            f"{target}: {kind} is not saved with the suffix {suffix or target.suffix!r}{instead}: give one of "
            f"{', '.join(WRITERS[kind])}{', or a new folder, NAME/, for DICOM' if kind in FOLDER_WRITERS else ''}"
        )
    return check_folder(target), suffix


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Return whether a path is meant to be a folder: one that is there, or that ends with a slash."""
    return os.fspath(path).endswith(("/", os.sep)) or Path(path).is_dir()


def _known_suffix(name: str) -> str:
    """Return the longest known suffix that a name ends with; an empty text where it has none."""
    known = {suffix for writers in WRITERS.values() for suffix in writers}
    return max((one for one in known if name.lower().endswith(one) and len(name) > len(one)), key=len, default="")
