"""The job ``nifti``: volumes, and the segments over them, as files of another format."""

from __future__ import annotations

from pathlib import Path

from viewer3d.archive.jobs.job import SEPARATOR, Context, Made
from viewer3d.core.placing.regions import PlacedRegions
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError
from viewer3d.formats.save import Saved, save


def save_nifti(volume: Volume, context: Context) -> Made:
    """Save a volume as NIfTI with its side car, see :func:`viewer3d.save`.

    Segmentations and structure sets over it are saved beside it as label maps, each with a table of names: on their own
    grid, of contours on that of the volume. Segments that overlap are in a ``.seg.nrrd`` instead.
    """
    saved = save(volume, context.file(".nii.gz"))
    files, notes = list[Path](saved.files), list(saved.notes)
    regions = [one for one in context.overlays if isinstance(one, PlacedRegions)]
    for number, placed in enumerate(regions, 1):
        labels = _save_labels(placed, context, number)
        files += labels.files
        notes += [note.with_text(f"{placed.name}: {note}") for note in labels.notes]
    return Made(tuple(files), {"notes": SEPARATOR.join(notes)})


def _save_labels(placed: PlacedRegions, context: Context, number: int) -> Saved:
    try:
        return save(placed.segmentation, context.file(f"-labels-{number}.nii.gz"))
    except OutputError as error:
        if error.__cause__ is not None:  # of the file system: another format does not help
            raise
    return save(placed.segmentation, context.file(f"-labels-{number}.seg.nrrd"))
