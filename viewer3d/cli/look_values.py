"""The keys and values of ``--look``, from text.

The keys are the arguments of ``viewer3d.load``, ``viewer3d.load_segmentation`` and ``viewer3d.Layer``, and the fields
of the looks of images and of regions: there is no list of them to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from viewer3d.cli.reading_options import spacing_of
from viewer3d.core.text import is_number
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.core.dose.plan import Plan

OF_ALL: Final = ("identify", "max_memory", "strict")
"""Arguments of ``viewer3d.load`` that options give for all that is loaded; each overlay has the others of its own."""


def look_keys() -> dict[str, dict[str, Any]]:
    """Return the keys of ``--look`` with the types of their values, by what has them.

    Looks of images and of regions share some; ``series`` chooses images and objects alike.
    """
    from viewer3d.core.layers import Layer  # noqa: PLC0415 (what draws no overlay needs none of this)
    from viewer3d.core.view.look import ImageLook, RegionLook  # noqa: PLC0415
    from viewer3d.formats.load import load  # noqa: PLC0415
    from viewer3d.formats.load_segmentation import load_segmentation  # noqa: PLC0415

    others: dict[Any, tuple[str, ...]] = {
        load: ("where", "progress", "return", *OF_ALL),
        load_segmentation: ("where", "series", "return", *OF_ALL),
        Layer: ("data", "look"),
        ImageLook: (),
        RegionLook: (),
    }
    return {
        one.__name__: {
            key: kind
            for key, kind in get_type_hints(one, None, {"Dataset": Any, "AnyPlan": Any}).items()
            if key not in without
        }
        for one, without in others.items()
    }


def look_texts(looks: Iterable[str], keys: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each key of the values of ``--look``.

    A part that is a number belongs to the value before it, as in ``spacing=1,1,3``, and so does, after ``segments``, a
    part that is no key. In quotes a comma is a letter, as in ``segments="Lung, left":Liver``.
    """
    texts: dict[str, str] = {}
    for look in looks:
        key = ""
        for part in filter(None, (part.strip() for part in _parted(look, ","))):
            name, equals, text = (word.strip() for word in part.partition("="))
            is_more = key and not equals and (is_number(part) or (key in _LISTS and _as_key(name) not in keys))
            if is_more or (key in _LISTS and part.startswith(QUOTES)):
                texts[key] += f",{part}"
                continue
            key = _as_key(name)
            _check_key(look, key, keys)
            if key in texts and key not in _LISTS:
                raise ViewError(
                    f"--look {key} was given twice for one overlay, as {texts[key]} and {text}: give it once"
                )
            if not equals and keys[key] is not bool:
                raise ViewError(f"--look {look}: {key} has no value: give {key}=VALUE")
            texts[key] = f"{texts[key]},{text}" if key in texts else text if equals else "yes"
        if not key:
            raise ViewError(f"--look {look!r} says nothing: give KEY=VALUE, as in --look colors=pet,opacity=0.5")
    return texts


def _as_key(name: str) -> str:
    return name.replace("-", "_")


QUOTES: Final = ('"', "'")
"""Around a name that holds what otherwise parts values."""

_LISTS: Final = ("which", "segments")
"""Keys that may be given several times."""


def _parted(text: str, marks: str) -> list[str]:
    """Return the parts of a text between marks; a quote at the beginning of a value ends at the next one."""
    parts, quote, before = [""], "", ","
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in QUOTES and before in ",:=":
            quote = letter
        elif letter in marks:
            parts.append("")
            before = letter
            continue
        parts[-1] += letter
        before = letter if not letter.isspace() else before
    if quote:
        raise ViewError(f"--look {text}: the quote {quote} does not end: give it twice, around a name")
    return parts


def _bare(text: str) -> str:
    """Return a text without the quotes around it."""
    return text[1:-1] if len(text) > 1 and text[0] in QUOTES and text[0] == text[-1] else text


