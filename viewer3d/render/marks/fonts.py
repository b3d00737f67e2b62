"""Find the fonts that text is drawn with, and which letters each of them has.

Plain text keeps Aileron, as Pillow brings it. What that lacks has Noto Sans, which is in this package: Latin with all
accents, Greek, Cyrillic. Chinese, Japanese and Korean fonts take 5 to 20 MB: one is used that is installed.
"""

from __future__ import annotations

import hashlib
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import ImageFont

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

PLAIN_LETTERS: Final = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("©«°±´·»‘’“”…‹›™")  # noqa: RUF001
"""The letters of Aileron as Pillow has it; a PDF's WinAnsiEncoding (ISO 32000-1, annex D) has them all as well."""

SHAPELESS: Final = ("Cc", "Cf", "Cn", "Co", "Cs")
"""General categories (Unicode Standard, 4.5) of what has no shape of its own, whatever a font says."""

EAST_ASIAN: Final = (
    (0x2000, 0x2BFF),  # punctuation, numbers in circles and other signs that East Asian fonts have
    (0x2E80, 0x33FF),  # radicals, kana, bopomofo, compatibility jamo, signs in squares
    (0x3400, 0x9FFF),
    (0xAC00, 0xD7A3),  # hangul; what is written with single jamo takes more than the basic layout
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFFEF),  # halfwidth and fullwidth forms
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)
"""Code points that are taken from fonts of the system: one letter, one shape, from left to right."""

EXTRA: Final = ("noto_cjk_sans_jp_regular", "NotoSansCJKjp-Regular.otf")
"""Package and file of the font that ``viewer3d[cjk]`` brings."""

SYSTEM_FONTS: Final = (
    # Those with the letters of all three languages first.
    "NotoSansCJKjp-Regular.otf",
    "NotoSansCJK-Regular.ttc",
    "SourceHanSans-Regular.ttc",
    "SourceHanSans.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansCJKtc-Regular.otf",
    "NotoSansCJKkr-Regular.otf",
    "DroidSansFallbackFull.ttf",
    "DroidSansFallback.ttf",
    "wqy-microhei.ttc",
    "Arial Unicode.ttf",  # macOS
    # Japanese, Chinese, Korean.
    "YuGothR.ttc",  # Windows, as the next
    "meiryo.ttc",
    "msgothic.ttc",
    "ipaexg.ttf",
    "ipagp.ttf",
    "TakaoPGothic.ttf",
    "VL-PGothic-Regular.ttf",
    "ヒラギノ角ゴシック W3.ttc",  # macOS, as the next
    "Hiragino Sans GB.ttc",
    "PingFang.ttc",
    "msyh.ttc",
    "msjh.ttc",
    "simsun.ttc",
    "wqy-zenhei.ttc",
    "malgun.ttf",
    "gulim.ttc",
    "NanumGothic.ttf",
    "UnDotum.ttf",
    "AppleSDGothicNeo.ttc",
)
"""Files of Chinese, Japanese and Korean fonts, upright and of normal weight, those to be preferred first."""

NO_EMBEDDING: Final = 0x0002
"""Bit of fsType (OpenType, OS/2) with which a font's maker forbids that pictures carry it."""


