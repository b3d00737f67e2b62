"""The table of kinds: ids that stay, a kind of every note that is made, and the page that explains them."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import viewer3d
from tests.core.notes.made_by import MADE_BY, NOT_MADE
from viewer3d.core.notes.kinds import GIVEN, NOTE_KINDS

PAGE = Path(__file__).parents[3] / "docs" / "notes.md"

# Never take one out, and never rename one: programs, tables and recipes hold them. Add new ones here.
FOR_EVER = {
    "other": "given",
    "slices": """
        tilted uneven missing kept stray single filled gaps spacing_given pixel_spacing_given orientation_assumed
    """,
    "images": """
        several_series several_studies several_frames frame_unnamed types_differ no_mm burned_in inverted_in_part
        duplicates order_guessed ge_direction interrupted left_over set_apart other_grid without_place unreadable
    """,
    "files": "unreadable unsearched left_out",
    "identity": "unnamed",
    "values": """
        no_unit unit_given converted not_suv mapping mapping_chosen mapping_missing beyond_mapping rescale_assumed
        rounded lossy dose_error dose_effective dose_sum_unknown dose_partial
    """,
    "windows": "left_out tables_differ unseen",
    "presentation": "applied own nothing windows_several windows_stored windows_left_out names tilted unreadable",
    "not_shown": """
        planes presentations plane shutter annotations rotation presentation_table subtraction couch graphics outside
        members crop reduced coarse in_volume
    """,
    "face": "visible hidden",
    "segments": """
        no_number twice unlisted empty united overlaid fractions fraction_kind off_grid lean slices_empty
        step_unused thickness_assumed
    """,
    "structures": """
        no_number twice unlisted no_contour_sequence several_frames contours_left_out point_count without_contours
        points open few_points
    """,
    "plan": "no_dose several_doses dose_left_out",
    "masks": "none no_contour across beyond between unused thick gaps cut holes",
    "contours": "no_volume no_thickness thickness inexact",
    "placing": "transform same_frame same_grid sheared little_overlap refused other_patient left_out open_mesh",
    "file": """
        no_place no_origin no_spacing space_assumed two_places bad_place orientation_conflict sheared shear_kept
        unit_overruled maybe_hu gradients_left_out
    """,
    "labels": "left_out",
    "mesh": "axes_assumed unit_assumed lines_left_out flat_left_out colors_left_out joined",
    "grid": "cropped reoriented masked resampled",
    "surface": "couch largest coarse changed",
    "measured": "no_voxel",
    "compared": "same_grid other_grid matched nothing missing",
    "compare": """
        modality unit scanner posture plane slice_thickness slice_step voxel_size contrast kvp kernel
        iterative tracer uptake_time reconstruction iterations subsets time_of_flight point_spread filter
        attenuation scatter decay field_strength sequence repetition_time echo_time inversion_time
        flip_angle b_value
    """,
    "dose": "no_volume beyond partly_beyond sampling",
    "archive": "columns",
    "written": """
        identified unidentified burned_in burned_in_unknown source_assumed source_chosen values_rounded
        places_rounded measured_lost graphics_lost fractions_lost unit_lost mesh_parts_lost centres_left_out
        pet_date directions no_directions no_time stale uncoded numbered manual no_number no_image no_segment no_recipe
    """,
}
IDS = [f"{group}.{name}" for group, names in FOR_EVER.items() for name in names.split()]

NO_NOTES = {"core/notes/kinds.py", "core/notes/note.py"}
"""Modules in which an id is no note that is made."""


@cache
def trees() -> dict[str, ast.Module]:
    root = Path(viewer3d.__file__).parent
    found = {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in root.rglob("*.py")}
    return {name: ast.parse(text) for name, text in found.items() if name not in NO_NOTES}


def test_ids_stay_for_ever() -> None:
    assert list(NOTE_KINDS) == IDS, "an id was taken out, or is new and to be added to FOR_EVER"


def test_kinds_are_of_one_form() -> None:
    for name, kind in NOTE_KINDS.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", name)
        assert kind.clause == "" or re.fullmatch(r"(C|10)(\.\d+)+", kind.clause), name
        assert kind.is_marked is False or kind.severity == "serious", f"{name}: what is marked is serious"
        assert kind.is_marked is False or kind.is_seen is not None, f"{name}: what is marked was done"


def test_each_note_that_is_made_has_a_kind() -> None:
    """A literal of the table; where the kind is a variable, literals of the module are given to it."""
    made = [
        (name, node)
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Note"
    ]
    assert len(made) > 150
    for name, node in made:
        assert len(node.args) == 2, f"{name}:{node.lineno}: give the kind of the note"
        kind: Any = node.args[1]
        is_known = isinstance(kind, ast.Constant) and kind.value in NOTE_KINDS and kind.value != GIVEN
        assert is_known or ast.unparse(kind) in ("kind", "one.id"), f"{name}:{node.lineno}: {ast.unparse(kind)}"


def test_each_kind_is_made_somewhere() -> None:
    made = {
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {name for name in NOTE_KINDS if name not in made} == {GIVEN}, "a kind that is made no more is said here"


def page_rows() -> dict[str, list[str]]:
    rows = [line.strip("|").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    cells = [[cell.strip() for cell in row] for row in rows]
    return {row[0].strip("`"): row[1:] for row in cells if len(row) == 7}


def test_the_page_has_the_table() -> None:
    rows = page_rows()
    assert list(rows) == IDS
    for name, (severity, marked, seen, loss, clause, what) in rows.items():
        kind = NOTE_KINDS[name]
        assert severity == kind.severity, name
        assert marked == ("yes" if kind.is_marked else ""), name
        assert seen == {True: "yes", False: "no", None: ""}[kind.is_seen], name
        assert loss == ("yes" if kind.is_loss else ""), name
        assert clause == kind.clause, name
        assert what.endswith("."), name


def test_what_a_picture_does_not_show_changes_no_place() -> None:
    for name, kind in NOTE_KINDS.items():
        assert not (kind.is_loss and kind.is_marked), name
        assert kind.is_loss or not name.startswith("not_shown."), name


@pytest.mark.parametrize(
    "field", ["id", "severity", "is_marked", "is_seen", "is_loss", "clause", "frames", "files", "moved_mm", "ratio"]
)
def test_the_page_has_the_fields(field: str) -> None:
    assert isinstance(getattr(viewer3d.Note, field), property)
    assert f"`{field}`" in PAGE.read_text(encoding="utf-8")


def test_each_kind_is_made_by_a_test_or_it_is_said_why_not() -> None:
    made = [kind for kinds in MADE_BY.values() for kind in kinds]
    assert sorted([*made, *NOT_MADE]) == sorted(NOTE_KINDS)
    root = Path(__file__).parents[3]
    for test in MADE_BY:
        file, _, name = test.partition("::")
        assert re.search(rf"^def {name}\(", (root / file).read_text(encoding="utf-8"), re.MULTILINE), test


@pytest.mark.slow
def test_those_tests_make_them(tmp_path: Path) -> None:
    written = tmp_path / "made.json"
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "tests.core.notes.recorder", *MADE_BY]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[3],
        env={**os.environ, "NOTES_MADE": str(written)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    made = json.loads(written.read_text())
    lacking = {test: set(kinds) - set(made.get(test, ())) for test, kinds in MADE_BY.items()}
    assert {test: kinds for test, kinds in lacking.items() if kinds} == {}
