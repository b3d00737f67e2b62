"""The verbs that print tables: measure and compare-segmentations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from viewer3d.cli.files.captures import check_identity, check_study, is_dicom_output, no_identity_option
from viewer3d.cli.inputs import json_option, path_argument, scan_headers, scan_inputs
from viewer3d.cli.overlay_data import load_overlays, scan_overlays
from viewer3d.cli.overlay_options import OverlayCommand, OverlayWords, overlay_choices, overlay_options
from viewer3d.cli.overlays import overlay_notes, place_overlays
from viewer3d.cli.reading_options import reading_arguments, reading_options
from viewer3d.cli.report import Meter, print_notes
from viewer3d.cli.terminal import print_aside, print_lines
from viewer3d.core.files import check_folder, check_not_read
from viewer3d.errors import NotFoundError, SegmentError, ViewError

if TYPE_CHECKING:
    from viewer3d.core.geometry import Space
    from viewer3d.measurements.overlap import SegmentationComparison
    from viewer3d.measurements.segments import SegmentStatistics

FIGURE_SUFFIXES: Final = (".pdf", ".svg", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
"""What the name of a figure's file may end with, as :data:`viewer3d.figures.figure.SUFFIXES` has it."""

_SUFFIXES: Final = (".seg.nrrd", ".nii.gz", ".nrrd", ".nii", ".dcm")
"""Of files that are cases: a prediction and its truth may be of two formats."""


@click.command("measure", cls=OverlayCommand)
@path_argument
@click.option(
    "-o", "--output", type=click.Path(), help="CSV or JSON to write, a row a segment, or .dcm; else it is printed."
)
@no_identity_option
@json_option
@click.option(
    "--space", type=click.Choice(["LPS", "RAS"], case_sensitive=False),
    help="Of the places in CSV and JSON, which say it.  [default: LPS]",
)  # fmt: skip
@reading_options
@overlay_options
def measure_command(
    *,
    path: str | list[str],
    output: str | None,
    no_identity: bool,
    as_json: bool,
    space: Space | None,
    overlays: Sequence[OverlayWords],
    **choices: Any,
) -> None:
    """Measure the segments and structures over the volume at PATH: volumes, and its values in them.

    Each --overlay is a segmentation, a structure set or a label map, or a folder with one beside images; --look
    segments=Liver:Spleen measures these alone. A .dcm is a DICOM report (TID 1500) in the study of PATH.
    """
    from viewer3d.formats.load import load  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.formats.save import save  # noqa: PLC0415
    from viewer3d.measurements import region_table  # noqa: PLC0415

    reading = reading_arguments(choices)
    asked = [one._replace(regions=True) for one in overlay_choices(overlays)]
    if not asked:
        raise ViewError("measure: give what is to be measured, as in --overlay seg.dcm, once or more")
    if output is not None and as_json:
        raise ViewError("--json: prints, and --output writes: give one of them, as in -o table.json")
    if space is not None and output is None and not as_json:
        raise ViewError(f"--space {space}: what is printed has no places: give --json as well, or -o table.csv")
    in_dicom = output is not None and is_dicom_output(output)
    check_identity(output or "", is_left_out=no_identity, is_shown=reading["identify"])
    if in_dicom and space is not None:
        raise ViewError(f"--space {space}: of CSV and JSON; places in DICOM are in LPS: leave it out")
    target = None if output is None else check_folder(output) if in_dicom else region_table.check_table(output)
    with Meter() as meter:
        found = scan_headers(path) if target is None else scan_inputs(target, path, meter)
        check_study(output or "", found)
        over = scan_overlays(target, asked, meter, {str(path): found})
        for one in over:
            if one.found is not None and one.object is None:
                raise ViewError(f"--overlay {one.choice.path}: has images: give segmentations and structure sets alone")
        volume = load(found, **reading, progress=meter)
        layers = load_overlays(over, [volume], reading, meter)
        placed = place_overlays([volume], layers, strict=reading["strict"])
        regions = () if placed is None else placed.regions
        meter.begin("measuring")
        statistics = [row for one in regions for row in region_table.measure_placed_regions(volume, one)]
        saved: tuple[str, ...] = ()
        if target is not None and in_dicom:
            objects = [one.object for one in over if one.object is not None]
            how = {"volume": volume, "source": found, "segmentations": objects, "identify": not no_identity}
            saved = save(statistics, target, progress=meter, **how).notes
    if target is not None and in_dicom:
        print_lines(str(target))
    elif target is not None:
        print_lines(str(region_table.save_statistics(statistics, target, space=space or "LPS")))
    elif as_json:
        print_lines(region_table.statistics_json(statistics, space=space or "LPS").rstrip())
    else:
        print_lines(_statistics_text(statistics))
    told = [(one.name, note) for one in statistics for note in one.notes]
    of_regions = [note if note.startswith(name) else f"{name}: {note}" for name, note in told]
    print_notes([volume], [*overlay_notes(placed), *of_regions, *saved])


