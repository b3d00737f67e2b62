"""Series, decisions and recipes as text and as JSON, and a progress bar."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from viewer3d.cli.files.images import color_rows, color_text, images_json, meant_colors
from viewer3d.cli.report_grids import grid_row, grid_text, grids_json
from viewer3d.cli.report_objects import meant_objects, object_row, object_text, objects_json
from viewer3d.cli.terminal import is_watched, print_aside
from viewer3d.core.notes.note import Note
from viewer3d.core.text import printable
from viewer3d.errors import StackError

if TYPE_CHECKING:
    from viewer3d.core.volume import Volume
    from viewer3d.dicom.files.grid_file import GridFile
    from viewer3d.dicom.objects.dicom_object import DicomObject
    from viewer3d.dicom.series.planned_grid import PlannedGrid
    from viewer3d.dicom.series.scan import Scan, Series
    from viewer3d.dicom.series.stack import Stack

PATIENCE: Final = 1.0
"""Seconds before progress is shown: what takes less needs none."""


_NOT_SHOWN: Final = "not shown"
"""Before notes on what of the data no picture shows."""


class Meter:
    """A progress bar on stderr, when that is a terminal and the work takes longer than :data:`PATIENCE`."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._stage = ""
        self._shown = ExitStack()
        self._bar: Any = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how many of a stage are done."""
        if not is_watched() or time.monotonic() - self._start < PATIENCE:
            return
        if stage != self._stage:
            self._shown.close()
            self._bar = self._shown.enter_context(click.progressbar(length=total, label=stage, file=sys.stderr))
            self._stage = stage
        self._bar.update(done - self._bar.pos)

    def begin(self, what: str) -> None:
        """Print the name of the next stage on a terminal, where its steps are not counted."""
        if is_watched():
            self._shown.close()
            self._stage = ""
            print_aside(f"{what} ...")

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *_error: object) -> None:
        self._shown.close()


def list_text(found: Scan) -> str:
    """Return the series as a table, a line for each volume or other stack."""
    rows = [("SERIES", "STACK", "MODALITY", "SIZE", "SPACING mm", "WHAT")]
    for series in found:
        for number, stack in enumerate(series.stacks, 1):
            grid = _Grid.of(stack)
            rows.append(
                (
                    "-" if series.number is None else str(series.number),
                    str(number) if len(series.stacks) > 1 else "-",
                    series.modality or "-",
                    " x ".join(str(n) for n in grid.shape),
                    grid.spacing_text if stack.is_volume else "-",
                    _what(series, stack, grid),
                )
            )
        rows += color_rows(found, series.uid)
    rows += color_rows(found)
    rows += [object_row(found, one) for one in found.objects]
    rows += [grid_row(found, one) for one in found.grids]
    if len(rows) == 1:
        lines = [f"{printable(found.where)}: no series with pixels"]
    else:
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        lines = [
            "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), printable(row[5])])
            for row in rows
        ]
    lines += _left_out(found)
    if shared := _shared_numbers(found):
        lines += ["Series that share a number are chosen by UID:"]
        lines += [f"  --series {series.uid}  {series}" for series in shared]
    return "\n".join(lines)


def _what(series: Series, stack: Stack, grid: _Grid) -> str:
    """Return what a stack is, and why it is no volume."""
    kind = ""
    if not (stack.is_volume or stack.left_over):
        from viewer3d.dicom.images.image_entries import kind_of_frames  # noqa: PLC0415 (the program's --help needs none)

        kind = kind_of_frames(stack.frames)
    kind = "" if kind == "single image" else kind  # which the reason says
    return ", ".join(filter(None, (series.description, stack.label, kind, stack.problem, grid.mark(stack)))) or "-"


def list_json(found: Scan) -> dict[str, Any]:
    """Return the series as values for JSON."""
    return {
        "path": found.where,
        "series": [_series_json(series) for series in found],
        **images_json(meant_colors(found, None, None)),
        **objects_json(found, found.objects),
        **grids_json(found.grids),
        "refused": dict(found.refused_reasons),
    }


def info_text(found: Scan, series: str | None, stack: int | None) -> str:
    """Return what was decided about each volume, or about the chosen one."""
    from viewer3d.dicom.meaning.explain import decisions  # noqa: PLC0415 (the program's --help needs none of it)

    objects = meant_objects(found, series, stack)
    blocks = []
    for one, part, number in _meant(found, series, stack, objects):
        rows = decisions(one, part)
        width = max(len(row.topic) for row in rows)
        title = f"{one}, stack {number}: {part.label}" if len(one.stacks) > 1 else str(one)
        lines = [title, f"  {'uid':{width}}  {one.uid}"]
        lines += [f"  {row.topic:{width}}  {printable(row.value)}  ({printable(row.reason)})" for row in rows]
        notes = ((_NOT_SHOWN if note.is_loss else "note", note) for note in _notes(found, one, part))
        lines += [f"  {topic:{width}}  {printable(note)}" for topic, note in notes]
        blocks.append("\n".join(lines))
    blocks += [color_text(found, one) for one in meant_colors(found, series, stack)]
    blocks += [object_text(found, one, is_measured=not blocks and len(objects) == 1) for one in objects]
    blocks += [grid_text(one) for one in _grids(found, series, stack)]
    refused = _left_out(found)
    return "\n\n".join([*blocks, *(["\n".join(refused)] if refused else [])])


def info_json(found: Scan, series: str | None, stack: int | None) -> dict[str, Any]:
    """Return the same as :func:`info_text` as values for JSON."""
    from viewer3d.dicom.meaning.explain import decisions  # noqa: PLC0415

    objects = meant_objects(found, series, stack)
    meant = [(*one, _notes(found, *one[:2])) for one in _meant(found, series, stack, objects)]
    return {
        "path": found.where,
        "volumes": [
            {
                "series": one.number,
                "uid": one.uid,
                "modality": one.modality,
                "description": one.description,
                **_stack_json(part, number),
                "decisions": {row.topic: {"value": row.value, "reason": row.reason} for row in decisions(one, part)},
                "notes": list(notes),
                "notes_data": [note.as_dict() for note in notes],
            }
            for one, part, number, notes in meant
        ],
        **images_json(meant_colors(found, series, stack)),
        **objects_json(found, objects, is_measured=not meant and len(objects) == 1),
        **grids_json(_grids(found, series, stack)),
        "refused": [{"file": refused.name, "reason": refused.reason} for refused in found.all_refused],
    }


def info_notes(found: Scan, series: str | None, stack: int | None) -> list[Note]:
    """Return all notes that :func:`info_text` has on volumes."""
    objects = meant_objects(found, series, stack)
    notes = [note for one, part, _ in _meant(found, series, stack, objects) for note in _notes(found, one, part)]
    return [*notes, *(note for grid in _grids(found, series, stack) for note in grid.notes)]


def _notes(found: Scan, one: Series, part: Stack) -> list[Note]:
    """Return what loading would say of a stack."""
    from viewer3d.dicom.meaning.stack_notes import notes_of  # noqa: PLC0415 (as above)

    if not part.layout:
        return []
    notes = list(notes_of(one, part))
    if found.objects:
        from viewer3d.dicom.meaning.presented import presentation_notes  # noqa: PLC0415 (few folders have any)

        notes += presentation_notes(found, one, None)
    return notes


def _meant(
    found: Scan, series: str | None, stack: int | None, objects: Sequence[DicomObject]
) -> list[tuple[Series, Stack, int]]:
    """Return the stacks that were asked about: all, or the chosen one; none where only objects were."""
    from viewer3d.dicom.series.choose import choose, no_volume_error, series_named  # noqa: PLC0415

    if not found.series and _grids(found, series, stack):
        return []
    if meant_colors(found, series, stack) and (series is not None or not found.series):
        grey = [] if stack is not None else [one for one in found if series in (one.uid, str(one.number))]
        return [(one, part, number) for one in grey for number, part in enumerate(one.stacks, 1)]
    if stack is not None:
        one, part = choose(found, series, stack)
        return [(one, part, stack)]
    if objects and series is not None and not any(series in (one.uid, str(one.number)) for one in found):
        return []
    chosen = found.series if series is None else series_named(found, series)
    if not chosen and not objects:
        raise no_volume_error(found, chosen)
    return [(one, part, number) for one in chosen for number, part in enumerate(one.stacks, 1)]


def _grids(found: Scan, series: str | None, stack: int | None) -> Sequence[GridFile]:
    """Return the files that are not DICOM which were asked about: none where a series was."""
    return found.grids if series is None and (stack is None or not found.series) else ()


@dataclass(frozen=True)
class _Grid:
    """The grid that loading a stack gives, as the program reports it.

    Attributes
    ----------
    shape : tuple of int
    spacing : tuple of float or None
        In mm; None where it is not known.
    planned : PlannedGrid or None
    problem : str
        Why it cannot be loaded as ``load`` does it when it is told nothing.
    """

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float] | None
    planned: PlannedGrid | None
    problem: str = ""

    @classmethod
    def of(cls, stack: Stack) -> _Grid:
        from viewer3d.dicom.series.planned_grid import planned_grid  # noqa: PLC0415 (the program's --help needs none of it)

        try:
            planned = planned_grid(stack)
        except StackError as error:
            layout = stack.layout
            assert layout is not None  # it was planned by its layout
            return cls(stack.shape, (*layout.spacing, layout.step_length), None, str(error))
        return cls(stack.shape, None, None) if planned is None else cls(planned.shape, planned.spacing, planned)

    @property
    def spacing_text(self) -> str:
        """The spacing as text for a table."""
        return " x ".join(f"{round(mm, 9):.4g}" for mm in self.spacing or ()) or "-"

    def mark(self, stack: Stack) -> str:
        """Return the remark in a table beside its size."""
        if self.planned is None or not self.planned.resampled or (layout := stack.layout) is None:
            return self.problem
        why = [word for word, fits in (("tilted", layout.upright), ("uneven", layout.even)) if not fits]
        return f"resampled from {len(stack.frames)} {' and '.join(why)} slices"


def _left_out(found: Scan) -> list[str]:
    # What has rows of its own is not left out.
    counts = Counter(one.reason for one in found.all_refused if not one.frames)
    return [f"left out: {count} {printable(reason)}" for reason, count in counts.most_common()]


def _shared_numbers(found: Scan) -> list[Series]:
    """Return the series with a volume whose Series Number is missing or used by another series."""
    numbers = [series.number for series in found]
    return [
        one for one in found if one.volumes and len(found) > 1 and (one.number is None or numbers.count(one.number) > 1)
    ]


def _series_json(series: Series) -> dict[str, Any]:
    return {
        "number": series.number,
        "uid": series.uid,
        "modality": series.modality,
        "description": series.description,
        "files": series.files,
        "stacks": [_stack_json(stack, number) for number, stack in enumerate(series.stacks, 1)],
    }


def _stack_json(stack: Stack, number: int) -> dict[str, Any]:
    layout, grid = stack.layout, _Grid.of(stack)
    measured: dict[str, Any] = {}
    if layout is not None:
        measured = {
            "slices": len(stack.frames),
            "residual_mm": layout.residual,
            "tilt_degrees": layout.lean,
            "spacing": grid.spacing,
        }
    if grid.planned is not None:
        measured |= {
            "resampled": grid.planned.resampled,
            "affine": grid.planned.affine.tolist(),
            "extent_mm": grid.planned.extent.tolist(),
        }
    return {
        "stack": number,
        "label": stack.label,
        "shape": list(grid.shape),
        "is_volume": stack.is_volume,
        "problem": stack.problem or grid.problem,
        **measured,
    }


def hidden_notes(
    volume: Volume,
    couch_hidden: bool | None,  # noqa: FBT001 (the choice itself)
    face_hidden: bool | None,  # noqa: FBT001 (as above)
) -> tuple[Note, ...]:
    """Return the notes on a couch that a picture in 3D leaves out, and on a face that it hides or shows."""
    from viewer3d.render.couch.removal import begins_hidden, hide_couch  # noqa: PLC0415
    from viewer3d.render.face.removal import face_notes  # noqa: PLC0415

    hidden = begins_hidden(volume) if couch_hidden is None else couch_hidden
    couch = hide_couch(volume).notes if hidden else ()
    return (*couch, *face_notes(volume, is_hidden=bool(face_hidden)))


def print_notes(volumes: Sequence[Volume], others: Sequence[str] = ()) -> None:
    """Print the notes of volumes and other notes on standard error, each once."""
    for note in dict.fromkeys([*(note for volume in volumes for note in volume.notes), *others]):
        print_aside(f"note: {note}")
