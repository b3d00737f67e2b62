"""A law: what a scene drew before leaves no trace, for every field of a state, over layouts and sizes."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from viewer3d import phantom
from viewer3d.core.graphics.slice_graphics import GraphicLine, Graphics, SliceGraphics
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.series_info import SeriesInfo
from viewer3d.core.structures import Contour, Roi, StructureSet
from viewer3d.core.view.key_image import KeyImage
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.view.state import Box, Pointer, Slab, SlicePane, ViewState
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render import kept_window
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.scene import Scene

UNSEEN = {"version", "series", "level_base", "level_base_name"}
"""Fields that no picture shows; what levels are written in percent of is nothing without levels."""

OF_OVERLAYS = {"opacity", "ramp", "blend", "split"}
"""Fields of looks that the base alone does not show."""

OF_HEADS = {"face_hidden"}
"""Fields of looks that only a volume with a face has a second value of: a test of its own changes them."""

LAYOUTS = [("axial", (310, 300)), ("axial", (64, 48)), ("mpr", (920, 300)), ("mpr", (96, 32))]
FEWER = [("axial", (310, 300)), ("mpr", (96, 32))]
"""With room for text, and without."""

SLOW_LAYOUTS = pytest.param(LAYOUTS, marks=pytest.mark.slow)
EACH = pytest.mark.parametrize("layouts", [FEWER, SLOW_LAYOUTS], ids=["fewer", "all"])

LAYOUTS_3D = [
    [("quad", (130, 100))],
    pytest.param([("3d", (72, 64)), ("quad", (130, 100))], marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def times():
    """Two volumes of one set, of which the second is another picture in every pane."""
    first = phantom.volume(shape=(90, 76, 40))
    second = np.asfortranarray(first.voxels[::-1])
    return [
        Volume(
            voxels,
            first.geometry,
            "HU",
            SeriesInfo(modality="CT", which={"time": float(time)}),
            graphics=triangle(first, -40.0),
        )
        for time, voxels in enumerate((first.voxels, second))
    ]


def triangle(volume, x):
    """Graphics on the slice that first states show: a triangle at so many mm from the middle."""
    affine = np.eye(4)
    affine[:3, 3] = first_state(volume).cursor
    corners = np.array([[x - 60, -50.0], [x + 60, -50.0], [x, 70.0]])
    lines = (GraphicLine(corners, closed=True, filled=True),)
    return Graphics((SliceGraphics(affine, (100, 100), lines=lines),), 1.0)


@pytest.fixture(scope="module")
def base(times):
    state = replace(first_state(times[0], "quad", rendering="ct-skin"), planes_shown=False)
    return state.with_look(couch_hidden=False, window=Window(200, 1200))


@pytest.fixture(scope="module")
def others(base, times):
    """For each field of a state a value that is not the base's; every field must have one."""
    x, y, z = base.cursor
    low, high = times[0].geometry.bounds
    middle = (low + high) / 2
    values = {
        "cursor": (x + 11.0, y - 13.0, z + 17.0),
        "camera": base.camera.around(40),
        "view": "coronal",
        "axial": SlicePane(2.0, (7.0, -5.0)),
        "coronal": SlicePane(1.5),
        "sagittal": SlicePane(1.0, (4.0, 9.0)),
        "enlarged": "coronal",
        "pointer": Pointer("axial", base.cursor),
        "axes": ((0.6, 0.8, 0.0), (-0.8, 0.6, 0.0), (0.0, 0.0, 1.0)),
        "slab": Slab(60.0, "mean"),
        "crop": Box(tuple(low.tolist()), tuple(middle.tolist())),
        "planes_shown": True,
        "key_images": (KeyImage("axial", base.cursor, base.layers[0].window),),
        "measurements": (Measurement("distance", ((x - 30, y, z), (x + 30, y, z)), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),),
        "version": base.version - 1,
        "interpolation": "nearest",
        "series": ("0" * 64,),
    }
    looks = {
        "window": Window(40, 300),
        "rendering": "ct-mip",
        "inverted": True,
        "colors": "rainbow",
        "value_bar": True,
        "rendering_shift": 300.0,
        "rendering_stretch": 2.0,
        "couch_hidden": True,
        "member": 1,
        "shown": False,
        "opacity": 0.4,
        "ramp": 0.3,
        "blend": "checkerboard",
        "split": 0.2,
        "levels": (100.0, 400.0),
        "level_base": 500.0,
        "level_base_name": "maximum",
        "graphics": False,
    }
    known = {field.name for field in fields(ViewState)} - {"layers", "active", "regions"}
    assert set(values) == known, "give the new field another value here"
    assert set(looks) == {field.name for field in fields(ImageLook)} - OF_HEADS, "give the new field another value here"
    return values | looks


