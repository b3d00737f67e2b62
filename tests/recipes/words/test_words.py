"""What is said of pictures: complete, in English, the same for the same recipe, and naming nobody."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from viewer3d import figures
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.notes.kinds import NOTE_KINDS
from viewer3d.core.notes.note import Note
from viewer3d.core.provenance import Provenance
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.view.camera import Camera
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.measurement import POINTS, Measurement
from viewer3d.core.view.state import Box, Slab, SlicePane, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window, named_windows, table_window
from viewer3d.figures.by_name import FIGURES, MOVIES
from viewer3d.measurements.comparability.effects import EFFECTS
from viewer3d.recipes.data_record import NoteRecord
from viewer3d.recipes.make import recipe_of, shot_recipe
from viewer3d.recipes.record import Recipe
from viewer3d.recipes.words.english import window_names
from viewer3d.recipes.words.phrases import DIFFERING, LOSSES, PHRASES
from viewer3d.recipes.words.pictures import _FIGURES as KNOWN
from viewer3d.recipes.words.views import camera_words
from viewer3d.recipes.words.words import recipe_digest, words_of
from viewer3d.render.first_state import with_first_looks

AFFINE = np.diag([2.0, 2.0, 2.5, 1.0])
CAMERA = Camera((0.0, -400.0, 0.0), (0.0, 0.0, 0.0))
HOSTILE = "Mustermann^Erika \x1b[2J</desc>"
SOFT_TISSUE = Window(40.0, 400.0)
SOFT = "soft-tissue window 40/400 HU"
CORNERS = ((8.0, 8.0, 10.0), (9.0, 9.0, 10.0))
MEASURED = tuple(
    Measurement(kind, CORNERS[: POINTS[kind]], (1, 0, 0), (0, 1, 0), HOSTILE)
    for kind in ("probe", "distance", "distance", "ellipse")
)

NEW_ONES = tuple(
    Measurement(kind, CORNERS[:1] * count, (1, 0, 0), (0, 1, 0), HOSTILE)
    for kind, count in (
        *(("freehand", 5), ("polygon", 3), ("bidirectional", 4), ("bidirectional", 4)),
        *(("text", 1), ("arrow", 2), ("text", 1)),
    )
)


def volume(**about: Any) -> Volume:
    values = np.arange(8 * 9 * 10, dtype=np.int16).reshape(8, 9, 10)
    return Volume.from_array(values, AFFINE, **{"unit": "HU", "modality": "CT", **about})


def view(**changes: Any) -> ViewState:
    return ViewState((8.0, 8.0, 10.0), CAMERA, (ImageLook(SOFT_TISSUE),), **{"view": "axial", **changes})


def shot(state: ViewState, *overlays: Any, base: Volume | None = None) -> Recipe:
    base = base or volume()
    placed = place_layers(base, overlays)
    return shot_recipe(base, with_first_looks(state, placed), (200, 150), placed.overlays)


def caption(state: ViewState, *overlays: Any, base: Volume | None = None) -> str:
    """A caption without the version and the recipe, which it ends with."""
    text = words_of(shot(state, *overlays, base=base)).caption
    said, made, _ = re.fullmatch(r"(.*); (viewer3d \S+, recipe ([0-9a-f]{12}))\.", text, re.DOTALL).groups()
    assert made
    return str(said)


def segmentation(name: str = "liver") -> Segmentation:
    labels = np.zeros((8, 9, 10), np.uint8)
    labels[2:5, 2:5, 2:5], labels[6, 6, 6] = 1, 2
    return Segmentation.from_array(labels, AFFINE, names={1: name, 2: "spleen"})


def test_one_slice() -> None:
    assert caption(view()) == "Axial CT slice at z = 10.0 mm (LPS), soft-tissue window 40/400 HU"
    recipe = shot(view(slab=Slab(3.0), axial=SlicePane(2.0)))
    words = words_of(recipe)
    assert words.title == "Axial CT slice at z = 10.0 mm (LPS)"
    assert words.alt == f"{words.title}, soft-tissue window 40/400 HU, 3 mm MIP, zoomed 2.00 times."
    assert (
        words.caption
        == f"{words.alt[:-1]}; viewer3d {recipe.versions['viewer3d']}, recipe {recipe_digest(recipe)[:12]}."
    )
    assert words_of(Recipe.from_json(recipe.to_json())) == words


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"view": "coronal"}, "Coronal CT slice at y = 8.0 mm (LPS), soft-tissue window 40/400 HU"),
        ({"view": "mpr", "enlarged": "sagittal"}, f"Sagittal CT slice at x = 8.0 mm (LPS), {SOFT}"),
        (
            {"view": "mpr", "interpolation": "nearest"},
            "Axial, coronal and sagittal CT slices at x = 8.0, y = 8.0 and z = 10.0 mm (LPS), soft-tissue window "
            "40/400 HU, voxels as boxes",
        ),
        (
            {"view": "quad"},
            "Axial, coronal and sagittal CT slices at x = 8.0, y = 8.0 and z = 10.0 mm (LPS), soft-tissue window "
            "40/400 HU; 3D rendering by transfer function chosen by content, seen from the front",
        ),
        (
            {"view": "3d", "crop": Box((1, 2, 3), (4, 5, 6.25))},
            "3D rendering of CT, transfer function chosen by content, seen from the front, cropped to the box from "
            "(1.0, 2.0, 3.0) to (4.0, 5.0, 6.2) mm (LPS)",
        ),
        (
            {"axes": ((0.8, 0.6, 0.0), (-0.6, 0.8, 0.0), (0.0, 0.0, 1.0)), "view": "coronal"},
            "Oblique CT slice (coronal, turned) through (8.0, 8.0, 10.0) mm (LPS), normal to (-0.60, 0.80, 0.00), "
            "soft-tissue window 40/400 HU",
        ),
        (
            {"measurements": MEASURED},
            "Axial CT slice at z = 10.0 mm (LPS), soft-tissue window 40/400 HU; 2 distances, 1 ellipse and 1 probe "
            "measured",
        ),
        (
            {"measurements": (*MEASURED[:1], *NEW_ONES)},
            "Axial CT slice at z = 10.0 mm (LPS), soft-tissue window 40/400 HU; 1 probe, 1 freehand region, 1 polygon "
            "and 2 pairs of diameters measured, 1 arrow and 2 texts drawn",
        ),
        (
            {"measurements": NEW_ONES[-1:]},
            "Axial CT slice at z = 10.0 mm (LPS), soft-tissue window 40/400 HU; 1 text drawn",
        ),
    ],
)
def test_views(changes: dict[str, Any], said: str) -> None:
    assert caption(view(**changes)) == said


@pytest.mark.parametrize(
    ("window", "unit", "said"),
    [
        (Window(-600, 1500), "HU", "lung window -600/1500 HU"),
        (Window(-600, 1500), "", "window -600/1500"),
        (Window(41.5, 400), "HU", "window 41.5/400 HU"),
        (Window(2.5, 5, "LINEAR_EXACT"), "SUVbw", "window from 0 to 5 SUVbw"),
        (Window(100, 50, "SIGMOID"), "Bq/ml", "sigmoid window from 75 to 125 Bq/ml"),
        (table_window(0, [0, 10, 40, 200]), "HU", "tabulated window from 0.5 to 2.5 HU"),
        (Window(1, 2), HOSTILE, "window 1/2"),
    ],
)
def test_windows(window: Window, unit: str, said: str) -> None:
    state = replace(view(), layers=(ImageLook(window),))
    assert caption(state, base=volume(unit=unit)) == f"Axial CT slice at z = 10.0 mm (LPS), {said}"


def test_names_of_windows_are_those_of_the_presets() -> None:
    assert window_names() == {(one.center, one.width): name for name, one in reversed(named_windows().items())}


@pytest.mark.parametrize(
    ("position", "said"),
    [
        ((0, -400, 0), "seen from the front"),
        ((400, 0, 0), "seen from the left"),
        ((0, 400, 0), "seen from the back"),
        ((-400, 0, 0), "seen from the right"),
        ((100, -100, 0), "seen from the front, 45.0 degrees towards the left"),
        ((-10, -100, 10), "seen from the front, 5.7 degrees towards the right, 5.7 degrees above"),
        ((-10, 100, -20), "seen from the back, 5.7 degrees towards the right, 11.3 degrees below"),
        ((-100, 20, 0), "seen from the right, 11.3 degrees towards the back"),
    ],
)
def test_cameras(position: tuple[float, float, float], said: str) -> None:
    assert camera_words(Camera(position, (0, 0, 0))) == said


def test_what_is_hidden_in_3d() -> None:
    state = view(view="3d").with_look(0, couch_hidden=True, face_hidden=True)
    assert words_of(shot(state)).alt.endswith(", seen from the front, couch hidden, front of the face hidden.")


@pytest.mark.parametrize(("z", "said"), [(400, "seen from the head"), (-400, "seen from the feet")])
def test_cameras_above_and_below(z: float, said: str) -> None:
    assert camera_words(Camera((0, 0, z), (0, 0, 0), (0, -1, 0))) == said


def test_what_lies_over_it() -> None:
    pet = volume(unit="SUVbw", modality="PT")
    look = {"window": (2.5, 5), "opacity": 0.7, "ramp": 0.0, "colors": "hot-iron"}
    over = Layer(pet, name=HOSTILE, same_frame=True, look=look)
    assert caption(view(), over) == (
        "Axial CT slice at z = 10.0 mm (LPS), soft-tissue window 40/400 HU; PET over it (window 2.5/5 SUVbw, hot-iron "
        "colours, 70 % opaque); PET: taken to lie in the frame of reference of the base"
    )
    regions = Layer(segmentation(HOSTILE), name=HOSTILE, same_frame=True, look={"segments": [1]})
    assert caption(view(), regions) == (
        f"Axial CT slice at z = 10.0 mm (LPS), {SOFT}; segmentation with 1 of 2 segments, outlined and "
        "filled (30 %); segmentation: taken to lie in the frame of reference of the base"
    )
    hidden = with_first_looks(view(), place_layers(volume(), [over])).with_look(1, shown=False)
    assert "over it" not in caption(hidden, over)
    assert "1 segment" not in caption(replace(view(), regions=(RegionLook(shown=False),)), regions)
    dose = Layer(volume(unit="Gy", modality="RTDOSE"), same_frame=True, look={"levels": (19.0, 38.0)})
    assert "dose over it (lines at 19 and 38 Gy)" in caption(view(), dose)
    percent = replace(dose, look={"levels": (19.0, 38.0), "level_base": 40.0, "level_base_name": "prescription"})
    assert "dose over it (lines at 47.5 and 95 % of prescription (40 Gy))" in caption(view(), percent)


def test_one_of_a_set() -> None:
    times = [volume(which={"time": n}) for n in range(3)]
    state = view().with_look(0, member=1)
    words = words_of(shot_recipe(times, state, (200, 150)))
    assert words.alt == "Axial CT slice at z = 10.0 mm (LPS), volume 2 of 3, soft-tissue window 40/400 HU."
    assert "3 volumes, the first of 8 x 9 x 10 voxels" in words.methods


def test_every_marked_note_has_a_phrase() -> None:
    assert set(PHRASES) == {name for name, kind in NOTE_KINDS.items() if kind.is_marked}
    assert set(LOSSES) == {name for name, kind in NOTE_KINDS.items() if kind.is_loss}


def test_what_is_not_shown() -> None:
    lossy = [NoteRecord("values.lossy", frames=10, ratio=12.5), NoteRecord("not_shown.planes"), NoteRecord(HOSTILE)]
    recipe = replace(shot(view()), not_shown=tuple(lossy))
    said = "not shown: what lossy compression of the source lost (12.5 : 1), overlay planes or shutters of the images"
    assert f"HU; {said} and a part of the data; viewer3d" in words_of(recipe).caption
    assert f" N{said[1:]} and a part of the data. Made" in words_of(recipe).methods


def test_what_was_done_to_the_data() -> None:
    notes = [
        Note(HOSTILE, "slices.tilted", frames=10, moved_mm=6.0, files=[HOSTILE]),
        Note(HOSTILE, "values.converted"),
    ]
    made = Provenance("ab" * 32)
    tilted = volume(notes=notes, provenance=made)
    # Ten slices of 2.5 mm: 22.5 mm between the first and the last.
    assert caption(view(), base=tilted).endswith("; gantry tilt of 14.9 degrees resampled")
    cropped = volume(notes=notes, provenance=replace(made, changes=("cropped",)))
    assert caption(view(), base=cropped).endswith("; gantry tilt resampled (up to 6 mm); cropped in Python")
    words = words_of(shot(view(), base=tilted))
    assert "gantry" not in words.alt
    assert "What was done to the data: gantry tilt of 14.9 degrees resampled." in words.methods


def test_methods() -> None:
    recipe = replace(shot(view(view="quad")), versions={"viewer3d": "0.2.0", "vtk": HOSTILE, "numpy": "2.4"})
    assert words_of(recipe).methods == (
        "The data are 8 x 9 x 10 voxels of 2.00 x 2.00 x 2.50 mm (CT, values in HU). Slices were sampled at the pixels "
        "of the picture with linear interpolation and the 3D rendering was made by ray casting. Made with viewer3d "
        f"0.2.0 and NumPy 2.4. The recipe in the file (SHA-256 {recipe_digest(recipe)}) makes the same picture again "
        "of the same data."
    )


def test_every_figure_and_movie_has_words() -> None:
    assert set(KNOWN) == {"shot", "page", *FIGURES, *MOVIES}


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("plane", {"plane": "coronal"}, "Coronal CT slice at y = "),
        ("mpr", {"slab": "10,mean"}, "soft-tissue window 40/400 HU, 10 mm mean"),
        ("lightbox", {"n": 3, "scout": False}, "3 axial CT slices, soft-tissue window"),
        ("lightbox", {"positions": [2.5, 10]}, "2 axial CT slices with a scout at z = 2.5 and 10.0 mm (LPS), soft"),
        ("windows", {"windows": ["lung", (40, 80)]}, "in two windows at z = "),
        ("windows", {"windows": ["lung", (40, 80)]}, ", lung window -600/1500 HU, brain window 40/80 HU"),
        ("mips", {}, "Maximum intensity projections of CT along the three axes of the patient, "),
        ("histogram", {"windows": ["bone"]}, "Histogram of the values of CT, bone window 400/1800 HU"),
        ("cine", {"frames": 6}, "Movie of 6 frames: through the axial slices of CT, soft-tissue window"),
        ("sweep", {"windows": ["lung", "bone"], "frames": 4}, "axial slice of CT from window to window at z = "),
    ],
)
def test_figures(name: str, options: dict[str, Any], said: str) -> None:
    figure = getattr(figures, name)
    if "window" in inspect.signature(figure).parameters:
        options = {"window": "soft tissue", **options}
    made = figure(volume(), size=(240, 160), **options)
    assert said in made.caption()
    assert made.alt_text()[:-1] in made.caption()
    assert made.methods() == words_of(Recipe.from_json(made.texts["viewer3d"])).methods


@pytest.mark.parametrize("planes", ["axial", ["axial"]])
def test_two_volumes_side_by_side(planes: Any) -> None:
    made = figures.compare(volume(), volume(modality="MR"), planes=planes, size=(400, 200), window=(40, 400))
    assert made.alt_text() == (
        "Axial slices of CT and MR side by side at z = 12.5 mm (LPS), soft-tissue window 40/400 HU."
    )


@pytest.mark.parametrize("figure", ["shot", *FIGURES, *MOVIES, HOSTILE])
def test_nothing_that_is_written_somewhere_is_said(figure: str) -> None:
    """Whatever text a recipe holds, and whatever arguments, words are those of the program."""
    base = volume(unit=HOSTILE, modality=HOSTILE, description=HOSTILE, identity=(HOSTILE,))
    state = view(view="quad", measurements=(Measurement("probe", ((1, 1, 1),), (1, 0, 0), (0, 1, 0), HOSTILE),))
    state = state.with_look(0, colors=HOSTILE, rendering=HOSTILE, level_base_name=HOSTILE)
    regions = Layer(segmentation(HOSTILE), name=HOSTILE, same_frame=True)
    over = Layer(volume(unit=HOSTILE), name=HOSTILE, same_frame=True)
    placed = place_layers(base, [over, regions])
    names = ("plane", "planes", "windows", "window", "names", "positions", "n", "sides", "frames", "plan", "scout")
    for value in (HOSTILE, [HOSTILE], {"center": HOSTILE}, 7, None, [1e400, [2]]):
        recipe = recipe_of(figure, [base], (9, 9), overlays=placed.overlays, arguments=dict.fromkeys(names, value))
        recipe = replace(recipe, compared=(NoteRecord(f"compare.{HOSTILE}"),))
        recipe = replace(recipe, state=state, versions={"viewer3d": HOSTILE}, renderer=HOSTILE)
        words = words_of(recipe)
        for text in (words.title, words.alt, words.caption, words.methods):
            assert text.isascii()
            assert text.isprintable()
            assert not re.search("muster|erika|desc|<", text, re.IGNORECASE), text


def test_a_comparison_says_in_what_its_volumes_differ() -> None:
    soft, hard = (
        volume(acquisition={"ConvolutionKernel": one, "KVP": kv}) for one, kv in (("FC08", 120), ("FC52", 80))
    )
    made = figures.compare(soft, hard, planes=["axial"], size=(400, 200), window=(40, 400))
    assert "the two differ in tube voltage and kernel" in made.caption()
    assert "FC52" not in made.caption()
    alike = figures.compare(soft, soft, planes=["axial"], size=(400, 200), window=(40, 400))
    assert "differ" not in alike.caption()


def test_names_of_differences_are_those_of_their_table() -> None:
    for kind, effect in EFFECTS.items():
        assert DIFFERING.get(kind, kind.partition(".")[2].replace("_", " ")) == effect.name
