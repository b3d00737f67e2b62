"""Movies of layers: every picture is the screenshot of its state, times run along, recipes make them again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.recipes.layered import write_pair
from tests.render.fused import LOOK, FusedPair, fused_pair
from viewer3d import Layer, figures, load
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import ViewError
from viewer3d.figures import by_name
from viewer3d.figures.movies.movie import Movie
from viewer3d.recipes.embed import read_recipe
from viewer3d.recipes.replay import replay
from viewer3d.render.shot import screenshot

SIZE = (96, 72)

CALLS: dict[str, dict[str, Any]] = {
    "turntable": {"frames": 2, "view": "quad"},
    "cine": {"plane": "coronal", "frames": 4, "window": "bone"},
    "sweep": {"windows": ["brain", "bone"], "frames": 4},
    "times": {"view": "mpr"},
}


@pytest.fixture
def pair() -> FusedPair:
    return fused_pair("oblique", by_matrix=True)


def times_of(volume: Volume, count: int, name: str = "time") -> list[Volume]:
    return [replace(volume, voxels=volume.voxels * (1 + n % 2)).with_info(which={name: float(n)}) for n in range(count)]


def made(name: str, pair: FusedPair, **options: Any) -> Movie:
    volumes = times_of(pair.base, 2) if name == "times" else [pair.base]
    return by_name.make_movie(name, volumes, {"size": SIZE, **CALLS[name], **options}, [pair.overlay])


def test_every_movie_is_tried() -> None:
    assert set(CALLS) == set(by_name.MOVIES)


@pytest.mark.parametrize("name", CALLS)
def test_each_picture_is_the_screenshot_of_its_state(name: str, pair: FusedPair) -> None:
    movie = made(name, pair)
    alone = by_name.make_movie(name, movie.volumes, {"size": SIZE, **CALLS[name]})
    seen = 0
    for frame, state, plain in zip(movie.frames(), movie.states, alone.frames(), strict=True):
        shot = screenshot(movie.volumes, state=state, size=SIZE, overlays=[pair.overlay])
        assert np.array_equal(frame, shot)
        seen += int((frame != plain).any())
    assert seen


@pytest.mark.parametrize("name", CALLS)
def test_it_is_made_again_from_its_arguments_as_json(name: str, pair: FusedPair) -> None:
    movie = made(name, pair)
    again = by_name.make(name, movie.volumes, json.loads(json.dumps(movie.arguments)), [pair.overlay])
    assert isinstance(again, Movie)
    assert (again.states, again.arguments) == (movie.states, movie.arguments)


@pytest.mark.parametrize("name", ["cine", "sweep"])
def test_its_file_is_made_again_to_the_byte(name: str, tmp_path: Any) -> None:
    ct, pet = (load(one) for one in write_pair(tmp_path / "pair"))
    look = {"window": "500/900", "blend": "checkerboard"}
    movie = by_name.make_movie(name, [ct], {"size": SIZE, **CALLS[name]}, [Layer(pet, "uptake", look=look)])
    path = movie.save(tmp_path / "a.png")
    (record,) = read_recipe(path).overlays
    assert (record.name, record.look) == ("uptake", look)
    made_again = replay(path, tmp_path / "pair", tmp_path / "b.png")
    assert (made_again.verdict, made_again.notes) == ("identical", ())


def test_windows_that_are_swept_are_those_of_the_volume(pair: FusedPair) -> None:
    states = made("sweep", pair).states
    assert {state.layers[1].window for state in states} == {states[0].layers[1].window}
    assert [state.layers[0].window for state in states[:3:2]] == [Window(40, 80), Window(400, 1800)]
    active = made("sweep", pair, state=replace(states[0], active=1)).states
    assert [state.layers for state in active] == [state.layers for state in states]


def test_a_window_that_is_given_is_that_of_the_volume(pair: FusedPair) -> None:
    first = made("cine", pair).states[0]
    state = made("cine", pair, state=replace(first, active=1), window="lung").states[0]
    assert [look.window.width for look in state.layers] == [1500, first.layers[1].window.width]


@pytest.mark.parametrize(
    ("count", "dimension", "members"),
    [
        (3, "time", [0, 1, 2]),
        (2, "time", [0, 0, 0]),
        (3, "echo", [0, 0, 0]),
        (1, "time", [0, 0, 0]),
    ],
)
def test_times_of_an_overlay_run_along_with_as_many_of_the_volume(
    count: int, dimension: str, members: list[int]
) -> None:
    pair = fused_pair("sagittal")
    pet = pair.overlay.data
    assert isinstance(pet, Volume)
    layer = Layer(times_of(pet, count, dimension), look=LOOK)
    movie = figures.times(times_of(pair.base, 3), size=SIZE, overlays=layer)
    assert [state.layers[0].member for state in movie.states] == [0, 1, 2]
    assert [state.layers[1].member for state in movie.states] == members


def test_turns_meet_by_their_order_whatever_the_order_of_volumes() -> None:
    pair = fused_pair("identity")
    pet = pair.overlay.data
    assert isinstance(pet, Volume)
    mixed = [times_of(pet, 3)[n] for n in (2, 0, 1)]
    movie = figures.times(times_of(pair.base, 3), size=SIZE, overlays=[Layer(mixed, look=LOOK)])
    assert [mixed[state.layers[1].member].which["time"] for state in movie.states] == [0, 1, 2]


def test_a_state_of_other_layers_is_refused(pair: FusedPair) -> None:
    with pytest.raises(ViewError, match="the state shows 2 layers, and here are 1"):
        figures.cine(pair.base, state=made("cine", pair).states[0])
