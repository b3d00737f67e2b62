"""The verbs of recipes: recipe and replay."""

from __future__ import annotations

import json
from typing import Any

import click

from viewer3d.cli.inputs import json_option
from viewer3d.cli.reading_options import max_memory_option, series_option, stack_option
from viewer3d.cli.report import Meter, recipe_text
from viewer3d.cli.terminal import print_aside, print_lines


@click.command("recipe", short_help="Print what PICTURE was made of and how.")
@click.argument("picture", type=click.Path())
@json_option
def recipe_command(picture: str, as_json: bool) -> None:  # noqa: FBT001
    """Print what PICTURE was made of and how: the recipe in its file."""
    from viewer3d.recipes.embed import read_recipe  # noqa: PLC0415

    found = read_recipe(picture)
    print_lines(json.dumps(json.loads(found.to_json()), indent=2) if as_json else recipe_text(found))


@click.command("replay", short_help="Make PICTURE again, and say whether it is the same.")
@click.argument("picture", type=click.Path())
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option("-o", "--output", type=click.Path(), help="Picture to write; without it, it is only compared.")
@series_option
@stack_option
@max_memory_option
@click.option("--tolerance", type=float, help="Grey levels, over the 8 x 8 pixels that differ most; default 4.")
@click.pass_context
def replay_command(
    ctx: click.Context, /, picture: str, paths: tuple[str, ...], output: str | None, **choices: Any
) -> None:
    """Make PICTURE again from its recipe and the data at PATH, and say whether it is the same.

    Exit code: 0 when it is identical to the byte or the same within the tolerance, 1 when it is different or the data
    are others, 2 when it cannot be made.
    """
    from viewer3d.recipes.replay import replay as make_again  # noqa: PLC0415

    with Meter() as meter:
        given = {name: value for name, value in choices.items() if value is not None}
        made = make_again(picture, paths, output, progress=meter, **given)
    print_lines(f"{made.verdict}: {made.reason}")
    for note in made.notes:
        print_aside(f"note: {note}")
    ctx.exit(0 if made.is_same else 1)
