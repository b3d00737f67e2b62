"""Notes below a figure of two volumes: what keeps their numbers from being compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tests.measurements.comparability.series_files import ct, edited
from viewer3d import Volume, figures, read_recipe, replay
from viewer3d.cli.program import main
from viewer3d.figures.pages.foot_notes import FootNotes
from viewer3d.render.marks.display_list import Text
from viewer3d.render.marks.typesetting import text_width
from viewer3d.render.output import write_picture

SOFT = {"ConvolutionKernel": "FC08", "KVP": 120, "SliceThickness": 1.0}
HARD = {"ConvolutionKernel": "FC52", "KVP": 120, "SliceThickness": 5.0}
FOUND = ("Slice thickness 1 mm against 5 mm: ", "Kernel FC08 against FC52: ")


@pytest.fixture
def pair(head: Volume) -> tuple[Volume, Volume]:
    one = Volume.from_array(head.voxels, head.affine, unit="HU", modality="CT", acquisition=SOFT)
    return one, Volume.from_array(np.array(head.voxels) + 5, head.affine, unit="HU", modality="CT", acquisition=HARD)


def below(figure: figures.Figure) -> list[Text]:
    """The texts below all panels."""
    end = max(panel.rect.top + panel.rect.height for panel in figure.page.panels)
    return [mark for mark in figure.page.marks if isinstance(mark, Text) and mark.y > end]


@pytest.mark.parametrize("difference", [False, True])
@pytest.mark.parametrize("background", ["black", "white", "transparent"])
def test_what_differs_is_said_below_the_panes(
    pair: tuple[Volume, Volume], background: str, *, difference: bool
) -> None:
    figure = figures.compare(*pair, difference=difference, background=background, width=120, dpi=100)
    assert [note.id for note in figure.compared] == ["compare.slice_thickness", "compare.kernel"]
    lines = below(figure)
    assert " ".join(line.text for line in lines) == " ".join(figure.compared)
    assert [line.text for line in lines if line.text.startswith(FOUND)] == [
        line.text for line in lines if line.x == lines[0].x
    ]
    width, height = figure.page.size
    assert all(line.x + text_width(line.text, line.size) <= width and line.y < height for line in lines)
    pixels = figure.pixels[max(panel.rect.top + panel.rect.height for panel in figure.page.panels) :]
    assert np.ptp(pixels[..., -1 if background == "transparent" else 0]) > 200  # it is drawn


def test_a_figure_of_what_can_be_compared_is_as_it_was(pair: tuple[Volume, Volume]) -> None:
    one, other = pair
    said = figures.compare(one, other.with_info(acquisition=SOFT), difference=True, size=(900, 900))
    unsaid = figures.compare(
        one.with_info(acquisition={}), other.with_info(acquisition={}), difference=True, size=(900, 900)
    )
    assert said.compared == ()
    assert below(said) == []
    assert np.array_equal(said.pixels, unsaid.pixels)
    assert said.texts == unsaid.texts
    assert "compared" not in said.texts["viewer3d"]


def test_the_recipe_has_the_ids_and_no_word_of_the_files(pair: tuple[Volume, Volume], tmp_path: Path) -> None:
    figure = figures.compare(*pair, planes="axial", size=(800, 500))
    path = figure.save(tmp_path / "a.png")
    recipe = read_recipe(path)
    assert [note.id for note in recipe.compared] == ["compare.slice_thickness", "compare.kernel"]
    assert '"compared":[{"id":"compare.slice_thickness"},{"id":"compare.kernel"}]' in recipe.to_json()
    assert "FC08" not in recipe.to_json()
    told = CliRunner().invoke(main, ["recipe", str(path)]).output
    assert "they differ in  kernel: sharper kernels raise the SD of noise" in " ".join(told.split("\n"))


def test_such_a_figure_is_made_again_to_the_byte(tmp_path: Path) -> None:
    one = ct(tmp_path / "one")
    other = edited(one, tmp_path / "other", ConvolutionKernel="BONE", SeriesInstanceUID="1.2.3")
    path = figures.compare(one, other, planes="axial", size=(400, 300)).save(tmp_path / "a.png")
    assert len(read_recipe(path).compared) == 1
    assert replay(path, [one, other]).verdict == "identical"


def test_pictures_from_before_notes_were_said_are_made_again_as_they_were(tmp_path: Path) -> None:
    one = ct(tmp_path / "one")
    other = edited(one, tmp_path / "other", ConvolutionKernel="BONE", SeriesInstanceUID="1.2.3")
    figure = figures.compare(one, other, planes="axial", size=(400, 300), notes=False)
    assert below(figure) == []
    assert [note.id for note in figure.compared] == ["compare.kernel"]
    assert replay(figure.save(tmp_path / "a.png"), [one, other]).verdict == "identical"
    held = {name: value for name, value in figure.recipe.arguments.items() if name != "notes"}
    old = replace(figure.recipe, compared=(), arguments=held)
    path = write_picture(figure.pixels, tmp_path / "old.png", old.texts, figure.page.dpi)
    assert replay(path, [one, other]).verdict == "same"  # pixel by pixel; its recipe says more now
    told = ["figure", "compare", str(one), str(other), "--planes", "axial", "--size", "400x300", "--no-notes"]
    assert CliRunner().invoke(main, [*told, "-o", str(tmp_path / "b.png")]).exit_code == 0
    assert read_recipe(tmp_path / "b.png").arguments["notes"] is False


def test_a_page_of_a_size_keeps_it_and_says_how_many_more(pair: tuple[Volume, Volume]) -> None:
    figure = figures.compare(*pair, planes="axial", size=(320, 160))
    assert figure.page.size == (320, 160)
    lines = below(figure)
    assert lines[-1].text in ("and 1 more", "2 notes: see its recipe")
    assert sum(panel.rect.height for panel in figure.page.panels[:1]) >= 0.6 * 160
    assert len(figure.compared) == 2


def test_vectors_have_them_as_text(pair: tuple[Volume, Volume], tmp_path: Path) -> None:
    figure = figures.compare(*pair, planes="axial")
    text = figure.save(tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "Kernel FC08 against FC52" in text


def test_lines_break_between_words_and_long_words_are_shortened() -> None:
    notes = FootNotes(("one two three four five six", "x" * 500), 12, 80.0)
    assert " ".join(text for _, text in notes.lines[:-1]) == "one two three four five six"
    assert [indent > 0 for indent, _ in notes.lines] == [False, *[True] * (len(notes.lines) - 2), False]
    assert all(indent + text_width(text, 12) <= 80 for indent, text in notes.lines)
    assert notes.lines[-1][1].startswith("xxx")
    assert len(notes.marks(0, 0)) == len(notes.lines)
