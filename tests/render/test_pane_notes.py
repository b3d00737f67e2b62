"""What panes tell of their data: signs where notes are marked, and no byte elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import phantom, screenshot
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.notes.note import Note
from viewer3d.core.view.state import ViewState
from viewer3d.core.volume import Volume
from viewer3d.figures import lightbox, plane
from viewer3d.phantom import Faults
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.marks.note_marks import MENDED
from viewer3d.render.scene import Scene, signs_of

SMALL = {"shape": (44, 36, 20), "spacing": (8.0, 8.0, 8.0)}
SIZE = (700, 340)
CENTER = "center"
MARKED = Note("The gantry was tilted.", "slices.tilted")


@pytest.fixture(scope="module")
def plain() -> Volume:
    return phantom.volume(**SMALL, noise=0)


def has_sign(picture) -> bool:
    return bool((picture == MENDED).all(-1).any())


@pytest.fixture(scope="module")
def tilted(tmp_path_factory):
    return viewer3d.load(write_phantom(tmp_path_factory.mktemp("t") / "s", **SMALL, faults=Faults(tilt=12)))


@pytest.mark.parametrize("view", ["axial", "mpr", "quad", "3d"])
def test_each_pane_of_a_mended_volume_has_the_sign(tilted, view):
    assert [note.id for note in tilted.notes if note.is_marked] == ["slices.tilted"]
    with Scene(tilted, SIZE) as scene:
        scene.apply(first_state(tilted, view))
        picture, rects = scene.screenshot(), scene.rects()
    for rect in rects.values():
        assert has_sign(picture[rect.rows, rect.columns][: rect.height // 3, : rect.width // 2])


def test_the_sign_is_all_that_differs(tilted):
    clean = tilted.with_info(notes=[one for one in tilted.notes if not one.is_marked])
    size = (320, 300)
    one, other = (screenshot(volume, view="axial", size=size).astype(int) for volume in (tilted, clean))
    rows, columns = np.nonzero((one != other).any(-1))
    assert 0 < rows.max() < 30
    assert 0 < columns.max() < 100


def test_notes_that_are_not_marked_change_no_byte(plain):
    noted = plain.with_info(notes=[Note("Of one series.", "slices.gaps"), "A sentence of a user."])
    np.testing.assert_array_equal(screenshot(plain, view="mpr", size=SIZE), screenshot(noted, view="mpr", size=SIZE))


def test_a_layer_that_is_hidden_has_no_sign_and_one_that_is_moved_has(plain):
    other = plain.with_info(notes=[MARKED], modality="MR")
    moved = Layer(plain.with_info(modality="MR"), transform=np.diag([1, 1, 1, 1.0]) + np.eye(4, k=3) * 2)
    for over, kind in ((other, "slices.tilted"), (moved, "placing.transform")):
        state = with_first_looks(first_state(plain, "axial"), place_layers(plain, [over]))
        with Scene(plain, SIZE, overlays=[over]) as scene:
            scene.apply(state)
            assert [one.id for one in signs_of(scene)["axial"].notes.marked] == [kind]
            assert has_sign(scene.screenshot())
            scene.apply(state.with_look(1, shown=False))
            assert not has_sign(scene.screenshot())
            scene.apply(state.with_look(0, shown=False))
            assert has_sign(scene.screenshot())


def test_the_layer_is_named_where_there_are_several(plain):
    over = plain.with_info(notes=[MARKED], modality="MR")
    state = with_first_looks(first_state(plain, "axial"), place_layers(plain, [over]))
    with Scene(plain, SIZE, overlays=[over]) as scene:
        scene.apply(state)
        assert signs_of(scene)["axial"].notes.marked == ("MR: The gantry was tilted.",)


def test_regions_with_marked_notes_have_the_sign(plain):
    labels = np.zeros(plain.shape, np.uint8)
    labels[10:30, 10:30, 5:15] = 1
    segmentation = viewer3d.Segmentation.from_array(
        labels, plain.affine, frame_of_reference=plain.frame_of_reference
    ).with_info(notes=[Note("Frames lie beside a grid.", "segments.off_grid")])
    state = with_first_looks(first_state(plain, "axial"), place_layers(plain, [segmentation]))
    with Scene(plain, SIZE, overlays=[segmentation]) as scene:
        scene.apply(state)
        assert has_sign(scene.screenshot())
        scene.apply(replace(state, regions=(replace(state.regions[0], shown=False),)))
        assert not has_sign(scene.screenshot())


@pytest.mark.parametrize("background", ["black", "white"])
def test_panes_of_figures_have_the_sign(tilted, background):
    made = plane(tilted, background=background)
    (panel,) = made.page.panels
    assert panel.notes.marked
    assert has_sign(made.pixels)
    boxes = lightbox(tilted, n=3)
    assert [len(panel.notes.marked) for panel in boxes.page.panels] == [1] * 4
    clean = plane(tilted.with_info(notes=()), background=background)
    assert not has_sign(clean.pixels)


def test_vector_pages_have_the_sign_as_vectors(tilted, tmp_path):
    content = plane(tilted).save(tmp_path / "a.svg").read_text()
    assert 'fill="#{:02x}{:02x}{:02x}"'.format(*MENDED) in content


def test_a_note_of_a_state_applied_twice_costs_no_drawing(tilted):
    state: ViewState = first_state(tilted, "axial")
    with Scene(tilted, SIZE) as scene:
        assert scene.apply(state) == ("axial",)
        assert scene.apply(state) == ()
