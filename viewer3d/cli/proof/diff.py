"""The verb diff: two exports of one study held against each other."""

from __future__ import annotations

import json
from typing import Any

import click

from viewer3d.cli.inputs import json_option
from viewer3d.cli.reading_options import COMPARING, pairs_of, spacing_of, with_options
from viewer3d.cli.report import Meter
from viewer3d.cli.terminal import print_lines


def _comparing_options(command: Any) -> Any:
    return with_options(command, COMPARING)


@click.command("diff")
@click.argument("before", metavar="A", type=click.Path())
@click.argument("after", metavar="B", type=click.Path())
@_comparing_options
@json_option
@click.pass_context
def diff_command(ctx: click.Context, /, before: str, after: str, *, as_json: bool, **choices: Any) -> None:
    """Compare two exports of one study, A and B: voxel by voxel, place by place, header by header.

    Volumes are matched by UID, else by place, size and description. What keeps their numbers from being compared
    (kernel, slice thickness, uptake time, ...) is said with what it does to them.

    Exit code: 0 when every volume is the same in every voxel and place, 1 when something differs or is missing, 2 when
    they cannot be compared.
    """
    from viewer3d.exports.compare import compare_exports  # noqa: PLC0415 (each verb imports what it needs)

    names = choices["series"], choices["second_series"] or choices["series"]
    how = {name: choices[name] for name in ("stack", "irregular", "skip_bad", "unit", "strict", "max_memory")}
    how |= {"which": pairs_of(choices["which"], "--which"), "spacing": spacing_of(choices["spacing"], "--spacing ")}
    with Meter() as meter:
        found = compare_exports(before, after, series=names, progress=meter, **how)
    print_lines(json.dumps(found.to_dict(), indent=2) if as_json else str(found))
    ctx.exit(0 if found.is_same else 1)
