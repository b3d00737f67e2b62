"""A file that is part of no volume, and the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from viewer3d.dicom.headers.frame import Frame, SeriesTags

MESH: Final = "mesh, which lies over images"
"""Why a file of a mesh is refused as one of images."""


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file (or link, device, folder) that is part of no volume, and the reason.

    Attributes
    ----------
    name : str
        Its name in messages.
    reason : str
        In the same words for all that are refused for one reason, so that they can be counted.
    series : SeriesTags, optional
        The tags of its series, where they could be read.
    damaged : bool
        Whether it might be part of a volume if it could be read.
    unseen : bool
        Whether files may be hidden behind it: a folder that cannot be listed, a broken link.
    frames : tuple of Frame
        The frames of colour that it has, which :func:`viewer3d.load_image` shows; none in all else.
    """

    name: str
    reason: str
    series: SeriesTags | None = None
    damaged: bool = False
    unseen: bool = False
    frames: tuple[Frame, ...] = ()
