"""The page as a file, and as a browser shows it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.archive.index.rows import column_uses, key_of, row, with_pictures
from tests.chromium import Page, chromium
from viewer3d.archive.index.page import DATA_FOLDER, PAGE_FILE, write_page
from viewer3d.archive.index.rows import Row
from viewer3d.errors import OutputError

HOSTILE = (
    "</script><script>document.title='broken'</script><img src=x onerror=document.title='broken'>\u202e\x1b&amp;\"'<!--"
)
SHOWN = HOSTILE.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
COUNT = 200


def write(rows: list[Row], out: Path, title: str = "a run") -> Path:
    return write_page(rows, column_uses(rows), out, title=title, about="viewer3d 1 · mpr, thumbnail")


class Parts(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.policy = ""
        self._tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._tag = tag
        named = dict(attrs)
        assert not [name for name in named if name.startswith("on") or name in ("style", "srcdoc")]
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(named["content"])

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.setdefault(self._tag, []).append(data)


def test_no_text_is_markup_and_nothing_else_is_run(tmp_path: Path) -> None:
    plain = Parts(write([row(0)], tmp_path).read_text(encoding="utf-8"))
    rows = [
        row(0, description=HOSTILE, why=HOSTILE, place=HOSTILE, modality=HOSTILE, numbers={f"own.{HOSTILE}": HOSTILE})
    ]
    page = Parts(write(rows, tmp_path, title=HOSTILE).read_text(encoding="utf-8"))
    assert page.tags == plain.tags
    assert page.tags.count("script") == 2
    assert page.texts["title"][0] == SHOWN
    data, script = page.texts["script"]
    assert json.loads(data)["words"]["description"] == [SHOWN]
    assert data.isascii()
    assert not set(data) & set("<>&")
    for text, rule in ((script, "script-src"), (page.texts["style"][0], "style-src")):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{rule} 'sha256-{digest}'" in page.policy
    assert page.policy.startswith("default-src 'none'; ")
    assert "unsafe" not in page.policy
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page.texts["script"][1])


def test_the_same_rows_give_the_same_bytes_and_earlier_data_goes(tmp_path: Path) -> None:
    rows = [row(number) for number in range(COUNT)]
    first = write(rows, tmp_path).read_bytes()
    names = sorted(path.name for path in (tmp_path / DATA_FOLDER).iterdir())
    assert write(rows, tmp_path).read_bytes() == first
    assert sorted(path.name for path in (tmp_path / DATA_FOLDER).iterdir()) == names
    write(rows[:7], tmp_path)
    left = sorted(path.name for path in (tmp_path / DATA_FOLDER).iterdir())
    assert not set(left) & {name for name in names if name.startswith("rows-")}
    named = set(re.findall(r'"((?:rows|column)-[0-9a-f]{20}\.js)"', (tmp_path / PAGE_FILE).read_text(encoding="utf-8")))
    assert set(left) == named


def test_an_earlier_page_stays_whole_where_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    before = write([row(number) for number in range(20)], tmp_path).read_bytes()
    data = {path: path.read_bytes() for path in (tmp_path / DATA_FOLDER).iterdir()}

    def breaking() -> Iterator[Row]:
        yield from (row(number) for number in range(600))
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_page(breaking(), column_uses([row(0)]), tmp_path, title="", about="")
    assert (tmp_path / PAGE_FILE).read_bytes() == before
    assert {path: path.read_bytes() for path in data} == data
    assert not list(tmp_path.rglob(".viewer3d-*"))
    (tmp_path / "full").write_bytes(b"")
    with pytest.raises(OutputError):
        write_page([], [], tmp_path / "full", title="", about="")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    rows = [row(number) for number in range(COUNT)]
    rows[5] = row(5, description=HOSTILE, place=HOSTILE, numbers={"own.x": HOSTILE, "info.notes": HOSTILE})
    rows[7] = row(7, description="the last one", modality="MR")
    write(with_pictures(folder, rows), folder)
    with chromium(folder) as found:
        found.size(1400, 900)
        found.path = folder / PAGE_FILE  # type: ignore[attr-defined]
        yield found
        assert found.console == []
        assert [url for url in found.requests if not url.startswith("file:")] == []
        assert found.run("document.title") == "a run"


@pytest.fixture
def opened(page: Page) -> Page:
    page.open(page.path, f"?{time.monotonic_ns()}")  # type: ignore[attr-defined]
    page.wait("document.querySelectorAll('.card').length > 0")
    return page


def text_of(page: Page, selector: str) -> list[str]:
    found: list[str] = page.run(f"[...document.querySelectorAll({selector!r})].map((one) => one.textContent)")
    return found


def click(page: Page, selector: str) -> None:
    page.run(f"document.querySelector({selector!r}).click()")


@pytest.mark.slow
def test_all_are_there_by_pages_with_their_pictures(opened: Page) -> None:
    assert text_of(opened, "#count") == ["1 to 60 of 200 volumes"]
    assert text_of(opened, "#status button") == ["120done", "20bad", "20lost", "20too large", "20pending"]
    opened.wait("document.querySelector('.card img').naturalWidth === 48")
    key = key_of(0)
    assert opened.run("document.querySelector('.card img').getAttribute('src')") == f"{key[:2]}/{key}-thumbnail.png"
    assert text_of(opened, ".card .small")[0] == "512 x 256 x 10 · HU · stack 1"
    bad = opened.run("document.querySelectorAll('.card')[4].textContent")
    assert bad.startswith("badIM4.dcm: the file ends within Pixel Data (4 bytes are missing): copy it again")
    for shown in ("61 to 120", "121 to 180", "181 to 200"):
        opened.key("]")
        assert text_of(opened, "#count")[0].startswith(shown)
    opened.key("]")
    assert text_of(opened, "#count") == ["181 to 200 of 200 volumes"]
    opened.key("[")
    assert text_of(opened, "#count") == ["121 to 180 of 200 volumes"]


@pytest.mark.slow
def test_filters_meet_and_their_counts_tell_what_is_left(opened: Page) -> None:
    click(opened, "#status .is-bad")
    assert text_of(opened, "#count") == ["1 to 20 of 20 volumes (200 in all)"]
    click(opened, "[data-focus='modality CT']")
    ct = [number for number in range(COUNT) if number % 10 == 4 and number % 3 == 0]
    assert text_of(opened, "#count") == [f"1 to {len(ct)} of {len(ct)} volumes (200 in all)"]
    reasons = text_of(opened, "[data-facet=reason] .word")
    assert reasons == ["the file ends within Pixel Data (… bytes are missing): copy it again"]
    assert text_of(opened, "[data-facet=reason] li .number") == [str(len(ct))]
    assert sorted(text_of(opened, "[data-facet=modality] .word")) == ["CT", "MR", "PT"]  # one may still be added
    assert opened.run("location.hash") == "#status=bad&modality=CT"
    opened.reload()
    opened.wait("document.querySelectorAll('.card').length > 0")
    assert text_of(opened, "#count") == [f"1 to {len(ct)} of {len(ct)} volumes (200 in all)"]
    click(opened, "#clear")
    assert text_of(opened, "#count") == ["1 to 60 of 200 volumes"]


@pytest.mark.slow
def test_notes_are_filtered_by_their_kind(opened: Page) -> None:
    noted = [n for n in range(COUNT) if n % 3 == 0 and row(n).status == "done" and n not in (5, 7)]
    click(opened, "[data-facet=note] input[type=checkbox]")
    assert text_of(opened, "#count")[0].endswith(f" of {len(noted)} volumes (200 in all)")
    assert text_of(opened, ".card .noted")[0] == "1 note: … of … slices are missing at z = … mm."


@pytest.mark.slow
def test_a_search_finds_words_anywhere(opened: Page) -> None:
    opened.key("/")
    for letter in "LAST the":
        opened.send("Input.insertText", text=letter)
    assert text_of(opened, ".card .description") == ["the last one"]
    opened.key("Escape")
    assert text_of(opened, "#count") == ["1 to 60 of 200 volumes"]
    opened.run("""change({q: '"case 3" killed'})""")
    assert text_of(opened, ".card .why") == [
        "its worker ended twice while it was worked on, and alone once more: killed by signal 11"
    ] * len([n for n in range(COUNT) if row(n).status == "lost" and "case 3" in f"/archive/case {n // 4}"])


@pytest.mark.slow
def test_a_number_sorts_and_filters_and_what_has_none_is_last(opened: Page) -> None:
    opened.run("change({sort: 'info.slices', down: true})")
    opened.wait("values.has('info.slices')")
    highest = [key_of(n) for n in range(COUNT - 1, -1, -1) if row(n).status == "done" and n != 5][:3]
    assert opened.run("shown.slice(0, 3).map((item) => ITEMS.key[item])") == highest
    assert opened.run("word('status', shown.at(-1)) !== 'done'")
    opened.run("change({number: 'info.slices'})")
    opened.run("document.querySelector('[data-focus=low]').value = '100'")
    opened.run("document.querySelector('[data-focus=low]').dispatchEvent(new Event('change'))")
    expected = [n for n in range(90, COUNT) if row(n).status == "done"]
    assert opened.run("shown.length") == len(expected)
    box = opened.run(
        "(({x, y, width, height}) => [x, y, width, height])"
        "(document.querySelector('#distribution svg').getBoundingClientRect())"
    )
    for kind, share in (("mousePressed", 0.0), ("mouseMoved", 0.24), ("mouseReleased", 0.24)):
        place = {"x": box[0] + share * box[2] + 0.5, "y": box[1] + box[3] / 2}
        opened.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **place)
    low, high = opened.run("[Number(state.low), Number(state.high)]")
    assert (low, high) == (10, pytest.approx(10 + 197 * 10 / 40, abs=1e-3))  # whole bars, of 40
    assert opened.run("shown.length") == len(
        [n for n in range(COUNT) if row(n).status == "done" and 10 + n <= high and n != 5]
    )


@pytest.mark.slow
def test_the_table_has_quality_first_and_sorts_by_its_heads(opened: Page) -> None:
    opened.key("t")
    opened.wait("document.querySelectorAll('th').length === 8")
    heads = text_of(opened, "th")
    assert heads == ["Picture", "Modality", "Description", "Status", "Notes", "residual mm", "slices", "unit"]
    click(opened, "[data-focus='head info.slices']")
    click(opened, "[data-focus='head info.slices']")
    assert opened.run("document.querySelector('th[aria-sort]').getAttribute('aria-sort')") == "descending"
    assert text_of(opened, "tbody tr:first-child td.figure")[-1] == "207"


@pytest.mark.slow
def test_an_item_is_opened_with_all_there_is(opened: Page) -> None:
    opened.key("ArrowRight")
    opened.key("ArrowRight")
    opened.key("ArrowRight")
    opened.key("ArrowRight")
    opened.key("Enter")
    opened.wait("document.querySelectorAll('#detail figure img').length === 2")
    told = opened.run("[...document.querySelectorAll('#detail figure img')].map((one) => one.alt)")
    assert told == ["CT axial, coronal and sagittal slices", "CT axial, coronal and sagittal slices, small"]
    key = key_of(3)
    assert opened.run("location.hash") == f"#item={key}"
    assert text_of(opened, "#detail .notes li") == ["3 of 120 slices are missing at z = -3.5 mm."]
    numbers = dict(zip(text_of(opened, "#detail dl.numbers dt"), text_of(opened, "#detail dl.numbers dd"), strict=True))
    assert numbers == {
        "columns": "512",
        "rows": "256",
        "slices": "13",
        "unit": "HU",
        "residual mm": "0.003",
        "mean": "-3",
    }
    assert text_of(opened, "#detail .files a") == [
        f"{key[:2]}/{key}-{end}" for end in ("mpr.png", "thumbnail.png", "nifti.nii.gz")
    ]
    assert "/archive/case 0" in text_of(opened, "#detail dd")
    opened.key("ArrowRight")
    opened.wait("document.querySelector('#detail .said')")
    assert text_of(opened, "#detail .said") == [
        "IM4.dcm: the file ends within Pixel Data (4 bytes are missing): copy it again"
    ]
    opened.key("ArrowRight")
    opened.wait("document.querySelectorAll('#detail .notes li').length > 0")
    assert text_of(opened, "#detail h2") == text_of(opened, "#detail .notes li") == [SHOWN]
    assert SHOWN in text_of(opened, "#detail dd")
    opened.key("Escape")
    opened.wait(f"document.activeElement.dataset.focus === 'item {key_of(5)}'")
    assert not opened.run("document.querySelector('#detail').open")
    assert opened.run("location.hash") == ""


@pytest.mark.usefixtures("opened")
@pytest.mark.slow
def test_what_is_told_of_an_older_page_is_what_to_do(page: Page) -> None:
    page.run("load('rows-gone.js').catch((error) => error.message).then((text) => { window.told = text; })")
    page.wait("window.told !== undefined")
    assert page.run("window.told").startswith("index/rows-gone.js is not beside this page: load the page again")
    page.console.clear()  # the browser tells it as well


@pytest.mark.slow
def test_an_address_that_means_nothing_shows_all(page: Page) -> None:
    for words in ("sort=toString&down=x", "number=constructor&low=a", "item=%3Cimg%3E", "layout=x&page=-3", "page=1e9"):
        page.open(page.path, f"?{words.partition('=')[0]}#{words}")  # type: ignore[attr-defined]
        page.wait("document.querySelectorAll('.card').length > 0")
        assert text_of(page, "#count")[0].endswith(" of 200 volumes")
    page.run("byId('search-form').requestSubmit()")
    assert page.run("location.search") == "?page"  # it is not sent


@pytest.mark.slow
def test_a_page_without_items_says_so(tmp_path: Path) -> None:
    write([], tmp_path)
    with chromium(tmp_path) as page:
        page.open(tmp_path / PAGE_FILE)
        page.wait("document.querySelector('#listing .empty')")
        assert text_of(page, "#listing") == ["The run has no items: nothing was found in its places."]
        assert page.console == []


def contrast(first: str, second: str) -> float:
    """WCAG 2.2, contrast ratio of two colours as ``rgb(r, g, b)``."""

    def luminance(color: str) -> float:
        shares = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
        linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


TEXTS_AND_GROUNDS = """[...document.querySelectorAll("body *")].filter((one) => one.checkVisibility() && !one.disabled
  && [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim())).map((one) => {
    const groundOf = (some) => getComputedStyle(some).backgroundColor;
    let ground = one;
    while (ground.parentElement && groundOf(ground) === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
    return [one.textContent.slice(0, 30), getComputedStyle(one).color, groundOf(ground)];
  })"""


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.slow
def test_all_can_be_read_and_has_a_name(scheme: str, opened: Page) -> None:
    opened.scheme(scheme)
    for layout in ("cards", "table"):
        opened.run(f"change({{layout: {layout!r}, status: ['bad', 'done']}})")
        pairs = opened.run(TEXTS_AND_GROUNDS)
        assert len(pairs) > 60
        assert [one for one in pairs if contrast(one[1], one[2]) < 4.5] == []
        named = opened.send("Accessibility.getFullAXTree")["nodes"]
        roles = ("button", "link", "checkbox", "textbox", "searchbox", "combobox", "dialog", "image")
        asked = [one for one in named if not one["ignored"] and one.get("role", {}).get("value") in roles]
        assert len(asked) > 60
        assert [one["role"]["value"] for one in asked if not one.get("name", {}).get("value")] == []


@pytest.mark.parametrize("width", [360, 420, 768])
@pytest.mark.slow
def test_nothing_is_wider_than_a_small_screen(width: int, opened: Page) -> None:
    opened.size(width, 800)
    try:
        assert opened.run("document.documentElement.scrollWidth <= innerWidth")
        opened.run("byId('filters-open').click()")
        assert opened.run("document.documentElement.scrollWidth <= innerWidth")
        opened.run("showItem(3)")
        opened.wait("document.querySelectorAll('#detail figure img').length === 2")
        assert opened.run("byId('detail').scrollWidth <= byId('detail').clientWidth")
    finally:
        opened.size(1400, 900)


@pytest.mark.slow
def test_ten_thousand_open_in_two_seconds_of_cpu(tmp_path: Path) -> None:
    """All processes of the browser together, from a blank page to the listing at rest; then a search and a filter."""
    rows = [row(number) for number in range(10_000)]
    with_pictures(tmp_path, rows[:200])
    write(rows, tmp_path)
    taken: dict[str, Any] = {}
    with chromium(tmp_path) as page:
        page.size(1400, 900)
        time.sleep(1)
        before = page.cpu()
        page.open(tmp_path / PAGE_FILE)
        page.wait("document.querySelectorAll('.card').length === 60")
        time.sleep(1)
        taken["open"] = page.cpu() - before
        for name, code in (
            ("search", "{q: 'case 12'}"),
            ("filter", "{q: '', status: ['bad']}"),
            ("table", "{layout: 'table'}"),
        ):
            timed = (
                f"(() => {{ const began = performance.now(); change({code}); return performance.now() - began; }})()"
            )
            taken[name] = page.run(timed) / 1000
    assert taken["open"] < 2, taken
    assert max(taken["search"], taken["filter"], taken["table"]) < 0.5, taken
