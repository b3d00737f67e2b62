"""The verbs of recipes, recipe and replay, and what a picture was made of as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import MISSING, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.inputs import json_option
from viewer3d.cli.reading_options import max_memory_option, series_option, stack_option
from viewer3d.cli.report import Meter
from viewer3d.cli.terminal import print_aside, print_lines
from viewer3d.core.text import printable
from viewer3d.core.view.own_looks import short_name

if TYPE_CHECKING:
    from viewer3d.core.view.look import ImageLook, RegionLook
    from viewer3d.core.view.state import ViewState
    from viewer3d.recipes.data_record import NoteRecord, OverlayRecord, RegionsRecord, VolumeRecord
    from viewer3d.recipes.record import Recipe
    from viewer3d.recipes.words.line import Language


@click.command("recipe")
@click.argument("picture", type=click.Path())
@click.option("--caption", "say", flag_value="caption", help="Print a caption of it.")
@click.option("--alt", "say", flag_value="alt", help="Print alternative text: what is seen.")
@click.option("--methods", "say", flag_value="methods", help="Print sentences for a methods section.")
@click.option(
    "--line",
    is_flag=False,
    flag_value="shell",
    type=click.Choice(["shell", "python"]),
    help="Print the line that makes it: of the shell, or python.",
)
@json_option
def recipe_command(picture: str, say: str | None, line: Language | None, as_json: bool) -> None:  # noqa: FBT001
    """Print what PICTURE was made of and how: the recipe in its file, or words or a line made of that.

    No words name a patient, a series or what a person called something.
    """
    from viewer3d.recipes.embed import read_recipe  # noqa: PLC0415

    found = read_recipe(picture)
    if line is not None:
        from viewer3d.cli.proof.lines import line_of_picture  # noqa: PLC0415

        said = line_of_picture(found, line, Path(picture).suffix)
        print_lines(json.dumps({"line": said}) if as_json else said)
        return
    if say is not None:
        from viewer3d.recipes.words.words import words_of  # noqa: PLC0415

        said = getattr(words_of(found), say)
        print_lines(json.dumps({say: said}) if as_json else said)
        return
    print_lines(json.dumps(json.loads(found.to_json()), indent=2) if as_json else recipe_text(found))


@click.command("replay")
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


def recipe_text(recipe: Recipe) -> str:
    """Return a recipe as a table."""
    from viewer3d.recipes.words.words import recipe_digest  # noqa: PLC0415 (as above)

    rows = [("figure", recipe.figure), ("size", f"{recipe.size[0]} x {recipe.size[1]} pixels")]
    # What was not chosen says nothing, and size and state have lines of their own.
    chosen = {name: value for name, value in recipe.arguments.items() if value is not None}
    rows += [(name, json.dumps(value)) for name, value in chosen.items() if name not in ("size", "state")]
    if (state := recipe.state) is not None:
        kind = recipe.volumes[0].image if recipe.volumes else ""
        if kind:  # it lies in no space
            rows += [("image", f"lengths in {kind}"), ("frame", f"{round(state.cursor[2]) + 1}")]
        else:
            rows.append(("view", state.shown))
            rows.append(("at", f"{' '.join(f'{mm:g}' for mm in state.cursor)} mm (LPS)"))
        rows += [] if kind.endswith("colour") else [("window", str(state.layers[0].window))]
        rows += [("3D", short_name(state.layers[0].rendering))] if "3d" in state.panes else []
        rows += _choice_rows(state)
    for number, record in enumerate(recipe.volumes, 1):
        rows += _record_rows(f"volume {number}" if len(recipe.volumes) > 1 else "volume", record)
    rows += _overlay_rows(recipe.overlays, recipe.state)
    rows += [_compared_row(note.id) for note in recipe.compared]
    rows += [("not shown", _note_text(one)) for one in recipe.not_shown]
    rows.append(("patient", "named in the picture" if recipe.names_patient else "not named"))
    rows.append(("recipe", f"SHA-256 {recipe_digest(recipe)}"))
    rows.append(("drawn by", ", ".join(f"{name} {version}" for name, version in recipe.versions.items())))
    rows.append(("OpenGL", recipe.renderer))
    width = max(len(topic) for topic, _ in rows)
    return "\n".join(f"{topic:{width}}  {printable(str(value))}" for topic, value in rows)


def _compared_row(kind: str) -> tuple[str, str]:
    """Return what a recipe says of something in which its volumes differ."""
    from viewer3d.measurements.comparability.effects import EFFECTS  # noqa: PLC0415 (few recipes compare)

    effect = EFFECTS.get(kind)
    return "they differ in", kind if effect is None else f"{effect.name}: {effect.text}"


def _note_text(record: NoteRecord) -> str:
    """Return the kind of a note and its numbers."""
    told = (("frames", record.frames), ("files", record.files), ("ratio", record.ratio))
    return ", ".join([record.id, *(f"{name} {value:g}" for name, value in told if value is not None)])


def _choice_rows(state: ViewState) -> list[tuple[str, str]]:
    """Return the choices of a view and of the look of its base that differ from the defaults."""
    from viewer3d.core.view.versions import ORDER  # noqa: PLC0415 (only a recipe is told so)

    told = ("cursor", "window", "view", "enlarged", "rendering", "version", "layers", "regions")
    base = replace(state, layers=state.layers[:1], active=0)
    chosen = _chosen(base) | _chosen(base.layers[0])
    rows = [(name, chosen[name]) for name in ORDER if name in chosen and name not in told]
    rows += [(name, chosen[name]) for name in chosen if name not in (*ORDER, *told)]
    return rows + ([("active", f"layer {state.active + 1}")] if state.active else [])


def _overlay_rows(overlays: Sequence[OverlayRecord], state: ViewState | None) -> list[tuple[str, str]]:
    """Return what a recipe says of its overlays: images count from the base, regions by themselves."""
    rows: list[tuple[str, str]] = []
    images = [one for one in overlays if one.regions is None]
    looks: list[ImageLook | RegionLook] = [] if state is None else [*state.layers[1:]]
    rows += _rows_of("layer", 2, images, looks)
    looks = [] if state is None else [*state.regions]
    return rows + _rows_of("regions", 1, [one for one in overlays if one.regions is not None], looks)


def _rows_of(
    what: str, first: int, overlays: Sequence[OverlayRecord], looks: Sequence[ImageLook | RegionLook]
) -> list[tuple[str, str]]:
    rows = []
    for turn, overlay in enumerate(overlays):
        rows.append((f"{what} {first + turn}", overlay.name or "its name is not told: it named the patient"))
        records = [*enumerate(overlay.volumes, 1)]
        parts = [_record_rows(f"volume {n}" if len(records) > 1 else "volume", record) for n, record in records]
        parts += [] if overlay.regions is None else [_regions_rows(overlay.regions)]
        rows += [(f"  {name}", value) for part in parts for name, value in part]
        rows.append(("  placed", _placing(overlay)))
        if overlay.look:
            rows.append(("  look given", ", ".join(f"{name} {_words(value)}" for name, value in overlay.look.items())))
        if turn < len(looks):
            look = looks[turn]
            words = [f"{name} {value}" for name, value in _chosen(look).items()]
            window = [f"window {look.window}"] if hasattr(look, "window") else []
            rows.append(("  look", ", ".join([*window, *words]) or "as it is at first"))
    return rows


def _regions_rows(record: RegionsRecord) -> list[tuple[str, str]]:
    what = "labels" if record.kind == "segmentation" else "contours"
    part = "segments" if record.kind == "segmentation" else "ROIs"
    grid = "" if record.shape is None else f"{' x '.join(map(str, record.shape))}, "
    rows = [(record.kind, f"{grid}{len(record.colors)} {part}"), (f"  {what}", f"SHA-256 {record.digest}")]
    rows += [("  frame of reference", f"SHA-256 {record.frame_of_reference}")] if record.frame_of_reference else []
    return [*rows, ("  file", f"SHA-256 {record.source}" if record.source else "a label map, or never in a file")]


def _placing(overlay: OverlayRecord) -> str:
    if overlay.transform is not None:
        matrix = " / ".join(" ".join(f"{one:.10g}" for one in row) for row in overlay.transform)
        return f"by a given matrix, from its LPS mm to those of the base: {matrix}"
    if overlay.same_frame:
        return "taken to be in the frame of reference of the base, as was asked for"
    records = overlay.volumes if overlay.regions is None else (overlay.regions,)
    known = records[0].frame_of_reference
    return (
        "in the frame of reference of the base" if known else "on the grid of the base: no frame of reference is known"
    )


def _words(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _chosen(value: ViewState | ImageLook | RegionLook) -> dict[str, str]:
    """Return those fields that are not at their defaults, as JSON."""
    defaults = {one.name: one.default_factory() for one in fields(value) if one.default_factory is not MISSING}
    defaults |= {one.name: one.default for one in fields(value) if one.default is not MISSING}
    import msgspec  # noqa: PLC0415 (as above)

    differ = {name: getattr(value, name) for name, default in defaults.items() if getattr(value, name) != default}
    return {name: json.dumps(msgspec.to_builtins(held)) for name, held in differ.items()}


def _record_rows(name: str, record: VolumeRecord) -> list[tuple[str, str]]:
    size = " x ".join(str(n) for n in record.shape)
    rows = [(name, f"{size}, {record.unit or 'no unit'}"), ("  voxels", f"SHA-256 {record.voxels}")]
    rows += [("  frame of reference", f"SHA-256 {record.frame_of_reference}")] if record.frame_of_reference else []
    if (made := record.provenance) is None:
        return [*rows, ("  series", "none: it was never in files")]
    rows.append(("  series", f"SHA-256 {made.series}"))
    given = [f"irregular={made.irregular}"] if made.irregular != "resample" else []
    given += ["skip_bad"] if made.skip_bad else []
    given += [f"spacing={','.join(f'{mm:g}' for mm in made.spacing)}"] if made.spacing else []
    rows += [("  read with", ", ".join(given))] if given else []
    return [*rows, *([("  then", f"{', '.join(made.changes)}, in Python")] if made.changes else [])]
