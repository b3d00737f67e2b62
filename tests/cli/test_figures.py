"""Figures and movies of volumes over another from the shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import SMALL, pixels, rewrite, run
from tests.phantom_files import write_phantom
from viewer3d import Layer, figures, load
from viewer3d.app.show import read_state
from viewer3d.phantom import Faults
from viewer3d.render.gl import find_opengl

SIZE = ("--size", "240x160")


def test_a_figure_is_that_of_the_same_layer_in_python(ct: Path, other: Path, tmp_path: Path) -> None:
    out, same = tmp_path / "out.png", tmp_path / "same.png"
    words = ("--overlay", other, "--look", "colors=pet,opacity=0.5", "--look", "window=bone,name=Other")
    result = run("figure", "mpr", ct, "-o", out, *SIZE, "--window", "lung", *words)
    assert (result.exit_code, result.output) == (0, "")
    layer = Layer(load(other), "Other", look={"colors": "pet", "opacity": 0.5, "window": "bone"})
    figures.mpr(load(ct), overlays=layer, window="lung", size=(240, 160)).save(same)
    assert out.read_bytes() == same.read_bytes()
    assert run("replay", out, ct, other).output == "identical: to the byte\n"


@pytest.mark.parametrize("name", ["plane", "lightbox", "windows", "mips"])
def test_figures_take_overlays(name: str, ct: Path, other: Path, tmp_path: Path) -> None:
    out, alone = tmp_path / "out.png", tmp_path / "alone.png"
    words = {"windows": ("--windows", "lung,bone"), "lightbox": ("-n", "4")}.get(name, ())
    result = run("figure", name, ct, "-o", out, *SIZE, *words, "--overlay", other, "--look", "colors=hot-iron")
    assert (result.exit_code, result.output) == (0, "")
    assert run("figure", name, ct, "-o", alone, *SIZE, *words).exit_code == 0
    assert np.any(pixels(out) != pixels(alone))


def test_a_cine_has_what_lies_over_it(ct: Path, other: Path, tmp_path: Path) -> None:
    out, alone = tmp_path / "out.gif", tmp_path / "alone.gif"
    words = ("-o", out, "--kind", "cine", "--size", "120x80", "--frames", "4")
    result = run("movie", ct, *words, "--overlay", other, "--look", "colors=hot-iron,opacity=1")
    assert (result.exit_code, result.output) == (0, "")
    run("movie", ct, "-o", alone, *words[2:])
    with Image.open(out) as picture, Image.open(alone) as before:
        assert picture.n_frames == before.n_frames == 4
        assert np.any(np.asarray(picture.convert("RGB")) != np.asarray(before.convert("RGB")))


def test_times_run_along_with_those_of_the_base(real: Callable[[str], Path], tmp_path: Path) -> None:
    base, out = real("mr_4d_ge"), tmp_path / "out.webp"
    words = ("movie", base, "-o", out, "--kind", "times", "--size", "90x90", "--overlay", base)
    look = ("--look", "window=auto,colors=hot-iron,same_frame")
    result = run(*words, *look)
    assert result.exit_code == 0, result.output
    recipe = json.loads(run("recipe", out, "--json").output)
    (overlay,) = recipe["overlays"]
    assert len(recipe["volumes"]) == len(overlay["volumes"]) == 2
    assert run(*words, *look, "--look", "which=time:1").exit_code == 0
    (overlay,) = json.loads(run("recipe", out, "--json").output)["overlays"]
    assert len(overlay["volumes"]) == 1


def test_a_saved_view_goes_on_and_a_look_that_is_given_wins(ct: Path, other: Path, tmp_path: Path) -> None:
    saved, out = tmp_path / "saved.png", tmp_path / "out.png"
    run("shot", ct, "-o", saved, "--overlay", other, "--look", "opacity=0.25,colors=pet", "--view", "mpr")
    words = ("figure", "mpr", ct, "-o", out, *SIZE, "--state", saved)
    refused = run(*words)
    assert refused.exit_code == 2
    assert refused.stderr == (
        "viewer3d: --state: the view was saved with 1 overlay, 0 given: give as many --overlay, the lowest first\n"
    )
    movie = run("movie", ct, "-o", tmp_path / "out.webp", "--kind", "sweep", "--windows", "lung,bone", "--state", saved)
    assert movie.stderr == refused.stderr
    assert run(*words, "--overlay", other).output == ""
    assert read_state(out).layers == read_state(saved).layers
    assert run(*words, "--overlay", other, "--look", "opacity=75%", "--overlay", other).output == ""
    looks = read_state(out).layers
    assert [(look.colors, look.opacity) for look in looks[1:]] == [("pet", 0.75), ("grey", 0.5)]


def test_base_and_overlay_of_a_saved_view_are_found_in_one_folder(tmp_path: Path) -> None:
    both, saved, out = tmp_path / "both", tmp_path / "saved.png", tmp_path / "out.png"
    write_phantom(both, faults=Faults(second_series=True), **SMALL)
    run("shot", both, "--series", 3, "-o", saved, "--overlay", both, "--look", "series=2", "--view", "mpr")
    result = run("figure", "plane", both, "-o", out, *SIZE, "--state", saved, "--overlay", both)
    assert (result.exit_code, result.output) == (0, "")
    made = json.loads(run("recipe", out, "--json").output)
    assert made["volumes"][0]["shape"] == [34, 30, 6]
    assert read_state(out).series == read_state(saved).series


def test_another_series_than_that_of_the_saved_overlay_is_told(ct: Path, other: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.png"
    run("shot", ct, "-o", saved, "--overlay", other, "--view", "mpr")
    rewrite(other, SeriesInstanceUID="1.2.99")
    result = run("figure", "plane", ct, "-o", tmp_path / "out.png", *SIZE, "--state", saved, "--overlay", other)
    assert result.exit_code == 0
    assert result.stderr.startswith("note: the view was saved without the series of CT 1")


def test_an_overlay_that_3d_alone_does_not_show_is_told(ct: Path, other: Path, tmp_path: Path) -> None:
    if not (opengl := find_opengl()).works:
        pytest.skip(opengl.why_not)
    told = "note: CT 1 is not seen: 3D draws an overlay that has a rendering"
    over = ("--show-couch", "--size", "64x64", "--overlay", other)
    calls = [
        ("figure", "directions", ct, "-o", tmp_path / "a.png", "--sides", "A", *over),
        ("movie", ct, "-o", tmp_path / "a.webp", "--frames", "2", *over),
        ("shot", ct, "-o", tmp_path / "b.png", "--view", "3d", *over),
    ]
    for words in calls:
        result = run(*words)
        assert (result.exit_code, result.stderr.count(told)) == (0, 1), result.output
        cost = run(*words, "--look", "rendering=ct-bone").stderr
        assert told not in cost
        assert "note: Two volumes in the 3D pane" in cost
    assert told not in run("figure", "quad", ct, "-o", tmp_path / "a.png", *over).stderr


def test_a_histogram_is_of_one_volume(ct: Path, other: Path, tmp_path: Path) -> None:
    result = run("figure", "histogram", ct, "-o", tmp_path / "a.png", "--overlay", other)
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "a.png").exists()


@pytest.mark.slow
def test_the_real_pair_is_a_figure_and_a_movie(real: Callable[[str], Path], tmp_path: Path) -> None:
    pair = (real("ct_torso_acrin"), "--overlay", real("pet_ac_bqml"), "--look", "window=0-10")
    for words in (("figure", "mpr", "-o", tmp_path / "a.pdf"), ("movie", "-o", tmp_path / "a.webp", "--kind", "cine")):
        more = ("--frames", "2", "--size", "120x90") if words[0] == "movie" else SIZE
        result = run(*words, *more, *pair)
        assert (result.exit_code, result.stdout) == (0, "")
        assert all(line.startswith("note: PET: ") for line in result.stderr.splitlines())
