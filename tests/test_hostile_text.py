"""Text of DICOM files that would steer a terminal, break a table or be markup: harmless wherever it comes out."""

from __future__ import annotations

import json
import re
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner
from pydicom import dcmread

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import figures
from viewer3d.app.opening import title_of
from viewer3d.app.window.panel import Panel
from viewer3d.app.window.series.draw_series import SeriesRows, draw_panel
from viewer3d.cli import main
from viewer3d.core.layers import place_layers
from viewer3d.core.text import printable
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.dicom.series.catalog import CatalogRequest, build_catalog
from viewer3d.dicom.series.scan import scan
from viewer3d.errors import Viewer3DError
from viewer3d.measurements.results import measure
from viewer3d.measurements.table import save_measurements, table_row, to_csv
from viewer3d.render.first_state import first_state
from viewer3d.render.marks.raster import Rasterizer

LETTERS = b"\x1b[2J\x00\n\xe2\x80\xae<b>]]>&"
"""Clears the screen, ends text and line, turns the direction, opens a tag and ends a CDATA section; in UTF-8."""

DAMAGED = b'\xed\xa0\x80\xff\x9b\x1b]0;x\x07\r\n\xc2\x9b"'
"""Half a letter, bytes that are none, C1's CSI, and a title for the terminal's window."""

STANDS_IN = "Q" * 16
KEYWORDS = (
    *("SeriesDescription", "StudyDescription", "ProtocolName", "Manufacturer", "ManufacturerModelName", "PatientName"),
    *("PatientID", "RescaleType", "WindowCenterWidthExplanation", "ConvolutionKernel", "ImageComments", "StationName"),
    *("PatientPosition", "BurnedInAnnotation", "SequenceName", "SeriesInstanceUID"),
    *("ScanOptions", "BodyPartExamined", "LossyImageCompression"),
)