def _check_key(look: str, key: str, keys: Mapping[str, Any]) -> None:
    if key in keys:
        return
    if key in OF_ALL:
        raise ViewError(f"--look {look}: {key} is for all that is loaded: give --{key.replace('_', '-')}")
    import difflib  # noqa: PLC0415 (as above)

    near = difflib.get_close_matches(key, keys, 1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise ViewError(f"--look {look}: there is no {key!r}; {meant}Give some of {', '.join(keys)}")


def look_value(key: str, text: str, kind: Any) -> Any:
    """Return the value of a key from its text."""
    from viewer3d.core.view.look import REGION_SHARE_FIELDS, SHARE_FIELDS  # noqa: PLC0415 (as above)

    if key not in _LISTS:
        text = _bare(text)
    if key in _OWN:
        return _OWN[key](text)
    kinds = get_args(kind) if get_origin(kind) in {Union, UnionType} else (kind,)
    try:
        if get_origin(kind) is Literal:
            return {choice: choice for choice in get_args(kind)}[text]
        if bool in kinds:
            return {**dict.fromkeys(("yes", "true", "on"), True), **dict.fromkeys(("no", "false", "off"), False)}[text]
        if str in kinds:
            return text
        if key in (*SHARE_FIELDS, *REGION_SHARE_FIELDS) and text.endswith("%"):
            return float(text[:-1]) / 100
        return int(text) if int in kinds else float(text)
    except (KeyError, ValueError):
        wanted = ", ".join(map(str, get_args(kind))) if get_origin(kind) is Literal else ""
        wanted = wanted or ("yes or no" if bool in kinds else "a whole number" if int in kinds else "a number")
        raise ViewError(f"--look {key}={text}: give {wanted}") from None


def _which(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for part in text.split(","):
        name, _, value = part.replace("=", ":", 1).partition(":")
        if not name or not value or name in pairs:
            raise ViewError(f"--look which={text}: give which=NAME:VALUE, as in which=echo:2, each name once")
        pairs[name] = value
    return pairs


def _segments(text: str) -> list[int | str]:
    """Return the numbers and names of a text; a number in quotes is a name."""
    named = list(filter(None, (part.strip() for part in _parted(text, ":,"))))
    if not named:
        raise ViewError(f"--look segments={text}: give names or numbers, as in segments=Liver:Spleen")
    return [int(one) if one.isdecimal() and len(one) < 10 else _bare(one) for one in named]


def _names(text: str) -> str:
    from viewer3d.formats.label_names import read_names  # noqa: PLC0415 (as above)

    read_names(text)  # a table that cannot be read is refused before anything is loaded
    return text


def _spacing(text: str) -> tuple[float, float, float] | None:
    return spacing_of(text, "--look spacing=")


def _window(text: str) -> str:
    from viewer3d.core.window import check_window_text  # noqa: PLC0415 (as above)

    check_window_text(text)
    return text


def _matrix(text: str) -> list[list[float]] | str:
    """Return the 4 x 4 matrix of a text of 16 numbers, or the name of a file that holds one."""
    numbers = text.replace(",", " ").split()
    if not all(map(is_number, numbers)):
        from viewer3d.formats.load_transform import read_transform  # noqa: PLC0415 (as above)

        read_transform(text)  # a file that holds none is refused before anything is loaded
        return text
    if len(numbers) != 16:
        raise ViewError(f"--look transform={text}: {len(numbers)} numbers: give 16, row by row, or a file of them")
    return [[float(word) for word in numbers[row : row + 4]] for row in (0, 4, 8, 12)]


def _levels(text: str) -> str:
    from viewer3d.core.dose.levels import read_levels  # noqa: PLC0415 (as above)

    levels = text.replace(",", ":")
    read_levels(levels)
    return levels


def plan_of(text: str) -> Plan:
    """Return a plan from a text: the dose in Gy, as ``60`` or ``60Gy``, or the file that holds it."""
    from viewer3d.core.dose.plan import as_plan  # noqa: PLC0415 (as above)

    dose = text.strip().removesuffix("Gy").strip()
    return as_plan(float(dose) if is_number(dose) else text)


_OWN: Final[dict[str, Callable[[str], Any]]] = {
    "which": _which,
    "segments": _segments,
    "names": _names,
    "spacing": _spacing,
    "window": _window,
    "transform": _matrix,
    "levels": _levels,
    "plan": plan_of,
}
"""What reads a value that is no plain number, word, or yes or no."""
