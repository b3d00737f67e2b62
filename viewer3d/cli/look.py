"""The verbs that only look: list, info and doctor."""

from __future__ import annotations

import json

import click

from viewer3d.cli.inputs import json_option, path_argument, scan_headers
from viewer3d.cli.reading_options import series_option, stack_option
from viewer3d.cli.report import info_json, info_text, list_json, list_text
from viewer3d.cli.terminal import print_lines


@click.command("list")
@path_argument
@json_option
def list_command(path: str | list[str], as_json: bool) -> None:  # noqa: FBT001 (click's way to a flag)
    """List the series at PATH, reading headers only."""
    found = scan_headers(path)
    print_lines(json.dumps(list_json(found), indent=2) if as_json else list_text(found))


@click.command("info", short_help="Say what was found at PATH, and what was decided.")
@path_argument
@series_option
@stack_option
@json_option
def info_command(path: str | list[str], series: str | None, stack: int | None, as_json: bool) -> None:  # noqa: FBT001
    """Say what was found at PATH, what was decided, and why."""
    found = scan_headers(path)
    print_lines(json.dumps(info_json(found, series, stack), indent=2) if as_json else info_text(found, series, stack))


@click.command("doctor", short_help="Say what works here, and what mends the rest.")
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