def harmful(text: str, *, lines: bool) -> list[str]:
    """Return what of a text would do something."""
    steering = {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp", "Cf")}
    return sorted(steering - ({"\n"} if lines else set()) - {"\ufeff"})


@pytest.fixture(params=[LETTERS, DAMAGED], ids=["letters", "damaged"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A series whose every text is hostile, one file of it with a broken header, in a folder of a hostile name."""
    assert len(request.param) == len(STANDS_IN)
    folder = tmp_path / "a\x1b[2J\n\u202eb"
    for path in write_phantom(folder, shape=(34, 30, 12), spacing=(9.0, 8.0, 6.0)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom warns of what it is told to write
            dataset = dcmread(path)
            dataset.SpecificCharacterSet = "ISO_IR 192"
            for keyword in KEYWORDS:
                setattr(dataset, keyword, STANDS_IN)
            dataset.save_as(path)
        path.write_bytes(path.read_bytes().replace(STANDS_IN.encode(), request.param))
    return folder


def shown(*words: object) -> str:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code in (0, 2), result.exception
    return result.stdout + result.stderr


def test_the_terminal_has_plain_lines(folder: Path, tmp_path: Path) -> None:
    (folder / "cut\x1b.dcm").write_bytes(next(folder.iterdir()).read_bytes()[:700])
    out = tmp_path / "a.png"
    for words in (
        ("list", folder),
        ("info", folder),
        ("shot", folder, "-o", out, "--view", "axial", "--size", "90x60"),
        ("shot", folder, "-o", out, "--view", "axial", "--size", "90x60", "--skip-bad", "--identify"),
        ("shot", folder, "-o", out, "--series", "\x1b"),
        ("recipe", out),
    ):
        text = shown(*words)
        assert text.strip()
        assert harmful(text, lines=True) == [], words
    assert "\\x1b" in shown("list", folder)  # it is told, spelled


def test_json_is_json_and_pure_ascii(folder: Path) -> None:
    for verb in ("list", "info"):
        text = shown(verb, folder, "--json")
        assert json.loads(text)["path"] == str(folder)  # for programs it is as it is
        assert text.isascii()
        assert harmful(text, lines=True) == []


def objects(folder: Path) -> Iterator[tuple[object, bool]]:
    found = scan(folder)
    yield from ((found, True), (found[0], False), (found.all_refused, False))
    for volume in (viewer3d.load(folder), viewer3d.load(folder, identify=True)):
        yield volume, False
        yield from ((volume.notes, False), (volume.windows, False), (first_state(volume, "axial"), False))


def test_what_python_shows_of_it(folder: Path) -> None:
    for one, lines in objects(folder):
        for text in (repr(one), str(one)):
            assert harmful(text, lines=lines) == [], type(one)
    volume = viewer3d.load(folder, identify=True)
    for text in (volume.description, volume.unit, volume.modality, *volume.notes, *volume.identity):
        assert harmful(text, lines=False) == []


def test_from_datasets_too(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pydicom")  # its own, of what it reads
        volume = viewer3d.load([dcmread(path) for path in folder.iterdir()], identify=True)
    for text in (repr(volume), volume.description, volume.unit, *volume.notes, *volume.identity):
        assert harmful(text, lines=False) == []


def test_errors_are_one_plain_line(folder: Path) -> None:
    for path in list(folder.iterdir())[:3]:
        path.write_bytes(path.read_bytes()[:-300])
    for call in (
        lambda: viewer3d.load(folder),
        lambda: viewer3d.load(folder, series="\x1b[2J"),
        lambda: viewer3d.load(folder / "none\x9b"),
        lambda: viewer3d.load(folder, which={"\x1b": 1}),
        lambda: viewer3d.load(folder, stack=9),
    ):
        with pytest.raises(Viewer3DError) as caught:
            call()
        assert harmful(str(caught.value), lines=False) == []


def test_an_svg_stays_xml_with_one_root_and_no_more_elements(folder: Path, tmp_path: Path) -> None:
    named = viewer3d.load(folder, identify=True)
    note = Measurement("probe", (tuple(named.geometry.center),), (1, 0, 0), (0, 1, 0), "\x1b[2J\n<script>]]>")
    state = first_state(named, "mpr").with_measurement(note)
    figures.mpr(named, state=state, value_bar=True).save(tmp_path / "a.svg")
    figures.mpr(viewer3d.load(folder), state=first_state(named, "mpr"), value_bar=True).save(tmp_path / "b.svg")
    for name in ("a.svg", "b.svg"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert harmful(text, lines=True) == []
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()}
        assert not tags & {"b", "script"}


def test_the_windows_panel_and_title(folder: Path) -> None:
    catalog = build_catalog(folder, CatalogRequest(), lambda *_: None)
    for entry in catalog.entries:
        assert harmful(entry.title + entry.description + entry.size, lines=False) == []
    picture = draw_panel(Panel(1, is_wanted=True), (900, 400), SeriesRows(catalog.entries, [None]), Rasterizer())
    assert picture.max() > 150
    assert harmful(title_of(place_layers(viewer3d.load(folder))), lines=False) == []


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 (as the base class has it)
        self.tags.add(tag)


def test_a_notebook_has_a_table_and_nothing_else(folder: Path) -> None:
    text = viewer3d.load(folder, identify=True)._repr_html_()
    assert harmful(text, lines=False) == []
    assert Tags(text).tags <= {"div", "table", "tr", "th", "td", "br", "img"}


def strings(value: object) -> Iterator[str]:
    """Yield all texts of values of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def test_the_page_and_the_table_of_an_archive(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    list(viewer3d.archive.run(tmp_path, "info", out, workers=0, identify=True))
    text = (out / "index.html").read_text(encoding="utf-8")
    (data,) = re.findall('<script type="application/json" id="data">(.*?)</script>', text)
    assert Tags(text).tags <= TAGS_OF_THE_PAGE
    parts = [data, *(path.read_text().partition(",")[2].removesuffix(");\n") for path in (out / "index").iterdir())]
    assert len(parts) > 20
    for part in parts:
        assert part.isascii()
        assert not set(part) & set("<>&")
        assert [one for one in strings(json.loads(part)) if harmful(one, lines=False)] == []
    table = (out / "table.csv").read_text(encoding="utf-8").replace("\r\n", "\n")
    assert harmful(table, lines=True) == []
    assert "\\x1b" in table  # it is told, spelled


TAGS_OF_THE_PAGE = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "header",
        "div",
        "h1",
        "p",
        "form",
        "label",
        "input",
        "kbd",
    ),
    *("button", "nav", "h2", "details", "summary", "select", "main", "ul", "dialog", "noscript", "script"),
}

EVIL = "\x1b[2J\x00\n\u202e<script>]]>&\ud800\x9b\u2028"


def test_a_volume_that_a_program_made_is_shown_as_harmlessly(tmp_path: Path) -> None:
    volume = Volume.from_array(
        np.arange(64.0).reshape(4, 4, 4), np.eye(4), unit=EVIL, description=EVIL, modality=EVIL, notes=(EVIL,)
    )
    for text in (repr(volume), title_of(place_layers(volume)), volume._repr_html_()):
        assert harmful(text, lines=False) == []
    figures.mpr(volume, value_bar=True).page.pixels()


def test_a_table_of_measurements_is_plain(tmp_path: Path) -> None:
    volume = Volume.from_array(np.arange(64.0).reshape(4, 4, 4), np.eye(4), unit="a\x1b[2J\n=1")
    one = Measurement("probe", ((1, 1, 1),), (1, 0, 0), (0, 1, 0), "=1\x1b[2J\n\u202e")
    for delimiter in (",", "\t"):
        text = to_csv([table_row(one, measure(volume, one))], delimiter)
        assert harmful(text.replace("\r\n", "").replace("\t", ""), lines=False) == []
    save_measurements(volume, [one], tmp_path / "a.csv")
    save_measurements(volume, [replace(one, name=EVIL)], tmp_path / "b.csv")
    assert printable(EVIL) in (tmp_path / "b.csv").read_text(encoding="utf-8")