def _statistics_text(statistics: Sequence[SegmentStatistics]) -> str:
    """Return a table of the numbers that are most looked at, with the digits that bear."""
    from viewer3d.measurements.uncertainty.intervals import with_uncertainty  # noqa: PLC0415

    several = len({one.overlay for one in statistics}) > 1
    unit = next((f" {one.unit}" for one in statistics if one.unit), "")
    rows = []
    for one in statistics:
        row = {"overlay": one.overlay} if several else {}
        ml = "-" if math.isnan(one.ml) else with_uncertainty(one.ml, one.ml_uncertainty, 2)
        row |= {"number": str(one.number), "name": one.name, "voxels": str(one.voxels), "ml": ml}
        if any(other.polygon_ml is not None for other in statistics):
            row["ml of polygons"] = _cell(one.polygon_ml, ".2f")
        shown = {"mean": one.mean, "sd": one.sd, "min": one.min, "median": one.percentiles.get(50), "max": one.max}
        if any(other.suv_peak is not None for other in statistics):
            shown["peak"] = one.suv_peak
        row |= {f"{name}{unit}": _cell(value, ".4g") for name, value in shown.items()}
        if one.mean is not None and one.mean_uncertainty:
            row[f"mean{unit}"] = with_uncertainty(one.mean, one.mean_uncertainty)
        rows.append(row)
    return _table(rows)


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None or value != value else format(value, form)  # noqa: PLR0124 (NaN is not itself)


def _table(rows: Sequence[dict[str, str]]) -> str:
    if not rows:
        return "no segments"
    table = [list(rows[0]), *([row[name] for name in rows[0]] for row in rows)]
    widths = [max(len(line[n]) for line in table) for n in range(len(table[0]))]
    return "\n".join(
        "  ".join(f"{cell:{wide}}" for cell, wide in zip(line, widths, strict=True)).rstrip() for line in table
    )


@click.command("compare-segmentations")
@click.argument("prediction", type=click.Path())
@click.argument("truth", type=click.Path())
@click.option("-o", "--output", type=click.Path(), help="CSV to write, a row a case and segment; or a figure, as .pdf.")
@click.option("--volume", type=click.Path(), help="What both are of: in a figure it is shown below their outlines.")
@click.option("--cases", is_flag=True, help="Both are folders with a file or folder a case, of the same names.")
@click.option("--tolerance", "tolerances", multiple=True, type=float, help="Of the surface Dice, mm; default 1, 2, 3.")
@click.option("--pair", "pairs", multiple=True, metavar="NAME=NAME", help="A segment of PREDICTION, and its true one.")
@click.option("--same-frame", is_flag=True, help="Trust that both are in one frame of reference.")
def compare_segmentations_command(
    *,
    prediction: str,
    truth: str,
    output: str | None,
    volume: str | None,
    cases: bool,
    tolerances: tuple[float, ...],
    pairs: tuple[str, ...],
    same_frame: bool,
) -> None:
    """Say how PREDICTION agrees with TRUTH: Dice, surface Dice, distances and volumes of each segment.

    Each is a DICOM segmentation, a NIfTI or NRRD label map, or a folder with one. It is printed where there is no
    output, or goes to a CSV, or to a figure with the outlines of both where they differ most.
    """
    from viewer3d.formats.load_segmentation import load_segmentation  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.measurements.comparison_table import save_comparisons  # noqa: PLC0415
    from viewer3d.measurements.overlap import TOLERANCES, compare_segmentations  # noqa: PLC0415

    if volume is not None or (output is not None and Path(output).suffix.lower() in FIGURE_SUFFIXES):
        if cases or len(tolerances) > 1:
            raise ViewError("a figure compares one case at one tolerance: leave --cases out, and give one --tolerance")
        if output is None or Path(output).suffix.lower() not in FIGURE_SUFFIXES:
            raise ViewError("--volume is for a figure: give a file for it, as in -o figure.pdf")
        places = (prediction, truth, volume)
        _save_figure(places, output, pairs=_pairs(pairs), tolerances=tolerances, same_frame=same_frame)
        return
    files = _cases(Path(prediction), Path(truth)) if cases else {Path(prediction).name: (prediction, truth)}
    if output is not None:
        check_not_read(output, [prediction, truth])
    found = {}
    for case, (one, other) in files.items():
        found[case] = compare_segmentations(
            load_segmentation(one),
            load_segmentation(other),
            tolerances=tolerances or TOLERANCES,
            pairs=_pairs(pairs) or None,
            same_frame=same_frame,
        )
        for note in found[case].notes:
            print_aside(f"{case}: {note}" if cases else note)
    if output is None:
        print_lines(_text(found))
    else:
        print_lines(str(save_comparisons(found, output)))


