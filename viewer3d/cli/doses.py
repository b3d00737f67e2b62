"""The verb on doses: dvh."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.inputs import path_argument, scan_inputs
from viewer3d.cli.look_values import plan_of
from viewer3d.cli.reading_options import reading_arguments, reading_options
from viewer3d.cli.report import Meter
from viewer3d.cli.terminal import print_aside, print_lines
from viewer3d.core.files import check_not_read
from viewer3d.core.notes.note import refuse_marked

if TYPE_CHECKING:
    from viewer3d.measurements.dose_volume import DoseVolumeHistograms, RegionDose


@click.command("dvh")
@path_argument
@click.option("--structures", required=True, type=click.Path(), help="RTSTRUCT, or a segmentation.")
@click.option("--plan", metavar="FILE|GY", help="RTPLAN, or the prescribed dose, that percent are of.")
@click.option("--roi", "rois", multiple=True, metavar="NAME", help="A ROI or segment, by name or number; default all.")
@click.option(
    "-o", "--output", type=click.Path(), help="Figure to write, .png, .pdf, ...; or .csv; else it is printed."
)
@click.option("--transform", type=click.Path(), help="Where the structures lie: a matrix or registration, as a file.")
@click.option("--same-frame", is_flag=True, help="Trust that both are in one frame of reference.")
@reading_options
def dvh_command(
    *,
    path: str | list[str],
    structures: str,
    plan: str | None,
    rois: tuple[str, ...],
    output: str | None,
    transform: str | None,
    same_frame: bool,
    **choices: Any,
) -> None:
    """Say which dose of PATH structures have: dose-volume histograms, as a table, a figure or CSV.

    PATH is a dose (RTDOSE).
    """
    from viewer3d.core.layers import Layer  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.formats.load import load  # noqa: PLC0415
    from viewer3d.formats.load_overlay import load_overlay  # noqa: PLC0415
    from viewer3d.measurements.dose_table import save_dvh  # noqa: PLC0415
    from viewer3d.measurements.dose_volume import dvh  # noqa: PLC0415

    target = None if output is None else _checked(output, [structures, *_files(plan)])
    wanted = [int(one) if one.isdecimal() else one for one in rois] or None
    with Meter() as meter:
        found = scan_inputs(target or "-", path, meter)
        dose = load(found, **reading_arguments(choices), progress=meter)
        layer = Layer(load_overlay(structures, regions=True), transform=transform, same_frame=same_frame)
        prescribed = None if plan is None else plan_of(plan)
        made = dvh(dose, layer, prescribed, regions=wanted)
        if choices["strict"]:
            refuse_marked(found.name, made.notes)
        if target is not None and target.suffix.lower() != ".csv":
            from viewer3d.figures.dose_volume import dvh as figure_of  # noqa: PLC0415

            meter.begin("drawing")
            figure_of(dose, layer, prescribed, regions=wanted).save(target)
        elif target is not None:
            save_dvh(made, target)
    for note in made.notes:
        print_aside(f"note: {note}")
    print_lines(_text(made) if target is None else str(target))


def _files(plan: str | None) -> list[str]:
    return [plan] if plan is not None and Path(plan).exists() else []


def _checked(output: str, others: list[str]) -> Path:
    """Return where the output goes; what cannot be written is refused before anything is loaded."""
    from viewer3d.figures.figure import SUFFIXES  # noqa: PLC0415 (as above)
    from viewer3d.render.output import check_path  # noqa: PLC0415

    target = check_path(output, (*SUFFIXES, ".csv"))
    check_not_read(target, others)
    return target


def _text(made: DoseVolumeHistograms) -> str:
    """Return a table of the numbers that are most looked at."""
    rows = [_cells(one, made.unit if made.unit == "Gy" else "") for one in made.regions]
    table = [list(rows[0]), *(list(row.values()) for row in rows)]
    widths = [max(len(line[n]) for line in table) for n in range(len(table[0]))]
    lines = []
    for line in table:
        first, *others = (
            f"{cell:{wide}}" if n == 0 else f"{cell:>{wide}}"
            for n, (cell, wide) in enumerate(zip(line, widths, strict=True))
        )
        lines.append("  ".join([first, *others]).rstrip())
    if made.prescription is not None:
        lines.append(f"V95% is of {made.prescription.dose:g} Gy (prescription)")
    return "\n".join(lines)


def _cells(one: RegionDose, unit: str) -> dict[str, str]:
    doses = {"mean": one.mean, "D2%": one.d2, "D50%": one.d50, "D95%": one.d95, "D98%": one.d98}
    return {
        "ROI": one.name,
        "volume": f"{one.ml:.4g} ml" if one.ml < 1000 else f"{one.ml:.0f} ml",
        **{name: f"{dose:.2f} {unit}".rstrip() for name, dose in doses.items()},
        **({} if one.v20gy is None else {"V20Gy": f"{one.v20gy:.1f} %"}),
        **({} if one.prescribed is None else {"V95%": f"{one.volume_at('95%'):.1f} %"}),
    }