def in_view(state, view):
    """The state in a view of the test, unless its own view or enlarged pane is what is tested."""
    return state if state.view == "coronal" else replace(state, view=view)


def changed(base, name, value, view):
    """The state with another value of a field, of a layer's (1, "opacity"), or of regions': ("regions", 0, "fill")."""
    if name[0] == "regions":
        return in_view(base.with_region(name[1], **{name[2]: value}), view)
    if isinstance(name, tuple):
        return in_view(base.with_look(name[0], **{name[1]: value}), view)
    if name == "enlarged" and view not in {"mpr", "quad"}:
        value = view
    is_look = name in {field.name for field in fields(ImageLook)}
    return in_view(base.with_look(0, **{name: value}) if is_look else replace(base, **{name: value}), view)


def fresh(times, state, size, overlays=()):
    with Scene(times, size, overlays=overlays) as scene:
        scene.apply(state)
        return scene.screenshot()


def check(times, base, others, view, size, overlays=()):
    """Change each field and take it back in one scene; return the fields that another picture has shown."""
    first = in_view(base, view)
    first_picture = fresh(times, first, size, overlays)
    shown = set()
    with Scene(times, size, overlays=overlays) as scene:
        scene.apply(first)
        for name, value in others.items():
            state = changed(base, name, value, view)
            picture = fresh(times, state, size, overlays)
            scene.apply(state, "interactive")
            scene.apply(state)
            np.testing.assert_array_equal(scene.screenshot(), picture, err_msg=f"{name} changed")
            scene.apply(first)
            np.testing.assert_array_equal(scene.screenshot(), first_picture, err_msg=f"{name} taken back")
            if (picture != first_picture).any():
                shown.add(name)
    return shown


@EACH
def test_slices_are_those_of_a_fresh_scene_whatever_was_drawn_before(times, base, others, layouts):
    shown = set()
    for view, size in layouts:
        shown |= check(times, base, others, view, size)
    only_3d = {"camera", "rendering", "rendering_shift", "rendering_stretch", "crop", "couch_hidden", "planes_shown"}
    assert shown == set(others) - UNSEEN - OF_OVERLAYS - only_3d


@pytest.mark.parametrize("layouts", LAYOUTS_3D, ids=["quad", "all"])
def test_3d_is_that_of_a_fresh_scene_whatever_was_drawn_before(times, base, others, opengl, layouts):
    shown = set()
    for view, size in layouts:
        shown |= check(times, base, others, view, size)
    assert shown >= {
        "camera",
        "rendering",
        "rendering_shift",
        "rendering_stretch",
        "crop",
        "couch_hidden",
        "planes_shown",
        "member",
    }


def test_a_face_hidden_and_shown_again_is_that_of_a_fresh_scene(opengl):
    head = phantom.head(shape=(64, 78, 91), spacing=(3, 3, 3))
    state = first_state(head, "3d", rendering="ct-skin")
    assert check([head], state, dict.fromkeys(OF_HEADS, True), "3d", (72, 64)) == OF_HEADS


@pytest.mark.slow
def test_slices_in_3d_are_those_of_a_fresh_scene(times, base, others, opengl):
    """Where slices stand in the 3D pane, what changes them changes it."""
    shown = check(times, replace(base, planes_shown=True), others | {"planes_shown": False}, "3d", (72, 64))
    assert shown >= {"cursor", "axes", "window", "colors", "inverted", "interpolation", "member", "planes_shown"}


@pytest.fixture(scope="module")
def overlays(times):
    """A 4-D set in float32 on an oblique grid, and a smaller set in int16 over it."""
    c, s = np.cos(0.3), np.sin(0.3)
    turn = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    affine = turn @ np.diag([9.0, 8.0, 10.0, 1.0])
    center = np.array(times[0].geometry.center)
    sizes = {"PT": (24, 30, 16), "MR": (10, 12, 8)}
    layers = []
    for modality, shape in sizes.items():
        affine[:3, 3] = center - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
        ramp = np.add.outer(np.add.outer(np.arange(shape[0]), 2 * np.arange(shape[1])), 3 * np.arange(shape[2]))
        made = [ramp / 10, ramp[::-1] / 9] if modality == "PT" else [ramp, ramp[:, ::-1]]
        members = [
            Volume.from_array(values, affine, unit="", modality=modality, which={"time": float(time)})
            for time, values in enumerate(made)
        ]
        x = 0.0 if modality == "PT" else 50.0
        members = [replace(one, graphics=triangle(times[0], x)) for one in members]
        layers.append(Layer(members, transform=np.eye(4)))
    return layers


