"""The verbs that only look: list, info and doctor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from viewer3d.cli.inputs import json_option, path_argument, scan_headers
from viewer3d.cli.reading_options import series_option, stack_option, strict_option
from viewer3d.cli.report import info_json, info_notes, info_text, list_json, list_text
from viewer3d.cli.report_objects import label_map_json, label_map_text
from viewer3d.cli.terminal import print_lines
from viewer3d.core.notes.note import refuse_marked

if TYPE_CHECKING:
    from viewer3d.core.segmentation import Segmentation
    from viewer3d.dicom.series.scan import Scan


@click.command("list")
@path_argument
@json_option
def list_command(path: str | list[str], as_json: bool) -> None:  # noqa: FBT001 (click's way to a flag)
    """List the series at PATH, reading headers only."""
    found, labels = _found(path)
    if labels is not None:
        _print_label_map(str(path), labels, as_json=as_json)
    elif found is not None:
        print_lines(json.dumps(list_json(found), indent=2) if as_json else list_text(found))


@click.command("info")
@path_argument
@series_option
@stack_option
@strict_option
@json_option
def info_command(*, path: str | list[str], series: str | None, stack: int | None, strict: bool, as_json: bool) -> None:
    """Say what was found at PATH, what was decided, and why.

    With --strict it ends with 2, and names the notes, where a volume would carry a mark.
    """
    found, labels = _found(path)
    if labels is not None:
        _print_label_map(str(path), labels, as_json=as_json)
        if strict:
            refuse_marked(str(path), labels.notes)
    elif found is not None:
        told = json.dumps(info_json(found, series, stack), indent=2) if as_json else info_text(found, series, stack)
        print_lines(told)
        if strict:
            refuse_marked(found.name, info_notes(found, series, stack))


def _found(path: str | list[str]) -> tuple[Scan | None, Segmentation | None]:
    """Read the headers at a path, or the label map that it is."""
    found = scan_headers(path)
    if found.series or found.objects or not found.grids or not isinstance(path, str):
        return found, None
    from viewer3d.formats.load_overlay import holds_labels_at  # noqa: PLC0415 (few paths are one)
    from viewer3d.formats.load_segmentation import label_map_files, load_segmentation  # noqa: PLC0415

    if len(found.grids) == len(label_map_files(path)) and holds_labels_at(path):
        return None, load_segmentation(path)
    return found, None


def _print_label_map(path: str, labels: Segmentation, *, as_json: bool) -> None:
    print_lines(json.dumps(label_map_json(path, labels), indent=2) if as_json else label_map_text(path, labels))


@click.command("doctor")
@json_option
def doctor_command(as_json: bool) -> None:  # noqa: FBT001
    """Say which versions, OpenGL and decoders work here, and the command that mends what is missing."""
    from viewer3d.cli.doctor import examine  # noqa: PLC0415

    checks = examine()
    if as_json:
        print_lines(json.dumps([vars(check) for check in checks], indent=2))
        return
    width = max(len(check.topic) for check in checks)
    for check in checks:
        print_lines(f"{'ok  ' if check.works else 'MISS'}  {check.topic:{width}}  {check.state}")
        if check.mend:
            print_lines(f"      {'':{width}}  mend: {check.mend}")
