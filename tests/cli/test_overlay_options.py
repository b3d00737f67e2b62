"""The options --overlay and --look: which look is of which overlay, and what its words mean."""

from __future__ import annotations

import os
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from viewer3d import Layer, load, load_segmentation, load_transform
from viewer3d.cli.draw import shot_command
from viewer3d.cli.look_values import look_keys
from viewer3d.cli.overlay_options import (
    OverlayChoice,
    OverlayCommand,
    OverlayWords,
    overlay_choices,
    overlay_options,
)
from viewer3d.core.view.look import ImageLook, RegionLook
from viewer3d.errors import Viewer3DError


def parsed(*words: str) -> Any:
    """Return the overlays that a verb with the options is given."""

    @click.command(cls=OverlayCommand)
    @click.argument("path")
    @click.option("--size")
    @overlay_options
    def verb(path: str, size: str | None, overlays: tuple[OverlayWords, ...]) -> None:
        found.append((path, size, overlays))

    found: list[Any] = []
    result = CliRunner().invoke(verb, words)
    assert (result.exit_code, result.output) == (0, ""), result.output
    return found[0]


def choice(*looks: str) -> OverlayChoice:
    """Return what an overlay with looks is."""
    (found,) = overlay_choices([OverlayWords("pet", looks)])
    return found


def test_a_look_is_of_the_overlay_before_it_wherever_the_words_stand() -> None:
    words = (
        "--overlay",
        "a",
        "--size",
        "5",
        "--look=x=1",
        "ct",
        "--overlay=b",
        "--overlay",
        "c",
        "--look",
        "y",
        "--look",
        "z",
    )
    overlays = (OverlayWords("a", ("x=1",)), OverlayWords("b"), OverlayWords("c", ("y", "z")))
    assert parsed(*words) == ("ct", "5", overlays)
    assert parsed("ct") == ("ct", None, ())
    # What stands after -- is no option.
    assert parsed("--overlay", "a", "--", "--look") == ("--look", None, (OverlayWords("a"),))


def test_the_words_are_completed_in_the_shell() -> None:
    with click.Context(shot_command, resilient_parsing=True) as context:
        shot_command.parse_args(context, ["--look", "x"])
    assert context.params["overlays"] == ()


def test_keys_are_those_of_load_layer_and_look_and_nothing_is_left_out() -> None:
    groups = look_keys()
    assert set(groups["load"]) == set(signature(load).parameters) - {
        "where",
        "progress",
        "identify",
        "max_memory",
        "strict",
    }
    assert set(groups["Layer"]) == {field.name for field in fields(Layer)} - {"data", "look"}
    assert set(groups["load_segmentation"]) == set(signature(load_segmentation).parameters) - {
        *("where", "series", "max_memory"),
    }
    assert list(groups["ImageLook"]) == [field.name for field in fields(ImageLook)]
    assert list(groups["RegionLook"]) == [field.name for field in fields(RegionLook)]
    every = [key for name, group in groups.items() for key in group if name != "RegionLook"]
    assert len(every) == len(set(every))


VALUES: list[tuple[str, str, Any]] = [
    ("window", "40/400", "40/400"),
    ("window", "0-10", "0-10"),
    ("window", "file:2", "file:2"),
    ("colors", "pet", "pet"),
    ("inverted", "yes", True),
    ("value_bar", "no", False),
    ("rendering", "pet-mip", "pet-mip"),
    ("rendering_shift", "-12.5", -12.5),
    ("rendering_stretch", "1.5", 1.5),
    ("couch_hidden", "true", True),
    ("face_hidden", "yes", True),
    ("member", "2", 2),
    ("shown", "off", False),
    ("opacity", "50%", 0.5),
    ("opacity", ".25", 0.25),
    ("ramp", "12.5%", 0.125),
    ("blend", "checkerboard", "checkerboard"),
    ("split", "0.3", 0.3),
    ("graphics", "no", False),
]


@pytest.mark.parametrize(("key", "text", "value"), VALUES, ids=str)
def test_a_look_has_fields_of_its_type(key: str, text: str, value: Any) -> None:
    assert choice(f"{key}={text}").layer.look == {key: value}


LEVELS = {"levels", "level_base", "level_base_name"}
"""What a dose is drawn with."""


def test_every_field_of_a_look_has_a_value_above() -> None:
    assert {key for key, _, _ in VALUES} == {field.name for field in fields(ImageLook)} - LEVELS


