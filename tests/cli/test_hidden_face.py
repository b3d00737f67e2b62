"""Verbs that draw a head hide its face, or say that it is shown; a face that is not there is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

import viewer3d
from tests.cli.conftest import run
from viewer3d import phantom
from viewer3d.render.gl import find_opengl

WORDS = {
    "shot": ("--view", "3d", "--size", "60x50"),
    "figure": ("mips", "--size", "200x90"),
    "movie": ("--frames", "2", "--size", "40x40"),
    "surface": ("--at", "-300"),
}


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Path:
    volume = phantom.head(shape=(48, 58, 68), spacing=(4, 4, 4))
    return viewer3d.save(volume, tmp_path_factory.mktemp("head") / "head.nii").path


def called(verb: str, data: Path, out: Path, *more: str) -> tuple[int, str]:
    """Run a verb, and return its exit code and what it said beside its result."""
    words = WORDS[verb]
    if verb == "figure":
        result = run(verb, words[0], data, "-o", out, *words[1:], *more)
    else:
        result = run(verb, data, "-o", out, *words, *more)
    return result.exit_code, result.stderr


@pytest.mark.parametrize(
    ("verb", "suffix"), [("shot", ".png"), ("figure", ".png"), ("movie", ".webp"), ("surface", ".stl")]
)
def test_what_shows_a_face_says_so_and_hides_it_when_told(verb: str, suffix: str, head: Path, tmp_path: Path) -> None:
    if verb in ("shot", "movie") and not (opengl := find_opengl()).works:
        pytest.skip(opengl.why_not)
    code, said = called(verb, head, tmp_path / f"shown{suffix}")
    assert code == 0, said
    assert "The skin of a face is in this volume" in said
    assert "--hide-face" in said
    code, said = called(verb, head, tmp_path / f"hidden{suffix}", "--hide-face")
    assert code == 0, said
    assert "leave out the front of a face" in said
    assert "The skin of a face" not in said
    pictures = [(tmp_path / f"{name}{suffix}").read_bytes() for name in ("shown", "hidden")]
    assert pictures[0] != pictures[1]


def test_slices_say_nothing_of_it(head: Path, tmp_path: Path) -> None:
    result = run("shot", head, "-o", tmp_path / "a.png", "--view", "mpr", "--size", "90x40")
    assert result.exit_code == 0
    assert "face" not in result.stderr


@pytest.mark.parametrize("verb", WORDS)
def test_a_face_that_is_not_found_is_an_error(verb: str, ct: Path, tmp_path: Path) -> None:
    suffix = {"movie": ".webp", "surface": ".stl"}.get(verb, ".png")
    out = tmp_path / "out"
    out.mkdir()
    code, said = called(verb, ct, out / f"out{suffix}", "--hide-face")
    assert code == 2
    assert "no face was found" in said
    assert not list(out.iterdir())