@dataclass(frozen=True)
class Font:
    """A font in any size.

    Attributes
    ----------
    path : str
        Its file; empty for Aileron, which is inside of Pillow.
    number : int
        Of the font in its file, from 0.
    is_bundled : bool
        Whether it is the same on every machine.
    """

    path: str
    number: int = 0
    is_bundled: bool = False

    def sized(self, size: int) -> ImageFont.FreeTypeFont:
        """Open the font in a size, in pixels."""
        # The basic layout: the other one depends on a library that may be on the machine or not.
        basic = ImageFont.Layout.BASIC
        if self.path:
            return ImageFont.truetype(self.path, size, self.number, layout_engine=basic)
        font = ImageFont.load_default(size)
        if not isinstance(font, ImageFont.FreeTypeFont):
            raise ImportError("this Pillow is built without FreeType, with which text is drawn: install it anew")
        return font.font_variant(layout_engine=basic)

    @contextmanager
    def tables(self) -> Iterator[TTFont]:
        """Open the tables of the font; not for Aileron."""
        from fontTools.ttLib import TTFont  # noqa: PLC0415 (26 ms, and only for text that is not plain)

        with Path(self.path).open("rb") as file, TTFont(file, fontNumber=self.number, lazy=True) as tables:
            yield tables

    @cached_property
    def glyphs(self) -> Mapping[int, str]:
        """The font's names of its glyphs, by code point."""
        with self.tables() as tables:
            return dict(tables.getBestCmap() or {})

    def has(self, letter: str) -> bool:
        """Return whether the font draws a letter, or an accent that stands over or under one."""
        code = ord(letter)
        if not self.path:
            return letter in PLAIN_LETTERS
        if code not in self.glyphs or unicodedata.category(letter) in SHAPELESS:
            return False
        return self.is_bundled or any(first <= code <= last for first, last in EAST_ASIAN) or WIDER.has(letter)

    @cached_property
    def name(self) -> str:
        """The name that is in the font's file."""
        if not self.path:
            return "Aileron"
        with self.tables() as tables:
            return str(tables["name"].getDebugName(1) or Path(self.path).stem)

    @cached_property
    def label(self) -> str:
        """Name, version and the beginning of the file's SHA-256: no other font has the same."""
        with self.tables() as tables:
            version = str(tables["name"].getDebugName(5) or "").partition(";")[0].removeprefix("Version ")
        digest = hashlib.sha256(Path(self.path).read_bytes()).hexdigest()
        return " ".join(word for word in (self.name, version, f"({digest[:12]})") if word)


AILERON: Final = Font("", is_bundled=True)
"""Of all plain text (CC0)."""

WIDER: Final = Font(str(Path(__file__).parent / "font_files" / "NotoSans.ttf"), is_bundled=True)
"""Noto Sans 2.004, see ``fonts/OFL.txt``: Latin with all accents, Greek, Cyrillic, arrows and operators."""


@lru_cache(maxsize=1)
def east_asian_fonts() -> tuple[Font, ...]:
    """Find fonts with Chinese, Japanese or Korean letters: of ``viewer3d[cjk]``, else of the system."""
    package, file = EXTRA
    extra = [Path(folder, file) for folder in _folders_of(package)]
    return tuple(_readable(path for path in extra if path.is_file()) or _readable(system_fonts(system_folders())))


def system_fonts(folders: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """Find the files of :data:`SYSTEM_FONTS` in folders, at any depth, in their order."""
    found: dict[str, Path] = {}
    for folder in folders:
        for top, below, files in os.walk(folder):
            below.sort()
            for name in files:
                found.setdefault(unicodedata.normalize("NFC", name), Path(top, name))
    return [found[name] for name in SYSTEM_FONTS if name in found]


def system_folders() -> list[Path]:
    """List the folders in which this system keeps fonts, a person's own first."""
    home, share = Path.home(), os.environ.get
    if sys.platform == "win32":
        own = Path(share("LOCALAPPDATA", home / "AppData/Local"), "Microsoft/Windows/Fonts")
        return [own, Path(share("WINDIR", "C:/Windows"), "Fonts")]
    if sys.platform == "darwin":
        return [home / "Library/Fonts", Path("/Library/Fonts"), Path("/System/Library/Fonts")]
    # XDG Base Directory Specification, as fontconfig's own configuration has it.
    data = [share("XDG_DATA_HOME") or str(home / ".local/share")]
    data += (share("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    return [home / ".fonts", *(Path(one, "fonts") for one in data if one)]


def _folders_of(package: str) -> list[str]:
    spec = find_spec(package)
    return list(spec.submodule_search_locations or ()) if spec else []


def _readable(paths: Iterable[Path]) -> list[Font]:
    return [font for font in (Font(str(path)) for path in paths) if _can_be_used(font)]


def _can_be_used(font: Font) -> bool:
    # One shape a letter, which a PDF can hold too, and with its maker's leave.
    try:
        with font.tables() as tables:
            has_shapes = "fvar" not in tables and ("glyf" in tables or "CFF " in tables)
            if not has_shapes or tables["OS/2"].fsType & NO_EMBEDDING:
                return False
        return bool(font.sized(10).getbbox("A") and font.glyphs)
    except Exception:  # noqa: BLE001, RUF100 (a damaged font is none, whatever is wrong with it)
        return False
