"""Name files without their folders, which may be called as patients are."""

from __future__ import annotations

import os
from collections.abc import Iterable

from viewer3d.core.text import printable
from viewer3d.dicom.files.archive_members import MemberSource
from viewer3d.dicom.files.sources import FileSource, Source
from viewer3d.dicom.series.scan import Series


def folders_of_series(series: Series) -> set[str]:
    """Return the folders that the files of a series, or the archives with them, lie in."""
    return folders_of(dict.fromkeys(frame.stored.source for frame in series.frames))


def folders_of(sources: Iterable[Source]) -> set[str]:
    """Return the folders that files, or the archives with them, lie in, as messages write them."""
    found = set()
    for one in sources:
        if isinstance(one, FileSource | MemberSource):
            path = one.path if isinstance(one, FileSource) else one.archive
            found.add(printable(os.path.dirname(path)))  # noqa: PTH120 (a str, 10,000 times)
    return found


def without_folders(text: str, folders: Iterable[str]) -> str:
    """Return a text in which what lies in some folders is named without them.

    Examples
    --------
    >>> without_folders("/data/Doe/IM1.dcm and /data/x.zip: truncated", ["/data", "/data/Doe"])
    'IM1.dcm and x.zip: truncated'
    """
    for folder in sorted(folders, key=len, reverse=True):  # the innermost first
        if len(folder) > 1:
            text = text.replace(folder.rstrip(os.sep) + os.sep, "")
    return text
