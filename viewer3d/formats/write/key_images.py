"""Write key images as a DICOM Key Object Selection, by which an archive shows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from viewer3d.core.notes.note import Note
from viewer3d.core.progress import Progress
from viewer3d.core.view.key_image import KeyImage
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError
from viewer3d.formats.write.output import Output, OutputFile

if TYPE_CHECKING:
    from viewer3d.dicom.files.sources import DicomInput
    from viewer3d.dicom.series.scan import Scan, Series


def write_key_objects(
    key_images: Sequence[KeyImage],
    target: Path,
    *,
    volume: Volume | Sequence[Volume] | None = None,
    source: DicomInput | Scan | Series | None = None,
    description: str | None = None,
    series_number: int | None = None,
    progress: Progress | None = None,
) -> Output:
    """Plan a DICOM Key Object Selection (PS3.3 A.35.4), which refers to the images that key images show.

    Slabs, oblique slices and other planes than that of the images are no images of the series: they are left out, with
    a note. The names of key images become the Key Object Description.

    Parameters
    ----------
    key_images : sequence of KeyImage
    target : Path
    volume : Volume or sequence of Volume
        That they are of; of a 4-D set all of it.
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The series that it is of: patient and study are its. A file without them would refer to nothing.
    description : str, optional
        Series Description.
    series_number : int, optional
        Else that of the source and 5000.
    progress : callable, optional

    Raises
    ------
    OutputError
        When there is no volume or source, a volume of the set is missing, highdicom is not installed, or none is an
        image of the series.
    NotFoundError, ChoiceError, GeometryError, BadFileError
        When the source is not there, is one of several, lies elsewhere or cannot be read.
    """
    volumes = [volume] if isinstance(volume, Volume) else list(volume or ())
    if not volumes or source is None:
        raise OutputError(
            f"{target}: a key object selection refers to images of a series: give volume=, that the key images are of, "
            "and source=PATH, its series"
        )
    if (most := max(one.member for one in key_images)) >= len(volumes):
        raise OutputError(
            f"{target}: a key image is of volume {most + 1} of a set, and {len(volumes)} were given: give volume= all "
            "of them, as viewer3d.load_all loads them"
        )
    from viewer3d.dicom.write.key_objects import KeyObject, make_key_objects  # noqa: PLC0415 (only who writes DICOM)

    thin = [(number, one) for number, one in enumerate(key_images) if not one.slab.thickness]
    keys = [KeyObject(number + 1, one.name, one.cursor, one.normal, one.member) for number, one in thin]
    made, left = make_key_objects(
        keys, volumes, source, str(target), description=description, number=series_number
    )  # fmt: skip
    written = {number for n, (number, _) in enumerate(thin) if n not in left}
    notes = tuple(
        Note(
            f"Key image {number + 1}: it is no image of the series, so that it is not in the selection.",
            "written.no_image",
        )
        for number in range(len(key_images))
        if number not in written
    )

    def write(file: BinaryIO) -> None:
        made.dataset.save_as(file, enforce_file_format=True)
        if progress is not None:
            progress("writing", len(written), len(written))

    return Output((OutputFile(target, write),), (*notes, *made.notes))
