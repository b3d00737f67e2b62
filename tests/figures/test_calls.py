"""What callers see of figures and movies: every option by its name, its type, and an error for a misspelt one."""

from __future__ import annotations

import inspect
import pydoc
import sys
import typing
from dataclasses import fields
from pathlib import Path

import pytest

from viewer3d import figures, phantom
from viewer3d.errors import ViewError
from viewer3d.figures.by_name import FIGURES, MOVIES
from viewer3d.figures.style import Style, StyleOptions

ROOT = Path(figures.__file__).parent.parent
NEAR_MISSES = {
    "colour": "colors",
    "backgound": "background",
    "valuebar": "value_bar",
    "sate": "state",
    "sise": "size",
    "overlay": "overlays",
}


def test_the_typed_options_are_the_fields_of_the_style() -> None:
    style, options = typing.get_type_hints(Style), typing.get_type_hints(StyleOptions)
    assert list(options) == [field.name for field in fields(Style)]
    assert options == {name: style[name] for name in options}
    assert StyleOptions.__required_keys__ == frozenset()


@pytest.mark.parametrize("name", FIGURES)
def test_the_signature_and_the_help_of_a_figure_show_each_option(name: str) -> None:
    parameters = inspect.signature(FIGURES[name]).parameters
    for field in fields(Style):
        shown = parameters[field.name]
        assert (shown.kind, shown.default) == (shown.KEYWORD_ONLY, field.default)
    assert not any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    assert inspect.signature(FIGURES[name]).return_annotation == "Figure"
    assert "panel_letters: 'bool' = False" in pydoc.render_doc(FIGURES[name], renderer=pydoc.plaintext)


@pytest.mark.parametrize("name", MOVIES)
def test_the_signature_of_a_movie_shows_its_options(name: str) -> None:
    signature = inspect.signature(MOVIES[name])
    assert {"size", "rate", "state"} < set(signature.parameters)
    assert signature.return_annotation == "Movie"


@pytest.mark.parametrize("name", [*FIGURES, *MOVIES])
def test_a_misspelt_option_is_an_error_that_names_the_right_one(name: str) -> None:
    function = {**FIGURES, **MOVIES}[name]
    volume = phantom.volume(shape=(12, 10, 8))
    volumes = [volume] * (2 if name == "compare" else 1)
    for wrong, right in NEAR_MISSES.items():
        if right in inspect.signature(function).parameters:
            with pytest.raises(ViewError, match=rf"^{name} has no option '{wrong}': did you mean {right}\?"):
                function(*volumes, **{wrong: None})


def test_a_misspelt_option_of_imshow_is_an_error_too() -> None:
    with pytest.raises(ViewError, match="imshow has no option 'windw': did you mean window"):
        figures.imshow(phantom.volume(shape=(12, 10, 8)), windw="bone")  # type: ignore[call-arg]


SCRIPT = """
import viewer3d
from viewer3d import figures
from viewer3d.core.volume import Volume

def draw(volume: Volume) -> None:
    figures.mpr(volume, at="center", colors="pet", size=(300, 120)).save("a.png")
    figures.compare(volume, volume, difference=True, dpi=200.0).save("a.pdf")
    figures.turntable("folder", 24, size=(300, 300)).save("a.webp")
    figures.mpr(volume, overlays=["pet", viewer3d.Layer(volume, look={"opacity": 0.5})], value_bar=True)
    figures.cine(volume, overlays=viewer3d.Layer(volume))
    figures.imshow(volume, overlays=volume)
    figures.mpr(volume, colour="pet")
    figures.lightbox(volume, dpi="high")
    figures.cine(volume, sise=(300, 300))
    figures.imshow(volume, windw="bone")
    figures.mpr(volume, overlay=[volume])
    figures.cine(volume, overlays=4)
"""


@pytest.mark.slow
def test_a_type_checker_finds_a_misspelt_option(tmp_path: Path) -> None:
    api = pytest.importorskip("mypy.api")
    (script := tmp_path / "script.py").write_text(SCRIPT)
    settings = [
        "--config-file",
        str(Path(__file__).parents[2] / "pyproject.toml"),
        "--cache-dir",
        str(tmp_path / "cache"),
    ]
    found, _, _ = api.run([*settings, "--python-executable", sys.executable, str(script)])
    errors = [line.removeprefix(f"{script}:") for line in found.splitlines() if ": error: " in line]
    assert [error.partition(":")[0] for error in errors] == ["13", "14", "15", "16", "17", "18"], found
    for word, error in zip(("colour", "dpi", "sise", "windw", "overlay", "overlays"), errors, strict=True):
        assert word in error