@pytest.fixture(scope="module")
def fused(times, base, overlays):
    state = with_first_looks(base, place_layers(times, overlays))
    return state.with_look(1, window=Window(7, 6)).with_look(2, window=Window(30, 20), blend="split")


@pytest.fixture(scope="module")
def looks(others, fused):
    """For each field of each overlay's look a value that is not the one it has."""
    names = [field.name for field in fields(ImageLook) if field.name not in OF_HEADS]
    own = {
        "rendering": "auto",
        "couch_hidden": True,
        "rendering_shift": 1.0,
        "rendering_stretch": 3.0,
        "value_bar": False,
    }
    first = {
        **{name: others[name] for name in names},
        **own,
        "window": Window(8, 8),
        "ramp": 0.6,
        "opacity": 0.2,
        "blend": "split",
        "levels": (5.0, 9.0),
    }
    second = {**first, "window": Window(20, 30), "blend": "over", "value_bar": True, "split": 0.8, "levels": (25.0,)}
    made = {(number, name): value for number, look in ((1, first), (2, second)) for name, value in look.items()}
    for (number, name), value in made.items():
        assert getattr(fused.layers[number], name) != value, (number, name)
    return made


NOT_SLICES = {"rendering", "rendering_shift", "rendering_stretch", "couch_hidden"}
"""Fields of looks that only the 3D pane shows."""


@pytest.mark.parametrize("layouts", [[("mpr", (360, 120))], SLOW_LAYOUTS], ids=["one", "all"])
def test_slices_of_layers_are_those_of_a_fresh_scene(times, fused, others, looks, overlays, layouts):
    shown = set()
    for view, size in layouts:
        shown |= check(times, fused, others | {"active": 1} | looks, view, size, overlays)
    seen = {key for key in looks if key[1] not in NOT_SLICES | UNSEEN}
    small = {"pointer", "value_bar", (1, "value_bar"), (2, "value_bar")} if layouts != LAYOUTS else set()  # no room
    assert shown >= seen - {(1, "split")} - small
    only_3d = {"camera", "crop", "planes_shown"} | NOT_SLICES
    assert {name for name in shown if isinstance(name, str)} - {"active"} == set(
        others
    ) - UNSEEN - OF_OVERLAYS - only_3d - small
    assert not {key for key in shown if isinstance(key, tuple)} - seen


@pytest.mark.slow
def test_slices_of_layers_in_3d_are_those_of_a_fresh_scene(times, fused, others, looks, overlays, opengl):
    begin = replace(fused, planes_shown=True)
    changes = {name: value for name, value in looks.items() if name[1] not in NOT_SLICES | UNSEEN}
    shown = check(times, begin, {**changes, "cursor": others["cursor"]}, "3d", (72, 64), overlays)
    everywhere = {"split", "blend", "value_bar"}  # of slices in 3D no part is left out, and no bar beside them
    assert shown >= {key for key in changes if key[1] not in everywhere}


