"""The argument PATH of verbs, and what is read there."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.report import Meter
from viewer3d.core.files import check_not_read

if TYPE_CHECKING:
    from viewer3d.core.view.state import ViewState
    from viewer3d.dicom.series.catalog import CatalogRequest
    from viewer3d.dicom.series.scan import Scan


def _one_or_all(_context: click.Context, _argument: click.Parameter, paths: tuple[str, ...]) -> str | list[str]:
    """Return a single path as it is, and several (as a shell expands ``*.dcm``) as a list."""
    return paths[0] if len(paths) == 1 else list(paths)


_PATH = click.Path(readable=False)
"""What may not be read is told by what reads it, with what helps."""

path_argument = click.argument("path", metavar="PATH...", nargs=-1, required=True, type=_PATH, callback=_one_or_all)
optional_path_argument = click.argument(
    "path", metavar="[PATH...]", nargs=-1, type=_PATH, callback=lambda *call: _one_or_all(*call) or None
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def scan_headers(path: str | list[str]) -> Scan:
    """Read the headers at a path."""
    from viewer3d.dicom.series.scan import scan  # noqa: PLC0415 (each verb imports what it needs)

    with Meter() as meter:
        return scan(path, progress=partial(meter, "headers"))


def scan_inputs(output: str | Path | None, path: str | list[str], meter: Meter, *others: str | None) -> Scan:
    """Read the headers at a path, after a check that the output is none of the files that are read."""
    from viewer3d.dicom.pixels.modality_values import worker_starter  # noqa: PLC0415
    from viewer3d.dicom.series.scan import input_paths, scan  # noqa: PLC0415

    found = scan(path, progress=partial(meter, "headers"), seen=worker_starter())
    if output is None:
        return found
    places = [path] if isinstance(path, str) else path
    check_not_read(output, [*places, *(one for one in others if one), *input_paths(found)])
    return found


def catalog_request(reading: dict[str, Any], state: ViewState | None) -> CatalogRequest:
    """Return the set of volumes that is asked for, by name or by a saved state, and how it is read."""
    from viewer3d.dicom.read_options import ReadOptions  # noqa: PLC0415
    from viewer3d.dicom.series.catalog import CatalogRequest  # noqa: PLC0415

    meant = {name: reading[name] for name in ("series", "stack", "spacing")}
    names = ("irregular", "skip_bad", "unit", "identify", "max_memory", "presentation", "strict")
    how = ReadOptions(**{name: reading[name] for name in names})
    digests = () if state is None else state.series
    return CatalogRequest(**meant, which=reading["which"] or {}, how=how, digests=digests)