REGION_VALUES: list[tuple[str, Any]] = [
    ("segments=Liver", ["Liver"]),
    ("segments=Liver:Spleen:12", ["Liver", "Spleen", 12]),
    ("segments=1,3", [1, 3]),
    ("segments=Left lung,Spleen", ["Left lung", "Spleen"]),
    ('segments="Lung, left":Liver', ["Lung, left", "Liver"]),
    ("segments='a:b=c',\"d'e\"", ["a:b=c", "d'e"]),
    ('segments="12":GTV=1', ["12", "GTV=1"]),
    ("segments=5' walk", ["5' walk"]),
    ("segments=" + "9" * 5000, ["9" * 5000]),
]


@pytest.mark.parametrize(("text", "value"), REGION_VALUES, ids=[text[:30] for text, _ in REGION_VALUES])
def test_segments_are_numbers_and_names(text: str, value: Any) -> None:
    found = choice(f"outline=3,{text}", "fill=20%,rendering=none,shown=no")
    look = {"outline": 3, "segments": value, "fill": 0.2, "rendering": "none", "shown": False}
    assert (found.layer.look, found.of_images) == (look, ())
    assert set(found.of_regions) == {"outline", "segments", "fill"}


def test_segments_may_be_given_one_by_one() -> None:
    assert choice("segments=Liver", "segments=Spleen,same_frame").layer.look == {"segments": ["Liver", "Spleen"]}


def test_what_label_maps_alone_have(tmp_path: Path) -> None:
    (tmp_path / "a,b.csv").write_text("1,Liver\n")
    found = choice(f'names="{tmp_path / "a,b.csv"}",frame_of_reference=1.2.3')
    assert found.labels == {"names": str(tmp_path / "a,b.csv"), "frame_of_reference": "1.2.3"}
    assert found.of_regions == ("names", "frame_of_reference")


def test_what_is_read_and_where_it_lies() -> None:
    found = choice(
        "series=3,stack=2,which=time:2",
        "which=kernel=B30f,skip-bad",
        "irregular=keep,unit=,spacing=0.7,0.7,3",
        "name=PET 2",
    )
    assert found.reading == {
        "series": "3",
        "stack": 2,
        "which": {"time": "2", "kernel": "B30f"},
        "skip_bad": True,
        "irregular": "keep",
        "unit": "",
        "spacing": (0.7, 0.7, 3.0),
    }
    assert (found.path, found.layer.name, found.layer.look) == ("pet", "PET 2", {})
    assert choice("same_frame").layer.same_frame
    assert not choice().layer.same_frame