@pytest.fixture(scope="module")
def regions(times):
    """Segments that overlap on an oblique grid, and structures drawn in slices of the base."""
    geometry = times[0].geometry
    low, high = geometry.bounds
    c, s = np.cos(0.4), np.sin(0.4)
    affine = np.array([[c, -s, 0, 0], [s, c, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]) @ np.diag([7.0, 6.0, 9.0, 1.0])
    affine[:3, 3] = np.array(geometry.center) - affine[:3, :3] @ (20, 16, 14)
    labels = np.zeros((2, 40, 32, 28), int)
    labels[0, 4:24, 4:28, 4:24], labels[0, 24:30, 4:28, 4:24], labels[1, 12:36, 8:20, 2:20] = 1, 2, 700
    segments = Segmentation.from_array(list(labels), affine)
    corners = geometry.index_to_world([(20, 20, k) for k in range(12, 30)]) - low
    contours = [
        Contour(low + corner + 150 * np.array([(0, 0, 0), (1, 0.1, 0), (0.8, 1, 0), (0.1, 0.7, 0)]))
        for corner in corners
    ]
    rois = Roi(1, "Volume", (255, 40, 0), contours=tuple(contours)), Roi(2, "Point", (0, 90, 255))
    points = (Contour(np.array([geometry.center]), "POINT"),)
    structures = StructureSet((rois[0], replace(rois[1], contours=points)))
    assert (contours[-1].points < high).all()
    return [Layer(segments, same_frame=True), Layer(structures, same_frame=True)]


REGION_LOOKS = {"shown": False, "segments": (2,), "outline": 5, "fill": 0.8, "opacity": 0.4}
"""For each field of the looks of regions that slices show a value that it has not at first."""


@pytest.mark.parametrize("thin", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["thin", "thick"])
def test_slices_of_regions_are_those_of_a_fresh_scene(times, base, others, regions, thin):
    assert set(REGION_LOOKS) | {"rendering"} == {field.name for field in fields(RegionLook)}
    first = with_first_looks(base, place_layers(times, regions))
    looks = {("regions", number, name): value for number in (0, 1) for name, value in REGION_LOOKS.items()}
    looks["regions", 0, "rendering"] = "none"
    changes = {name: others[name] for name in ("cursor", "axes", "slab", "axial", "window", "levels")} | looks
    thick = replace(first, slab=Slab(60.0, "mean"))
    state, size = (first, (360, 120)) if thin else (thick, (240, 80))
    shown = check(times, state, changes, "mpr", size, regions)
    same = {("regions", 0, "rendering")} | (set() if thin else {"slab"})  # which is the one that it has
    assert shown == set(changes) - same


@pytest.mark.slow
def test_slices_of_regions_in_3d_are_those_of_a_fresh_scene(times, base, others, regions, opengl):
    first = replace(with_first_looks(base, place_layers(times, regions)), planes_shown=True)
    looks = {("regions", number, name): value for number in (0, 1) for name, value in REGION_LOOKS.items()}
    shown = check(times, first, {**looks, "cursor": others["cursor"]}, "3d", (72, 64), regions)
    assert shown >= set(looks)


def test_a_size_leaves_no_trace(times, base):
    with Scene(times, (310, 300)) as scene:
        for view, size in [*LAYOUTS, *LAYOUTS[::-1]]:
            scene.resize(size)
            scene.apply(in_view(base, view))
            np.testing.assert_array_equal(scene.screenshot(), fresh(times, in_view(base, view), size))


def test_a_small_slab_has_a_picture_of_its_own(times, base):
    """Panes without room for text say nothing of the slab: it is in what is compared all the same."""
    thick = replace(in_view(base, "axial"), slab=Slab(60.0, "mean"))
    with Scene(times, (64, 48)) as scene:
        scene.apply(in_view(base, "axial"))
        before = scene.screenshot()
        assert scene.apply(thick) == ("axial",)
        assert (scene.screenshot() != before).any()
        assert (scene.seen(thick, "axial") != scene.seen(in_view(base, "axial"), "axial")).any()


def test_what_a_member_takes_on_the_graphics_card_is_freed_before_another_is_drawn(times, base, opengl, monkeypatch):
    from viewer3d.render.volume.renderer import OffscreenRenderer

    open_windows, most = set(), []
    make, close = OffscreenRenderer.__init__, OffscreenRenderer.close

    def made(self, *how):
        make(self, *how)
        open_windows.add(id(self))
        most.append(len(open_windows))

    monkeypatch.setattr(OffscreenRenderer, "__init__", made)
    monkeypatch.setattr(OffscreenRenderer, "close", lambda self: open_windows.discard(id(self)) or close(self))
    with Scene(times, (64, 48)) as scene:
        for member in (0, 1, 0):
            scene.apply(replace(base, view="3d").with_look(member=member))
    assert most == [1, 1, 1]
    assert not open_windows


def test_from_apply_to_vtks_render_are_four_calls_at_most(times, base, opengl, monkeypatch):
    root, calls = str(Path(viewer3d.__file__).parent), []

    def count(*_):
        frame, names = sys._getframe(1), []
        while frame is not None:
            if frame.f_code.co_filename.startswith(root):
                names.append(frame.f_code.co_name)
                if names[-1] == "apply":
                    calls.append(names)  # each of these calls the next, the last one VTK's Render
                    return
            frame = frame.f_back

    make = kept_window.offscreen_window

    def watched(*how):
        window = make(*how)
        window.AddObserver("StartEvent", count)
        return window

    monkeypatch.setattr(kept_window, "offscreen_window", watched)
    with Scene(times, (64, 48)) as scene:
        state = replace(base, view="3d")
        scene.apply(state, "interactive")
        scene.apply(state)
        scene.apply(state.with_camera(state.camera.around(20)), "interactive")
    assert len(calls) >= 2
    assert max(map(len, calls)) <= 4, calls