def _save_figure(
    places: tuple[str, str, str | None],
    output: str,
    *,
    pairs: dict[int | str, int | str],
    tolerances: tuple[float, ...],
    same_frame: bool,
) -> None:
    """Write the figure of a prediction, its truth, and the volume that they are of."""
    from viewer3d.core.layers import Layer  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.figures.regions.comparison import segmentation_comparison  # noqa: PLC0415
    from viewer3d.formats.load import load  # noqa: PLC0415
    from viewer3d.formats.load_segmentation import load_segmentation  # noqa: PLC0415
    from viewer3d.render.output import check_path  # noqa: PLC0415

    target = check_path(output, FIGURE_SUFFIXES)
    check_not_read(target, [place for place in places if place is not None])
    with Meter() as meter:
        volume = None if places[2] is None else load(places[2], progress=meter)
        one, other = (Layer(load_segmentation(place), same_frame=same_frame) for place in places[:2])
        meter.begin("drawing")
        mm = tolerances[0] if tolerances else 1.0
        made = segmentation_comparison(one, other, volume, pairs=list(pairs.items()) or None, tolerance=mm)
        print_lines(str(made.save(target)))
    print_notes([] if volume is None else [volume], [])


def _cases(prediction: Path, truth: Path) -> dict[str, tuple[Path, Path]]:
    """Return the files or folders of each case, by its name."""
    sides = []
    for folder in (prediction, truth):
        if not folder.is_dir():
            raise NotFoundError(f"{folder}: no folder of cases; give one, or leave --cases out")
        sides.append({_case_name(one): one for one in sorted(folder.iterdir()) if not one.name.startswith(".")})
    if missing := sorted(set(sides[0]) ^ set(sides[1])):
        listed = f"{', '.join(missing[:6])}{' and others' if len(missing) > 6 else ''}"
        raise NotFoundError(f"{len(missing)} cases are in one of both folders alone: {listed}; give the same in both")
    if not sides[0]:
        raise NotFoundError(f"{prediction}: has no cases; give a folder with a file or folder a case")
    return {case: (one, sides[1][case]) for case, one in sides[0].items()}


def _case_name(path: Path) -> str:
    suffix = next((one for one in _SUFFIXES if path.name.lower().endswith(one)), "")
    return path.name[: len(path.name) - len(suffix)]


def _pairs(texts: tuple[str, ...]) -> dict[int | str, int | str]:
    found: dict[int | str, int | str] = {}
    for text in texts:
        one, equals, other = text.partition("=")
        if not (one and equals and other):
            raise SegmentError(
                f"--pair {text}: give a segment of the prediction and its true one, as liver=Liver or 1=2"
            )
        found[int(one) if one.isdecimal() else one] = int(other) if other.isdecimal() else other
    return found


def _text(found: dict[str, SegmentationComparison]) -> str:
    """Return a table of the numbers that are most looked at."""
    rows = []
    for case, comparison in found.items():
        for one in comparison.segments:
            shares = {f"within {mm:g} mm": f"{share:.3f}" for mm, share in one.surface_dice.items()}
            rows.append(
                {
                    **({"case": case} if len(found) > 1 else {}),
                    "segment": one.name,
                    "Dice": f"{one.dice:.3f}",
                    **shares,
                    "95 % within": f"{one.hausdorff_95:.2f} mm",
                    "mean": f"{one.mean_distance:.2f} mm",
                    "volume": f"{one.prediction_ml:.2f} ml",
                    "true": f"{one.truth_ml:.2f} ml",
                }
            )
    return _table(rows)
