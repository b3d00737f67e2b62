"""Words in files of pictures, where other programs look for them, and where none are."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from tests.phantom_files import write_phantom
from viewer3d import figures, load, replay, screenshot
from viewer3d.cli import main
from viewer3d.core.volume import Volume
from viewer3d.figures.figure import VECTORS
from viewer3d.figures.pages.pdf_file import pdf_text
from viewer3d.recipes.embed import MOST_IN_JPEG, read_recipe, save_options, texts_of, without_words
from viewer3d.recipes.record import ALT_KEY, CAPTION_KEY, TITLE_KEY
from viewer3d.recipes.words.words import words_of
from viewer3d.recipes.xmp import texts_in, xmp_packet

DC = "{http://purl.org/dc/elements/1.1/}"
IPTC = "{http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ct")
    write_phantom(folder, shape=(24, 20, 6), spacing=(14.0, 12.0, 20.0))
    return folder


@pytest.fixture(scope="module")
def ct(folder: Path) -> Volume:
    return load(folder)


def in_packet(content: bytes) -> list[str]:
    """Title, description and alternative text as other programs find them in an XMP packet."""
    packet = content[content.index(b"<x:xmpmeta") : content.index(b"</x:xmpmeta>") + 12]
    found = []
    for name in (f"{DC}title", f"{DC}description", f"{IPTC}AltTextAccessibility"):
        (node,) = ElementTree.fromstring(packet).iter(name)
        (item,) = node.iter(f"{RDF}li")
        assert item.attrib == {"{http://www.w3.org/XML/1998/namespace}lang": "x-default"}
        found.append(item.text or "")
    return found


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_words_of_a_shot(suffix: str, ct: Volume, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    screenshot(ct, path, "axial", size=(120, 100))
    words = words_of(read_recipe(path))
    assert words.title.startswith("Axial CT slice at z = ")
    assert in_packet(path.read_bytes()) == [words.title, words.caption, words.alt]
    assert replay(path, folder).verdict == "identical"


def test_keywords_of_png(ct: Volume, tmp_path: Path) -> None:
    screenshot(ct, tmp_path / "a.png", "axial", size=(120, 100))
    with Image.open(tmp_path / "a.png") as picture:
        words = words_of(read_recipe(tmp_path / "a.png"))
        assert {"viewer3d", "Title", "Description", "XML:com.adobe.xmp"} <= picture.info.keys()
        assert (picture.info["Title"], picture.info["Description"]) == (words.title, words.caption)


def test_movies_have_words(ct: Volume, tmp_path: Path) -> None:
    movie = figures.cine(ct, frames=4, size=(60, 60))
    for suffix in (".png", ".webp"):
        assert in_packet(movie.save(tmp_path / f"a{suffix}").read_bytes())[2] == movie.alt_text()
    assert read_recipe(movie.save(tmp_path / "a.gif")).figure == "cine"
    assert f'alt="{movie.alt_text()}"' in movie._repr_html_()


def test_svg(ct: Volume, folder: Path, tmp_path: Path) -> None:
    figure = figures.mpr(ct, size=(300, 120))
    root = ElementTree.parse(figure.save(tmp_path / "a.svg")).getroot()
    assert root.get("role") == "img"
    title, desc = root[:2]
    assert [(one.tag, one.text) for one in (title, desc)] == [
        (f"{SVG}title", words_of(figure.recipe).title),
        (f"{SVG}desc", figure.alt_text()),
    ]
    assert in_packet((tmp_path / "a.svg").read_bytes())[1] == figure.caption()
    assert replay(tmp_path / "a.svg", folder).verdict == "identical"


def test_pdf_is_tagged(ct: Volume, folder: Path, tmp_path: Path) -> None:
    figure = figures.mpr(ct, size=(300, 120))
    content = figure.save(tmp_path / "a.pdf").read_bytes()
    assert in_packet(content)[2] == figure.alt_text()
    catalog = re.search(
        rb"<< /Type /Catalog .* /StructTreeRoot (\d+) 0 R /MarkInfo << /Marked true >> /Lang \(en\)", content
    )
    assert catalog is not None

    def body(number: bytes) -> bytes:
        return content.split(b"\n%s 0 obj\n" % number)[1].split(b"\nendobj")[0]

    def number(name: bytes, where: bytes) -> bytes:
        return re.search(rb"/%s \[?(\d+) 0 R" % name, where)[1]  # type: ignore[index]

    root = body(catalog[1])
    document = body(number(b"K", root))
    figure_number = number(b"K", document)
    tagged = body(figure_number)
    assert (number(b"P", document), number(b"P", tagged)) == (catalog[1], number(b"K", root))
    assert b"/ParentTree << /Nums [0 [%s 0 R]] >>" % figure_number in root
    assert f"/S /Figure /P {int(number(b'K', root))} 0 R".encode() in tagged
    assert f"/Alt {pdf_text(figure.alt_text())}".encode() in tagged
    page = body(number(b"Pg", tagged))
    assert b"/StructParents 0" in page
    drawn = body(number(b"Contents", page))
    drawn = zlib.decompress(drawn[drawn.index(b"stream\n") + 7 : -len(b"\nendstream")])
    # All is in the figure but what is behind it, and what is opened is closed.
    assert drawn.count(b" BDC") + drawn.count(b" BMC") == len(re.findall(rb"\bEMC\b", drawn))
    assert re.match(rb"[^\n]* cm\n/Artifact BMC [^\n]* EMC\n/Figure << /MCID 0 >> BDC\n", drawn)
    assert drawn.endswith(b"\nEMC")
    assert replay(tmp_path / "a.pdf", folder).verdict == "identical"


@pytest.mark.parametrize("suffix", [".svg", ".pdf"])
def test_vectors_without_words_or_with_others_are_the_same(
    suffix: str, ct: Volume, folder: Path, tmp_path: Path
) -> None:
    """A page from before there were words is written as it was, and one of a later version has its own."""
    figure = figures.mpr(ct, size=(300, 120))
    draw = VECTORS[suffix]
    old = draw(figure.page, without_words(figure.texts))
    assert b"Alt" not in old.replace(b"/Alternate", b"")
    assert b"<title" not in old
    assert b"StructTree" not in old
    for content in (old, draw(figure.page, {**figure.texts, ALT_KEY: "Said (better) <é>.", TITLE_KEY: "é"})):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(content)
        made = replay(path, folder)
        assert (made.verdict, made.reason) == ("same", "in every byte but those of the recipe")
    changed = content.replace(b"<desc>Said", b"<desc>Seen").replace(b"/Alt <FEFF", b"/Alt <FFFE")
    assert changed != content
    path.write_bytes(changed)
    assert replay(path, folder).verdict == "different"


def test_xmp_comes_back() -> None:
    texts = {"viewer3d": "{}", TITLE_KEY: "a < b", CAPTION_KEY: "ä & c", ALT_KEY: "d"}
    assert texts_in(xmp_packet(texts).encode()) == texts
    assert "dc:" not in xmp_packet({"viewer3d": "{}"})


def test_a_recipe_that_fills_a_jpeg_has_no_words() -> None:
    texts = {"viewer3d": "x" * (MOST_IN_JPEG - 500), TITLE_KEY: "t" * 100, CAPTION_KEY: "c" * 300, ALT_KEY: "a" * 300}
    assert texts_in(save_options("JPEG", texts)["xmp"]) == {"viewer3d": texts["viewer3d"]}
    assert texts_in(save_options("TIFF", texts)["tiffinfo"][700]) == texts


def test_the_shell_says_them(ct: Volume, tmp_path: Path) -> None:
    figure = figures.plane(ct, window=(40, 400), size=(120, 120))
    path = figure.save(tmp_path / "a.png")
    for option, said in (
        ("--caption", figure.caption()),
        ("--alt", figure.alt_text()),
        ("--methods", figure.methods()),
    ):
        result = CliRunner().invoke(main, ["recipe", str(path), option])
        assert (result.exit_code, result.stdout) == (0, f"{said}\n")
    assert texts_of(figure.recipe) == figure.texts


def test_pixels_are_the_same_with_and_without_words(ct: Volume, tmp_path: Path) -> None:
    figure = figures.plane(ct, size=(120, 120))
    with Image.open(figure.save(tmp_path / "a.png")) as picture:
        np.testing.assert_array_equal(np.asarray(picture), figure.pixels)
