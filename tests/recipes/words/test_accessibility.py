"""Words in the accessibility tree of a browser and in the structure of a PDF, as other programs read them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.chromium import Page, chromium
from viewer3d import figures
from viewer3d.core.volume import Volume
from viewer3d.recipes.words.words import words_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ct() -> Volume:
    values = np.arange(16 * 18 * 20, dtype=np.int16).reshape(16, 18, 20)
    return Volume.from_array(values, np.diag([2.0, 2.0, 2.5, 1.0]), unit="HU", modality="CT")


def tree(page: Page) -> list[tuple[str, str, str]]:
    """Role, name and description of all that a screen reader is told of."""
    page.send("Accessibility.enable")
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]

    def value(node: dict[str, Any], what: str) -> str:
        return str(node.get(what, {}).get("value", ""))

    return [(value(one, "role"), value(one, "name"), value(one, "description")) for one in nodes if not one["ignored"]]


def test_svg_in_a_page(ct: Volume, tmp_path: Path) -> None:
    """Drawn in a page it is one image with a name and a description."""
    figure = figures.mpr(ct, size=(400, 160))
    svg = figure.save(tmp_path / "a.svg").read_text("utf-8").partition("?>")[2]
    (tmp_path / "a.html").write_text(f"<!doctype html><title>t</title>{svg}", "utf-8")
    with chromium(tmp_path) as page:
        page.open(tmp_path / "a.html")
        images = [one for one in tree(page) if one[0] in ("image", "img")]
        assert images == [(images[0][0], words_of(figure.recipe).title, figure.alt_text())]


def test_movie_of_a_notebook(ct: Volume, tmp_path: Path) -> None:
    movie = figures.cine(ct, frames=4, size=(60, 60))
    (tmp_path / "a.html").write_text(f"<!doctype html><title>t</title>{movie._repr_html_()}", "utf-8")
    with chromium(tmp_path) as page:
        page.open(tmp_path / "a.html")
        assert movie.alt_text() in [name for role, name, _ in tree(page) if role in ("image", "img")]


def test_pdf_has_a_structure(ct: Volume, tmp_path: Path) -> None:
    if shutil.which("pdfinfo") is None:
        pytest.skip("no pdfinfo is installed (poppler-utils)")
    path = figures.mpr(ct, size=(400, 160)).save(tmp_path / "a.pdf")

    def told(*options: str) -> str:
        done = subprocess.run(["pdfinfo", *options, path], capture_output=True, text=True, check=True)
        assert not done.stderr
        return done.stdout

    about = dict(line.split(":", 1) for line in told().splitlines() if ":" in line)
    assert about["Tagged"].strip() == "yes"
    assert about["Title"].strip().startswith("Axial, coronal and sagittal CT slices at ")
    assert told("-struct").split()[:2] == ["Document", "Figure:"]
