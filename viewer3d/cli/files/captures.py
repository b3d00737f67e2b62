"""What verbs write to DICOM: pictures, figures, movies and tables in the study of what they are of."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from viewer3d.cli.report import Meter
from viewer3d.core.files import check_folder, temporary_folder
from viewer3d.errors import NotFoundError, ViewError

if TYPE_CHECKING:
    from viewer3d.dicom.series.scan import Scan

no_identity_option = click.option(
    "--no-identity", is_flag=True, help="Of DICOM: leave out patient and study, under new UIDs."
)


def is_dicom_output(output: str | Path) -> bool:
    """Return whether what is written is a DICOM file, by its suffix."""
    from viewer3d.dicom.objects.capture import DICOM_SUFFIX  # noqa: PLC0415 (each verb imports what it needs)

    return Path(output).suffix.lower() == DICOM_SUFFIX


def check_picture(output: str, suffixes: Collection[str]) -> Path:
    """Return the path of a picture to be written, or of the DICOM file that holds one.

    Raises
    ------
    OutputError
        When its suffix is none of these and not .dcm, or it cannot be written there.
    """
    from viewer3d.dicom.objects.capture import DICOM_SUFFIX  # noqa: PLC0415 (as above)
    from viewer3d.render.output import check_path  # noqa: PLC0415

    return check_path(output, (*suffixes, DICOM_SUFFIX))


def check_identity(output: str, *, is_left_out: bool, is_shown: bool) -> None:
    """Refuse choices of identity that a file cannot keep, before anything is read.

    Raises
    ------
    ViewError
        When a picture that is no DICOM is to leave out patient and study, which it never has; or when one is to show
        the patient that the file is to leave out.
    """
    if is_left_out and not is_dicom_output(output):
        raise ViewError(f"--no-identity: is of DICOM, and {output} names nobody: leave it out, or give -o NAME.dcm")
    if is_left_out and is_shown:
        raise ViewError("--no-identity: leaves out who the patient is, and --identify writes it: give one of them")


def check_study(output: str | Path, found: Scan) -> None:
    """Refuse a DICOM file of what is in no study, before anything is loaded.

    Raises
    ------
    NotFoundError
        When there is no series of DICOM images.
    """
    if is_dicom_output(output) and not found.series:
        if any(one.frames for one in found.all_refused):
            raise NotFoundError(
                f"{found.name}: holds images alone that lie in no space (colour, ultrasound, captures, radiographs), "
                f"and a DICOM picture is written of volumes: give -o {Path(output).with_suffix('.png')}"
            )
        raise NotFoundError(
            f"{found.name}: holds no series of DICOM images, in whose study {output} would be: give another suffix, or "
            "call viewer3d.save in Python with source=, the series that it came from"
        )


def write_drawn(
    draw: Callable[[Path], object], target: Path, source: Scan | Path, meter: Meter, *, identify: bool = True
) -> tuple[str, ...]:
    """Draw a picture, figure or movie into its file, or into DICOM in the study of its source.

    Parameters
    ----------
    draw : callable
        Writes it to a path.
    target : Path
    source : Scan or Path
        What it shows.
    meter : Meter
    identify : bool
        Whether a DICOM file takes over patient and study.

    Returns
    -------
    tuple of str
        What is to be said of a DICOM file.
    """
    if not is_dicom_output(target):
        draw(target)
        return ()
    from viewer3d.formats.save import save  # noqa: PLC0415 (as above)

    check_folder(target)
    with temporary_folder() as scratch:
        drawn = Path(scratch, "picture.png")
        draw(drawn)
        return save(drawn, target, source=source, identify=identify, progress=meter).notes
