"""The file of values beside a header of MetaImage or NRRD."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from viewer3d.errors import OutputError

_LISTS: Final = ("LIST", "LOCAL")
"""What a name may not begin with: it would say that the values are in several files, or in the header's own."""


def values_path(header: Path, suffix: str) -> Path:
    """Return the path of the values beside a header, whose name is the header's with another suffix.

    Parameters
    ----------
    header : Path
    suffix : str

    Raises
    ------
    OutputError
        When readers would take that name for something else, or a file is there that is not this header's.
    """
    stem = header.name[: -len(header.suffix)]
    if "%" in stem or not stem.isprintable() or stem != stem.strip() or stem.upper().startswith(_LISTS):
        raise OutputError(
            f"{header}: its name is that of the values too, and readers of the header would take it for a list or "
            "a pattern: give a name without %, and not LIST or LOCAL at its beginning"
        )
    values = header.with_name(stem + suffix)
    if values.exists() and not header.exists():
        raise OutputError(f"{values}: is there, without {header.name}, whose values it would be: give another name")
    return values
