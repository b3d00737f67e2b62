"""What all DICOM objects that are made here share: their notes, who made them, and highdicom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from viewer3d.core.notes.note import Note
from viewer3d.errors import OutputError

if TYPE_CHECKING:
    from pydicom import Dataset

HIGHDICOM: Final = "pip install 'viewer3d[dicom]'"
"""What brings highdicom."""

MAKER: Final = "viewer3d"
"""Manufacturer (0008,0070) and its model name of what is made here."""

LONGEST_STRING: Final = 64
"""Letters of a Long String (PS3.5 6.2)."""

IDENTIFIED: Final = Note(
    "The file holds patient and study of its source: identify=False (--no-identity) leaves them out.",
    "written.identified",
)
"""The note of what holds them."""

_NO_DATE: Final = ("19000101", "000000")
"""Content Date and Time, which objects must have, of one without identity."""

_OF_SOURCE: Final = (
    "CurrentRequestedProcedureEvidenceSequence PertinentOtherEvidenceSequence InstanceCreationDate "
    "InstanceCreationTime SeriesDate SeriesTime ReferencedSeriesSequence SourceImageSequence"
)
"""What refers to the images of an object, or says when it was made."""


@dataclass(frozen=True, eq=False)
class MadeObject:
    """A DICOM object that can be written.

    Attributes
    ----------
    dataset : pydicom.Dataset
    notes : tuple of Note
        What was decided, and what it does not hold.
    """

    dataset: Dataset
    notes: tuple[Note, ...]


def import_highdicom(name: str, what: str) -> Any:
    """Return the package highdicom.

    Parameters
    ----------
    name : str
        Of the file, in messages.
    what : str
        What needs it, in the plural.

    Raises
    ------
    OutputError
        When it is not installed; the message has the command.
    """
    try:
        import highdicom  # noqa: PLC0415 (an extra, and 0.5 s)
    except ImportError:
        raise OutputError(f"{name}: {what} need highdicom: {HIGHDICOM}") from None
    return highdicom


def software_version() -> str:
    """Return the version of this package as it is installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 (only what is written names it)

    try:
        return version("viewer3d")
    except PackageNotFoundError:
        return "unknown"


def describe_identity(base: Dataset, *, identify: bool) -> None:
    """Say when an object was made; without identity that it has none, under a new study.

    Parameters
    ----------
    base : Dataset
        With what :mod:`viewer3d.dicom.write.kept` keeps; changed in place.
    identify : bool
    """
    from pydicom.uid import generate_uid  # noqa: PLC0415 (0.3 s, and only who writes DICOM needs it)

    if identify:
        now = datetime.now()
        base.ContentDate, base.ContentTime = f"{now:%Y%m%d}", f"{now:%H%M%S}"
        base.InstanceCreationDate, base.InstanceCreationTime = base.ContentDate, base.ContentTime
    else:
        base.PatientIdentityRemoved = "YES"
        base.DeidentificationMethod = "viewer3d: nothing taken over but how images were made"
    if "StudyInstanceUID" not in base:
        base.StudyInstanceUID = generate_uid(prefix=None)


def leave_out_identity(made: Dataset) -> None:
    """Leave dates and references to images out of an object that is made without identity.

    Parameters
    ----------
    made : Dataset
        Of images whose patient and study :func:`viewer3d.dicom.write.kept.kept_study` left out; changed in place.
    """
    describe_identity(made, identify=False)
    made.ContentDate, made.ContentTime = _NO_DATE
    for word in _OF_SOURCE.split():
        if word in made:
            del made[word]
    for group in made.get("PerFrameFunctionalGroupsSequence", ()):
        if "DerivationImageSequence" in group:
            del group.DerivationImageSequence
