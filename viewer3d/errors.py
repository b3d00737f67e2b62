"""The errors of this package, in one tree.

::

    Viewer3DError                anything a caller can mend; the program prints it in one line and exits with 2
    ├── DicomError               about files and what they hold
    │   ├── NotFoundError        the path is not there, or holds no DICOM
    │   ├── NoVolumeError        there is DICOM, but nothing that makes a volume
    │   ├── ChoiceError          several volumes could be meant; lists them
    │   ├── BadFileError         a file is truncated, undecodable or contradicts itself; names it
    │   │   └── DecoderError     its transfer syntax has no decoder here
    │   ├── StackError           slices that do not make one regular grid; says where
    │   └── LimitError           more than the stated ceiling; nothing was allocated
    ├── MarkedError              data that would carry a mark, where strict=True refuses them
    ├── GeometryError            an affine or a point no volume can have
    ├── SegmentError             a segment that is not there, or labels that mean nothing
    ├── StructureError           a region of interest that is not there, or contours of no use on a grid
    ├── DoseError                a dose that is none, or a plan that prescribes none
    ├── WindowError              a window that does not exist or means nothing
    ├── ViewError                a view, state or place that cannot be drawn
    ├── RecipeError          a picture without a recipe, or one that cannot be followed here
    ├── OutputError              a picture that cannot be written
    ├── SettingsError        a file of settings that cannot be read, or says what means nothing
    ├── ArchiveError             a run over an archive that cannot go on, or a job that is none
    ├── WebError                 a message, page or address that cannot be served
    └── RenderError              no OpenGL here that can draw what was asked

A message says the thing, what was expected and the remedy, in one line.
"""

from __future__ import annotations

from typing import ClassVar

from viewer3d.core.text import printable

__all__ = [
    "ArchiveError",
    "BadFileError",
    "ChoiceError",
    "DecoderError",
    "DicomError",
    "DoseError",
    "GeometryError",
    "LimitError",
    "MarkedError",
    "NoVolumeError",
    "NotFoundError",
    "OutputError",
    "RecipeError",
    "RenderError",
    "SegmentError",
    "SettingsError",
    "StackError",
    "StructureError",
    "ViewError",
    "Viewer3DError",
    "WebError",
    "WindowError",
]


class Viewer3DError(Exception):
    """Base of all errors of this package, which the caller can correct."""

    def __str__(self) -> str:
        # Names of files and words of headers are in it, and may hold what steers a terminal.
        return printable(super().__str__(), lines=self.has_lines)

    has_lines: ClassVar[bool] = False


class DicomError(Viewer3DError):
    """Base of errors about DICOM files and their contents."""


class NotFoundError(DicomError):
    """A path does not exist, or nothing below it is DICOM."""


class NoVolumeError(DicomError):
    """DICOM files were found, but none that make a volume."""


class ChoiceError(DicomError):
    """Several volumes could be meant; the message lists them with the call or flag for each."""

    has_lines: ClassVar[bool] = True


class BadFileError(DicomError):
    """A file is truncated, cannot be decoded or contradicts itself; the message names it."""


class DecoderError(BadFileError):
    """No decoder for a file's transfer syntax is installed; the message has the install command."""


class StackError(DicomError):
    """Slices do not make one regular grid; the message says which and by how many mm."""


class LimitError(DicomError):
    """A header asks for more than the stated ceiling; nothing was allocated."""


class MarkedError(Viewer3DError):
    """Data in which something changed where things are or what they mean, and ``strict`` was asked for."""

    has_lines: ClassVar[bool] = True


class GeometryError(Viewer3DError):
    """An affine, shape or point that no volume can have."""


class SegmentError(Viewer3DError):
    """A segment that is not there, or labels of which no segmentation can be made."""


class StructureError(Viewer3DError):
    """A region of interest that is not there, or contours of which nothing can be made on a grid."""


class DoseError(Viewer3DError):
    """A volume that is no dose, or a plan that prescribes no dose where one is needed."""


class WindowError(Viewer3DError):
    """A window that does not exist, or whose width means nothing."""


class ViewError(Viewer3DError):
    """A view, a state or a place that cannot be drawn."""


class RecipeError(Viewer3DError):
    """A picture that holds no recipe, or a recipe that cannot be followed here."""


class OutputError(Viewer3DError):
    """A picture or file that cannot be written."""


class SettingsError(Viewer3DError):
    """A person's file of settings that cannot be read, or a line of it that means nothing."""


class ArchiveError(Viewer3DError):
    """A run over an archive that cannot begin or go on, or a job that is none."""


class WebError(Viewer3DError):
    """A message from a browser that means nothing here, or a page or address that cannot be served."""


class RenderError(Viewer3DError):
    """No OpenGL works here that could draw what was asked."""
