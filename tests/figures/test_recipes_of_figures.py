"""Every figure's file holds its recipe, and replay makes it again to the byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d.formats.load
from tests.combinations import each_value
from tests.figures.reading import texts
from tests.phantom_files import write_phantom
from tests.recipes.layered import write_pair
from viewer3d import Layer, figures, first_state, load, read_recipe, replay
from viewer3d.app.show import read_state
from viewer3d.core.view.state import Slab
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.errors import ViewError
from viewer3d.figures import by_name
from viewer3d.figures.figure import SUFFIXES, Figure
from viewer3d.recipes.compare import read_pictures
from viewer3d.render.gl import find_opengl
from viewer3d.render.output import write_picture
from viewer3d.testing import assert_figure, make_baseline

CALLS: dict[str, dict[str, Any]] = {
    "plane": {"window": Window(40, 400), "at": (1, 2, 3)},
    "mpr": {"at": "max", "background": "white"},
    "quad": {},
    "lightbox": {"n": 4},
    "windows": {"windows": ["bone", Window(0, 100)]},
    "compare": {"background": "transparent"},
    "directions": {"sides": "AL"},
    "mips": {},
    "histogram": {},
}

SHIFT = [[1, 0, 0, 4.0], [0, 1, 0, -3.0], [0, 0, 1, 2.5], [0, 0, 0, 1]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data")
    write_phantom(path / "ct", shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0))
    return path


@pytest.fixture(scope="module")
def volume(folder: Path) -> Volume:
    return load(folder)


def made(name: str, volume: Volume, **options: Any) -> Figure:
    if name in ("quad", "directions") and not find_opengl().works:
        pytest.skip(find_opengl().why_not)
    volumes = [volume] * (2 if name == "compare" else 1)
    return by_name.make(name, volumes, {"size": (420, 300), **CALLS[name], **options})


def test_every_figure_is_tried() -> None:
    # These are tried where they are tested.
    own = {"overlay", "segmentation_comparison", "dvh", "beside", "key_images", "time_curve", "profile"}
    assert {*CALLS, *own} == set(by_name.FIGURES)


@pytest.mark.parametrize("name", CALLS)
def test_a_figure_is_made_again_to_the_byte(name: str, volume: Volume, folder: Path, tmp_path: Path) -> None:
    path = made(name, volume).save(tmp_path / "fig.png")
    again = replay(path, folder, tmp_path / "again.png")
    assert (again.verdict, again.notes) == ("identical", ())
    assert (read_recipe(path).figure, read_recipe(path).size) == (name, (420, 300))
    assert (read_recipe(path).renderer != "none") == (name in ("quad", "directions"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_in_every_format(suffix: str, volume: Volume, folder: Path, tmp_path: Path) -> None:
    path = made("mpr", volume).save(tmp_path / f"fig{suffix}")
    assert replay(path, folder).verdict == "identical"
    assert read_state(path) == made("mpr", volume).state


@pytest.mark.parametrize("suffix", [".pdf", ".svg"])
def test_vectors_of_other_versions_are_the_same(
    suffix: str, volume: Volume, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made("mpr", volume).save(tmp_path / f"fig{suffix}")
    with monkeypatch.context() as patch:
        patch.setattr("viewer3d.recipes.make._versions", lambda: {"numpy": "99"})
        again = replay(path, folder)
    assert (again.verdict, again.reason) == ("same", "in every byte but those of the recipe")
    assert f"numpy was {np.__version__}, is 99" in again.notes


def test_a_recipe_of_an_unknown_figure_is_one_line(volume: Volume, folder: Path, tmp_path: Path) -> None:
    path = made("mpr", volume).save(tmp_path / "fig.png")
    write_picture(made("mpr", volume).pixels, path, replace(read_recipe(path), figure="soup").texts)
    with pytest.raises(ViewError, match="no figure is named 'soup'"):
        replay(path, folder, tmp_path / "again.png")
    assert not (tmp_path / "again.png").exists()


@pytest.mark.parametrize("name", ["mpr", "histogram"])
def test_who_the_patient_is_stands_in_the_picture_and_in_no_recipe(name: str, folder: Path, tmp_path: Path) -> None:
    named = load(folder, identify=True)
    path = made(name, named).save(tmp_path / "fig.png")
    plain, picture = made(name, load(folder)).pixels, read_pictures(path)[0][..., :3]
    assert np.count_nonzero((picture != plain).any(-1)) > 100
    assert replay(path, folder).verdict == "identical"
    assert read_recipe(path).identified
    assert not any(line.encode() in path.read_bytes() for line in named.identity)


def test_a_figure_is_checked_as_a_picture_is(volume: Volume, tmp_path: Path) -> None:
    baseline = make_baseline(made("mpr", volume), tmp_path / "fig.png")
    assert_figure(made("mpr", volume), baseline)
    with pytest.raises(AssertionError, match="the view has another cursor"):
        assert_figure(made("mpr", volume, at="center"), baseline, folder=tmp_path / "left")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in ("mpr", "lightbox", "directions") else pytest.mark.slow)
        for name in CALLS
        if name != "histogram"
    ],
)
def test_a_recipe_made_with_other_defaults_is_made_again_to_the_byte(
    name: str, volume: Volume, folder: Path, tmp_path: Path
) -> None:
    # Before, slices were cut between the two middle ones, and the call did not say where.
    plain = made(name, volume)
    cursor, window = volume.geometry.center, Window(55, 222)
    assert cursor != plain.state.cursor
    then = replace(plain.state, cursor=cursor).with_look(
        window=plain.state.look.window if name == "windows" else window
    )
    of_call = {option: value for option, value in CALLS[name].items() if option not in ("at", "window")}
    older = by_name.make(name, plain.volumes, {"size": (420, 300), **of_call, "state": then})
    silent = {option: None for option in ("at", "window", "state") if option in plain.arguments}
    picture = replace(older, arguments={**older.arguments, **silent}).save(tmp_path / "older.png")
    assert replay(picture, folder).verdict == "identical"
    assert read_recipe(picture).arguments["state"] is None


def test_a_movie_made_with_other_defaults_is_made_again_to_the_byte(
    volume: Volume, folder: Path, tmp_path: Path
) -> None:
    first = replace(first_state(volume, "mpr"), cursor=volume.geometry.center)
    older = figures.cine(volume, "coronal", 6, size=(120, 90), state=first)
    silent = replace(older, arguments={**older.arguments, "state": None, "view": "mpr"})
    assert replay(silent.save(tmp_path / "older.webp"), folder).verdict == "identical"


def test_options_that_came_later_are_in_recipes_only_where_they_were_given(
    volume: Volume, folder: Path, tmp_path: Path
) -> None:
    assert not {"slab", "inverted", "interpolation"} & set(made("plane", volume).arguments)
    given = made("plane", volume, slab="20,mean", inverted=True, interpolation="nearest")
    assert given.arguments["slab"] == {"thickness": 20.0, "blend": "mean"}
    assert (given.state.slab, given.state.look.inverted, given.state.interpolation) == (
        Slab(20, "mean"),
        True,
        "nearest",
    )
    assert "mean 20 mm   nearest" in texts(given.page.panels[0])
    assert replay(given.save(tmp_path / "a.png"), folder).verdict == "identical"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pair")
    write_pair(path)
    return path


@pytest.mark.parametrize(
    ("suffix", "name"), each_value([".png", ".pdf"], [name for name in CALLS if name != "histogram"])
)
def test_a_figure_of_layers_is_made_again_to_the_byte(name: str, suffix: str, pair: Path, tmp_path: Path) -> None:
    if name in ("quad", "directions") and not find_opengl().works:
        pytest.skip(find_opengl().why_not)
    ct = load(pair / "ct")
    look = {"window": "500/900", "opacity": 0.6, **({"rendering": "pet-uptake"} if name == "directions" else {})}
    layers = [Layer(load(pair / "pet"), "uptake", SHIFT, look=look), Layer(ct, "moved", SHIFT, look={"blend": "split"})]
    options = {"size": (420, 300), "value_bar": True, **CALLS[name]}
    made = by_name.make_figure(name, [ct] * (2 if name == "compare" else 1), options, layers)
    path = made.save(tmp_path / f"fig{suffix}")
    recipe = read_recipe(path)
    assert [one.name for one in recipe.overlays] == ["uptake", "moved"]
    assert "overlays" not in recipe.arguments
    assert recipe.state == made.state
    assert len(made.state.layers) == 3
    again = replay(path, pair, tmp_path / f"again{suffix}")
    assert (again.verdict, again.notes) == ("identical", ())


def test_paths_are_loaded_once_as_overlays_too(pair: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[Path] = []
    real_load = viewer3d.formats.load.load

    def counted(where: object, *args: object, **options: object) -> object:
        loaded.append(Path(getattr(where, "where", where)))
        return real_load(where, *args, **options)

    monkeypatch.setattr("viewer3d.formats.load.load", counted)
    monkeypatch.setattr("viewer3d.formats.load_overlay.load", counted)
    figures.mpr(pair / "ct", overlays=[pair / "pet"], size=(300, 100))
    figures.cine(pair / "ct", frames=2, overlays=pair / "pet", size=(100, 100)).save(tmp_path / "a.png")
    assert loaded == [pair / "ct", pair / "pet"] * 2
