from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import viewer3d
from viewer3d import figures, phantom
from viewer3d.core.view.state import Slab
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import RenderError, ViewError, WindowError
from viewer3d.figures.by_name import MOVIES, make
from viewer3d.render.scene import first_state
from viewer3d.render.shot import screenshot

SMALL = (64, 48)


@pytest.fixture
def noisy(head) -> Volume:
    """No two slices of it are the same under any window."""
    noise = np.random.default_rng(0).integers(-1000, 2000, head.shape, np.int16)
    return replace(head, voxels=noise)


@pytest.fixture
def beats(head) -> list[Volume]:
    return [replace(head, voxels=head.voxels + np.int16(100 * n)).with_info(which={"time": n}) for n in range(3)]


CALLS = [
    ("turntable", {"frames": 4, "view": "quad"}),
    ("cine", {"plane": "coronal", "frames": 6}),
    pytest.param("cine", {"view": "mpr", "window": "bone"}, marks=pytest.mark.slow),
    ("sweep", {"windows": ["brain", Window(400, 1800)], "frames": 6, "at": "max"}),
    ("times", {"view": "mpr", "window": "auto", "at": np.array([1.0, 2.0, 350.0])}),
]


def call(name, head, beats, options):
    return MOVIES[name](beats if name == "times" else head, **options, size=SMALL)


@pytest.mark.parametrize(("name", "options"), CALLS)
def test_frames_are_screenshots_and_no_neighbours_are_the_same(name, options, noisy, beats):
    movie = call(name, noisy, beats, options)
    frames = list(movie.frames())
    for frame, state in zip(frames, movie.states, strict=True):
        np.testing.assert_array_equal(frame, screenshot(movie.volumes, state=state, size=SMALL))
    for one, other in pairwise([*frames, frames[0]]):
        assert (one != other).any()


@pytest.mark.parametrize(("name", "options"), CALLS)
def test_a_movie_is_made_again_from_its_arguments_as_json(name, options, head, beats):
    movie = call(name, head, beats, options)
    again = make(movie.name, movie.volumes, json.loads(json.dumps(movie.arguments)))
    assert (again.name, again.states, again.size, again.rate) == (name, movie.states, SMALL, movie.rate)
    assert again.arguments == movie.arguments


def test_a_turntable_goes_once_around(opengl, head):
    movie = figures.turntable(head, 8, size=SMALL)
    first = movie.states[0].camera
    assert [state.camera for state in movie.states] == [first.around(45 * k) for k in range(8)]
    frames = list(movie.frames())
    # The egg is as wide as deep, so that only its light parts it; the letters on the sides differ.
    assert len({frame.tobytes() for frame in frames}) == 8


def test_a_turntable_begins_where_the_state_is(head):
    state = first_state(head, "quad")
    movie = figures.turntable(head, 4, rendering="ct-skin", couch_hidden=True, state=state)
    assert movie.states[0] == state.with_look(rendering="ct-skin", couch_hidden=True)
    assert figures.turntable(head, 4, state=movie.states[0]).states[0] == movie.states[0]
    assert not figures.turntable(head, 4, couch_hidden=False, state=movie.states[0]).states[0].look.couch_hidden


def test_a_turntable_of_a_ct_leaves_its_couch_out():
    body = phantom.volume(shape=(120, 100, 60))
    assert figures.turntable(body, 4).states[0].look.couch_hidden
    assert not figures.turntable(body, 4, couch_hidden=False).states[0].look.couch_hidden


def test_a_turntable_of_3d_alone_needs_opengl(head, no_opengl):
    with pytest.raises(RenderError, match="libEGL not found"):
        next(figures.turntable(head, 4).frames())


@pytest.mark.parametrize(("plane", "axis", "sign"), [("axial", 2, -1), ("coronal", 1, 1), ("sagittal", 0, 1)])
def test_a_cine_shows_every_slice_there_and_back(head, plane, axis, sign):
    movie = figures.cine(head, plane)
    count = head.shape[axis]
    slices = head.affine[axis, 3] + head.spacing[axis] * np.arange(count)
    passed = [state.cursor[axis] for state in movie.states]
    np.testing.assert_allclose(passed[:count], slices[::sign])
    np.testing.assert_allclose(passed[count:], slices[::sign][-2:0:-1])
    others = [n for n in range(3) if n != axis]
    assert len({tuple(state.cursor[n] for n in others) for state in movie.states}) == 1


