"""The page ``index.html`` of a run: it opens from a disk, and loads data beside it when it is asked."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO, Final

from viewer3d.archive.index.listing import CHUNK, Listing
from viewer3d.archive.index.rows import ColumnUse, Row
from viewer3d.core.files import write_error, write_whole
from viewer3d.core.pages.inline import filled_page, source_digest, to_script_json
from viewer3d.core.text import printable

PAGE_FILE: Final = "index.html"

DATA_FOLDER: Final = "index"
"""Beside the page, with what it loads when it is asked for; each file's name has the digest of what is in it."""


def write_page(
    rows: Iterable[Row],
    columns: Sequence[ColumnUse],
    out: Path,
    *,
    title: str,
    about: str,
    left_out: Mapping[str, int] | None = None,
    meanings: Mapping[str, str] | None = None,
) -> Path:
    """Write the page of a run, completely or not at all.

    An earlier page stays as it is, with its data, until the new one is complete.

    Parameters
    ----------
    rows : iterable of Row
        In the order in which the page shows them at first.
    columns : sequence of ColumnUse
        Of these rows.
    out : Path
        The folder of the run.
    title, about : str
        Its headline, and one line below it.
    left_out : mapping, optional
        How many files belong to no item, by the reason.
    meanings : mapping, optional
        What columns are, by their names; where it begins with "whether", 1 is yes.

    Returns
    -------
    Path

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    folder = out / DATA_FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise write_error(str(folder), error) from error
    listing = Listing(columns)
    names = [_write_data(folder, "rows", chunk) for chunk in _chunks(listing.add(row) for row in rows)]
    first = listing.first_columns()
    described: list[dict[str, Any]] = [
        {
            "name": printable(one.name),
            "file": _write_data(folder, "column", listing.values(one.name)),
            "kind": "number" if one.numeric else "text",
            "first": one.name in first,
        }
        for one in listing.columns
    ]
    left = [[printable(reason), count] for reason, count in (left_out or {}).items()]
    told = {"about": about, "left": left, "meanings": dict(meanings or {})}
    data = {**told, "folder": DATA_FOLDER, "chunk": CHUNK, "rows": names, "columns": described}
    page = write_whole(out / PAGE_FILE, _writer(printable(title), {**data, **listing.data()}))
    _remove_others(folder, {*names, *(one["file"] for one in described)})
    return page


def _chunks(details: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    chunk: list[list[Any]] = []
    for detail in details:
        chunk.append(detail)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _write_data(folder: Path, what: str, value: object) -> str:
    """Write a script that hands a value to the page; return its name."""
    text = to_script_json(value)
    name = f"{what}-{hashlib.sha256(text.encode()).hexdigest()[:20]}.js"
    path = folder / name
    if not path.exists():  # else it holds the same, for its name is of what it holds
        write_whole(path, lambda file: file.write(f'viewer3dTake("{name}",{text});\n'.encode()))
    return name


def _remove_others(folder: Path, wanted: set[str]) -> None:
    """Remove data of earlier pages."""
    with suppress(OSError):  # what cannot be removed does no harm
        for path in folder.iterdir():
            if path.name.endswith(".js") and path.name not in wanted:
                path.unlink()


def _writer(title: str, data: dict[str, Any]) -> Callable[[BinaryIO], None]:
    parts = files("viewer3d.archive.index") / "page_files"
    style = (parts / "page.css").read_text(encoding="utf-8")
    script = "".join((parts / f"{name}.js").read_text(encoding="utf-8") for name in ("model", "view", "detail"))
    # Nothing else is run or loaded, whatever text of a file might be taken for: by the digests of style and script.
    policy = (
        f"default-src 'none'; style-src '{source_digest(style)}'; script-src '{source_digest(script)}' 'self' file:; "
        "img-src 'self' file:; media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )
    values = {
        "POLICY": policy,
        "TITLE": html.escape(title),
        "STYLE": style,
        "SCRIPT": script,
        "DATA": to_script_json(data),
    }
    page = (parts / "page.html").read_text(encoding="utf-8")

    def write(file: BinaryIO) -> None:
        file.writelines(filled_page(page, values))

    return write
