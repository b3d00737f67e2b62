"""Find the files that a DICOMDIR refers to (PS3.3 F.3, PS3.10 8)."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from viewer3d.core.files import open_file
from viewer3d.core.text import printable
from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.headers.dataset_checks import META_BYTES, has_commands
from viewer3d.errors import BadFileError

_FolderNames = Callable[[str], dict[str, list[str]]]

OUTSIDE_FOLDER: Final = "a DICOMDIR's reference to a place outside of its folder"
MISSING_FILE: Final = "the DICOMDIR names it, and it is not there"


def referenced_files(path: str) -> Iterator[str | RefusedFile]:
    """Yield the paths of the files that a DICOMDIR refers to, each once.

    References are relative to the folder of the DICOMDIR. They are in capital letters; files whose names are in small
    letters, as some systems show those of a disc, are found as well.

    Raises
    ------
    BadFileError
        When it cannot be read.
    """
    folder, names = os.path.dirname(path), cache(_names_in)  # noqa: PTH120 (text, as all paths of files are)
    for parts in dict.fromkeys(_file_ids(path)):
        if not all(map(_is_name, parts)):
            yield RefusedFile(printable(f"{path}: {'/'.join(parts)}"), OUTSIDE_FOLDER)
        elif (found := _find(folder, parts, names)) is None:
            yield RefusedFile(printable(os.path.join(folder, *parts)), MISSING_FILE, damaged=True)  # noqa: PTH118
        else:
            yield found


def _file_ids(path: str) -> list[tuple[str, ...]]:
    """Return the Referenced File IDs (0004,1500): each as names of folders and a file, outermost first."""
    from pydicom import dcmread  # noqa: PLC0415 (0.3 s, and only a DICOMDIR needs it)

    try:
        with open(path, "rb", opener=open_file) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # values that break their VR are reported where the files are read
            if has_commands(file.read(META_BYTES)):
                raise ValueError("its header begins with commands or zeros")
            file.seek(0)
            ids = [record.get("ReferencedFileID") for record in dcmread(file).DirectoryRecordSequence]
            return [(one,) if isinstance(one, str) else tuple(map(str, one)) for one in ids if one]
    except Exception as error:  # pydicom raises any kind of error
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadFileError(f"{path}: not a DICOMDIR that can be read ({reason}); give its folder instead") from error


def _is_name(part: str) -> bool:
    """Return whether a component is a plain file name on any system."""
    return bool(part.strip(". ")) and not set(part) & set("/\\:\0")


def _find(folder: str, parts: Sequence[str], names: _FolderNames) -> str | None:
    """Return the path of a file below a folder, ignoring case; None when there is none."""
    path = os.path.join(folder, *parts)  # noqa: PTH118
    if os.path.exists(path):  # noqa: PTH110 (of 10,000 files)
        return path
    first, *rest = parts
    for name in names(folder).get(first.casefold(), ()):
        below = os.path.join(folder, name)  # noqa: PTH118
        found = _find(below, rest, names) if rest else below
        if found is not None:
            return found
    return None


def _names_in(folder: str) -> dict[str, list[str]]:
    """Return the names in a folder by their lower-case form."""
    named: dict[str, list[str]] = {}
    try:
        for name in sorted(os.listdir(folder or ".")):  # noqa: PTH208
            named.setdefault(name.casefold(), []).append(name)
    except OSError:
        return {}
    return named
