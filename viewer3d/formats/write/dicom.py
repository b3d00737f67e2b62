"""Write DICOM: a volume as a derived series in a folder of its own, a segmentation as a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from viewer3d.core.progress import Progress
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.volume import Volume
from viewer3d.errors import OutputError
from viewer3d.formats.write.output import Output, OutputFile, check_upright

if TYPE_CHECKING:
    from viewer3d.dicom.files.sources import DicomInput
    from viewer3d.dicom.series.scan import Scan, Series


def write_dicom_series(
    volumes: Sequence[Volume],
    target: Path,
    *,
    source: DicomInput | Scan | Series | None = None,
    identify: bool = True,
    description: str | None = None,
    series_number: int | None = None,
    progress: Progress | None = None,
) -> Output:
    """Plan a folder of DICOM images of a volume or a set, one a slice: a series derived from its source.

    Parameters
    ----------
    volumes : sequence of Volume
        One, or several on one grid that differ by time, b-value, echo or what else their images say.
    target : Path
        The folder, new or empty.
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The series that they are of: CT, MR or PET. What its images share of patient, study, equipment and
        acquisition is taken over; private attributes, overlays and presentation are not.
    identify : bool
        False takes over nothing but how the images were made, and makes all UIDs anew.
    description : str, optional
        Series Description; else that of the source with what was done to the volume.
    series_number : int, optional
        Else that of the source and 1000.
    progress : callable, optional

    Raises
    ------
    OutputError
        When there is no source, the source is no CT, MR or PET, values or their unit cannot be held, or no attribute
        can say what tells the volumes apart.
    NotFoundError, ChoiceError, GeometryError
        When the source is not there, is one of several, or lies in another frame of reference.
    """
    if source is None:
        raise OutputError(
            f"{target}: DICOM images need patient, study and acquisition, which a volume does not hold: give "
            "source=PATH (--source PATH), the series that it was read from"
        )
    from viewer3d.dicom.write.series import plan_derived_series  # noqa: PLC0415 (only who writes DICOM needs it)

    planned = plan_derived_series(
        volumes, source, str(target), identify=identify, description=description, number=series_number,
        progress=progress,
    )  # fmt: skip
    files = tuple(OutputFile(target / name, write) for name, write in planned.files)
    return Output(files, planned.notes, folder=target)


def write_dicom_segmentation(
    segmentation: Segmentation,
    target: Path,
    *,
    source: DicomInput | Scan | Series | None = None,
    empty_frames: bool = False,
    same_frame: bool = False,
    identify: bool = True,
    description: str | None = None,
    progress: Progress | None = None,
) -> Output:
    """Plan a DICOM file of a segmentation, binary and on its own grid, by highdicom.

    Parameters
    ----------
    segmentation : Segmentation
        Segments may overlap.
    target : Path
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The images that were segmented; patient, study and frame of reference are theirs. Of several series that one
        which alone is in the frame of reference, which the segmentation refers to, or on whose grid it is.
    empty_frames : bool
        Whether slices without a voxel of a segment have a frame as well, all of the source where the segmentation is on
        a part of its grid: some viewers need them.
    same_frame : bool
        Whether to trust that the segmentation lies in the frame of reference of the source, where it names none.
    identify : bool
        Whether patient and study are taken over, and the images referred to; else all UIDs are new.
    description : str, optional
        Series Description; else that of the segmentation.
    progress : callable, optional

    Raises
    ------
    OutputError
        When there is no source, highdicom is not installed, there is nothing to write, or the grid is sheared.
    NotFoundError, ChoiceError, GeometryError, ViewError
        When the source is not there, is one of several, or the segmentation is not known to lie over it.
    """
    if source is None:
        raise OutputError(
            f"{target}: a DICOM segmentation needs patient and study, which labels do not hold: give source=PATH "
            "(--source PATH), the images that were segmented"
        )
    check_upright(segmentation.geometry, target, "DICOM")
    from viewer3d.dicom.write.segmentation import make_segmentation  # noqa: PLC0415 (as above)

    made = make_segmentation(
        segmentation, source, str(target), empty_frames=empty_frames, same_frame=same_frame, identify=identify,
        description=description,
    )  # fmt: skip

    def write(file: BinaryIO) -> None:
        made.dataset.save_as(file, enforce_file_format=True)
        if progress is not None:
            progress("writing", segmentation.geometry.shape[2], segmentation.geometry.shape[2])

    return Output((OutputFile(target, write),), made.notes)
