"""The verb that compares: compare-segmentations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from viewer3d.cli.terminal import print_aside, print_lines
from viewer3d.core.files import check_not_read
from viewer3d.errors import NotFoundError, SegmentError

if TYPE_CHECKING:
    from viewer3d.measurements.overlap import SegmentationComparison

_SUFFIXES: Final = (".seg.nrrd", ".nii.gz", ".nrrd", ".nii", ".dcm")
"""Of files that are cases: a prediction and its truth may be of two formats."""


@click.command("compare-segmentations", short_help="Say how a segmentation agrees with a true one.")
@click.argument("prediction", type=click.Path())
@click.argument("truth", type=click.Path())
@click.option("-o", "--output", type=click.Path(), help="CSV to write, a row a case and segment; else it is printed.")
@click.option("--cases", is_flag=True, help="Both are folders with a file or folder a case, of the same names.")
@click.option("--tolerance", "tolerances", multiple=True, type=float, help="Of the surface Dice, mm; default 1, 2, 3.")
@click.option("--pair", "pairs", multiple=True, metavar="NAME=NAME", help="A segment of PREDICTION, and its true one.")
@click.option("--same-frame", is_flag=True, help="Trust that both are in one frame of reference.")
def compare_segmentations_command(
    *,
    prediction: str,
    truth: str,
    output: str | None,
    cases: bool,
    tolerances: tuple[float, ...],
    pairs: tuple[str, ...],
    same_frame: bool,
) -> None:
    """Say how PREDICTION agrees with TRUTH: Dice, surface Dice, distances and volumes of each segment.

    Each is a DICOM segmentation, a NIfTI or NRRD label map, or a folder with one.
    """
    from viewer3d.formats.load_segmentation import load_segmentation  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.measurements.comparison_table import save_comparisons  # noqa: PLC0415
    from viewer3d.measurements.overlap import TOLERANCES, compare_segmentations  # noqa: PLC0415

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
    if not rows:
        return "no segments"
    table = [list(rows[0]), *([row[name] for name in rows[0]] for row in rows)]
    widths = [max(len(line[n]) for line in table) for n in range(len(table[0]))]
    return "\n".join(
        "  ".join(f"{cell:{wide}}" for cell, wide in zip(line, widths, strict=True)).rstrip() for line in table
    )