def test_a_cine_of_so_many_frames_reaches_both_ends(head):
    every = [state.cursor[2] for state in figures.cine(head).states]
    some = [state.cursor[2] for state in figures.cine(head, frames=6).states]
    assert len(some) == 6
    assert (max(some), min(some)) == pytest.approx((max(every), min(every)))


def test_a_cine_goes_along_oblique_planes(head):
    normal = (0.0, -0.6, 0.8)
    axes = ((1.0, 0.0, 0.0), (0.0, 0.8, 0.6), normal)
    state = replace(first_state(head, "mpr"), axes=axes, slab=Slab(10))
    movie = figures.cine(head, frames=4, state=state)
    steps = np.diff([one.cursor for one in movie.states[:3]], axis=0)
    np.testing.assert_allclose(np.cross(steps, normal), 0, atol=1e-9)
    assert all(one.slab == state.slab and one.view == "mpr" for one in movie.states)


def test_a_sweep_passes_its_windows(head):
    states = figures.sweep(head, ["brain", "40/400", "bone"], 8).states
    assert [states[n].look.window for n in (0, 2, 4)] == [Window(40, 80), Window(40, 400), Window(400, 1800)]
    assert states[1].look.window == states[7].look.window


def test_times_show_each_volume_in_one_window(beats):
    movie = figures.times(beats)
    assert [state.look.member for state in movie.states] == [0, 1, 2]
    assert len({state.look.window for state in movie.states}) == 1


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("turntable", {"view": "mpr"}, "nothing in it turns"),
        ("turntable", {"view": "octo"}, "no view is named 'octo'"),
        ("turntable", {"frames": 1}, "whole number"),
        ("turntable", {"rendering": "x"}, "no transfer function"),
        ("turntable", {"rate": 0}, "rate of 0"),
        ("turntable", {"size": (1, 1)}, "picture size"),
        ("turntable", {"plane": "axial"}, "no option 'plane': give one of frames"),
        ("cine", {"plane": "tilted"}, "no plane is named 'tilted'"),
        ("cine", {"plane": "axial", "view": "coronal"}, "view coronal has none"),
        ("cine", {"frames": 5}, "even number, as 6"),
        ("sweep", {}, "cannot do without windows"),
        ("sweep", {"windows": "bone"}, "two windows or more"),
        ("sweep", {"windows": ["bone"]}, "two windows or more"),
        ("sweep", {"windows": ["bone", "lung"], "view": "3d"}, "no slices"),
        ("sweep", {"windows": ["bone", "lung"], "at": (0, 0, 9999)}, "outside"),
        ("times", {}, "two or more"),
    ],
)
def test_a_users_error_says_what_to_give(name, options, says, head):
    with pytest.raises(ViewError, match=says):
        make(name, [head], options)


def test_more_that_cannot_be(head, beats):
    with pytest.raises(WindowError, match="bones"):
        figures.sweep(head, ["bone", "bones"])
    with pytest.raises(ViewError, match="takes 1 volume"):
        make("cine", beats, {})
    with pytest.raises(ViewError, match="not on the grid"):
        figures.times([head, replace(head, unit="")])
    one = Volume.from_array(head.voxels[:, :, :1], head.affine, unit="HU")
    with pytest.raises(ViewError, match="one frame"):
        figures.cine(one)


def test_the_times_of_a_real_series(real):
    volumes = viewer3d.load_all(real("mr_4d_ge"))
    first, second = figures.times(volumes, size=SMALL).frames()
    assert (first != second).any()


def test_times_are_shown_in_their_order(head):
    mixed = [head.with_info(which={"time": t}) for t in (0.0, 2.0, 3.0, 1.0)]
    assert [mixed[state.look.member].which["time"] for state in figures.times(mixed).states] == [0, 1, 2, 3]