MATRIX = np.array([[0.0, -1, 0, 10], [1, 0, 0, -2.5], [0, 0, 1, 3e1], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    "text",
    [
        "0 -1 0 10\n1 0 0 -2.5\n0 0 1 3e1\n0 0 0 1\n",
        "# of the scanner\r\n0,-1,0,10\r\n\r\n1,0,0,-2.5\r\n0,0,1,30\r\n0,0,0,1",
    ],
    ids=["lines", "comment and commas"],
)
def test_a_matrix_is_read_from_a_file(text: str, tmp_path: Path) -> None:
    (tmp_path / "move.txt").write_text(text)
    found = choice(f"opacity=1,transform={tmp_path / 'move.txt'},colors=pet")
    assert found.layer.transform == str(tmp_path / "move.txt")
    assert np.array_equal(load_transform(found.layer.transform), MATRIX)
    assert found.layer.look == {"opacity": 1.0, "colors": "pet"}


def test_a_matrix_is_sixteen_numbers_or_what_numpy_saves(tmp_path: Path) -> None:
    np.savetxt(tmp_path / "m", MATRIX)
    assert np.array_equal(load_transform(tmp_path / "m"), MATRIX)
    for text in (" ".join(map(str, MATRIX.ravel())), ",".join(map(str, MATRIX.ravel()))):
        assert np.array_equal(np.asarray(choice(f"transform={text},same_frame=no").layer.transform), MATRIX)


REFUSED = [
    ("colour=pet", "--look colour=pet: there is no 'colour'; did you mean colors? Give some of series, stack, which"),
    ("zzz", "--look zzz: there is no 'zzz'; Give some of series"),
    ("max_memory=4G", "max_memory is for all that is loaded: give --max-memory"),
    ("opacity", "opacity has no value: give opacity=VALUE"),
    ("opacity=half", "--look opacity=half: give a number"),
    ("opacity=1.5", "opacity 1.5 of a layer: give 0 to 1"),
    ("opacity=nan", "opacity nan of a layer: give 0 to 1"),
    ("rendering_shift=5%", "--look rendering_shift=5%: give a number"),
    ("member=a", "--look member=a: give a whole number"),
    ("inverted=maybe", "--look inverted=maybe: give yes or no"),
    ("blend=mix", "--look blend=mix: give over, checkerboard, split"),
    ("irregular=no", "--look irregular=no: give resample, error, keep"),
    ("colors=x", "no colour map is named 'x'"),
    ("window=bones", "no window is named 'bones'"),
    ("window=", "no window is named ''"),
    ("which=echo", "--look which=echo: give which=NAME:VALUE, as in which=echo:2"),
    ("which=echo:1,which=echo:2", "each name once"),
    ("spacing=1,1", "--look spacing='1,1': expected X,Y,Z in mm"),
    ("opacity=1,opacity=0", "--look opacity was given twice for one overlay, as 1 and 0"),
    ("", "--look '' says nothing: give KEY=VALUE"),
    ("segments=", "--look segments=: give names or numbers, as in segments=Liver:Spleen"),
    ("segments=:,", "--look segments=:: give names or numbers"),
    ('segments="Liver', 'the quote " does not end'),
    ("outline=1,fill=2", "fill 2.0 of a layer: give 0 to 1"),
    ("outline=1.5", "--look outline=1.5: give a whole number"),
    ("outline=1,rendering=bone", "rendering 'bone' of regions: give surface or none"),
    ("window=bone,segments=1", "--look window is of images, segments of segmentations and structure sets: give those"),
    ("names=none.csv", "none.csv: names of labels cannot be read (No such file"),
    ("0.5", "there is no '0.5'"),
    ("transform=1 2 3", "3 numbers: give 16, row by row, or a file of them"),
    ("transform=none.txt", "none.txt: there is no such file: read is a text of 4 lines"),
    ("transform=", "0 numbers: give 16, row by row, or a file of them"),
    ("transform=a\0b", r"a\x00b: cannot be read (embedded null byte)"),
    ("=1", "there is no ''"),
    ("transform=reg.tfm", "reg.tfm: there is no such file: read is a text of 4 lines of 4 numbers"),
    ("transform=reg.h5", "reg.h5: a transform of ITK in HDF5 (write it as .tfm) is not read: read is"),
    ("transform=warp.nii.gz", "warp.nii.gz: a displacement field or an image (deformable) is not read"),
    ("transform=0 1 0 0 1 0 0 0 0 0 1 0 0 0 0 1", "transform mirrors"),
    ("transform=1 0 0 0 0 1 0 0 0 0 0 0 0 0 0 1", "transform is singular"),
    ("transform=1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1,same_frame", "both a transform and same_frame were given"),
]


@pytest.mark.parametrize(("look", "says"), REFUSED, ids=[look for look, _ in REFUSED])
def test_what_no_look_can_be_is_one_line(look: str, says: str) -> None:
    with pytest.raises(Viewer3DError) as caught:
        choice(look)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 0 0 0\n0 1 0 0\n0 0 1 0\n",
        "1 0 0 0\n0 1 0 x\n0 0 1 0\n0 0 0 1\n",
        "\0\xff",
    ],
)
def test_a_file_that_holds_no_matrix_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "m.txt").write_text(text)
    with pytest.raises(Viewer3DError, match=r"m\.txt: holds no such matrix: read is a text of 4 lines of 4 numbers"):
        choice(f"transform={tmp_path / 'm.txt'}")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes that have names on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Viewer3DError, match=r"pipe: cannot be read .a pipe or a device, no file."):
        choice(f"transform={tmp_path / 'pipe'}")


def test_a_look_without_an_overlay_before_it_is_refused() -> None:
    @click.command(cls=OverlayCommand)
    @overlay_options
    def verb(overlays: tuple[OverlayWords, ...]) -> None: ...

    result = CliRunner().invoke(verb, ["--look", "opacity=1", "--overlay", "a"])
    assert isinstance(result.exception, Viewer3DError)
    assert "--look opacity=1: is of no overlay: give --overlay PATH before it" in str(result.exception)


def test_help_names_keys_that_there_are() -> None:
    told = CliRunner().invoke(shot_command, ["--help"], terminal_width=300).output
    (line,) = (line for line in told.splitlines() if line.strip().startswith("--look"))
    words = line.partition(": ")[2].removesuffix(", ...").split(", ")
    assert {word.partition("=")[0] for word in words} <= {key for group in look_keys().values() for key in group}
    assert len(words) > 5
