"""What is found at a place and is part of no volume, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewer3d.dicom.headers.frame import SeriesTags


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A file, or what stands in the place of one, that is no part of any volume, and why.

    Attributes
    ----------
    name : str
        What messages call it.
    reason : str
        The same for all that are refused for one reason, so that they can be counted.
    series : SeriesTags, optional
        What it says of its series, where it could be read.
    damaged : bool
        Whether it is a file that would be part of a volume if it could be read.
    unseen : bool
        Whether files may be there that nobody could look for: a folder that cannot be listed, a link to nowhere.
    """

    name: str
    reason: str
    series: SeriesTags | None = None
    damaged: bool = False
    unseen: bool = False
