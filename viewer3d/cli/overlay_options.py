"""The options ``--overlay`` and ``--look``: what is drawn over the volume at PATH, and how.

The keys of ``--look`` are the arguments of ``viewer3d.load`` and ``viewer3d.Layer``, and the fields of a look: there is
no list of them to keep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import click

from viewer3d.cli.reading_options import spacing_of, with_options
from viewer3d.core.text import is_number
from viewer3d.errors import ViewError

if TYPE_CHECKING:
    from viewer3d.core.layers import Layer

OVERLAY: Final = (
    click.option(
        "--overlay",
        multiple=True,
        type=click.Path(),
        metavar="PATH",
        help="Drawn over PATH: PET over its CT, ...; once or more.",
    ),
    click.option(
        "--look",
        multiple=True,
        metavar="KEY=VALUE,...",
        help="Of the --overlay before it: colors=pet, window=0-10, opacity=0.5, blend, series=3, which=time:2, "
        "transform=FILE, same_frame, ...",
    ),
)
"""In the order of the help."""

OF_ALL: Final = ("identify", "max_memory")
"""Arguments of ``viewer3d.load`` that options give for all that is loaded; each overlay has the others of its own."""


class OverlayWords(NamedTuple):
    """An ``--overlay`` and the ``--look`` options that follow it, as they were typed."""

    path: str
    looks: tuple[str, ...] = ()


class OverlayCommand(click.Command):
    """Verb with ``--overlay`` and ``--look``, which it is given as ``overlays``: :class:`OverlayWords`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words of the command line, and give each ``--look`` to the ``--overlay`` before it."""
        given = list(args)
        rest = super().parse_args(ctx, args)
        values = {name: list(ctx.params.pop(name, None) or ()) for name in ("overlay", "look")}
        named: list[str] = []
        if any(values.values()) and not ctx.resilient_parsing:
            # click gathers the values of an option, whatever comes between them; the parser alone knows the order.
            _, _, order = self.make_parser(ctx).parse_args(args=given)
            named = [str(one.name) for one in order if one.name in values]
        ctx.params["overlays"] = _gathered((name, values[name].pop(0)) for name in named)
        return rest


def overlay_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a verb, made with :class:`OverlayCommand`, that draws volumes over another."""
    return with_options(command, OVERLAY)


class OverlayChoice(NamedTuple):
    """An overlay that was asked for.

    Attributes
    ----------
    reading : dict
        Arguments of :func:`viewer3d.load`, those for all that is loaded left out.
    layer : Layer
        How it lies and looks; its data are the path.
    """

    reading: dict[str, Any]
    layer: Layer

    @property
    def path(self) -> str:
        """Where its files are."""
        return str(self.layer.data)


def overlay_choices(words: Sequence[OverlayWords]) -> tuple[OverlayChoice, ...]:
    """Return what overlays are asked for; what can be checked before anything is loaded is checked.

    Raises
    ------
    ViewError, WindowError
        When a ``--look`` has an unknown key, or a value that its key cannot have.
    """
    return tuple(_choice(one) for one in words)


def _gathered(options: Iterable[tuple[str, str]]) -> tuple[OverlayWords, ...]:
    found: list[OverlayWords] = []
    for name, value in options:
        if name == "overlay":
            found.append(OverlayWords(value))
        elif not found:
            raise ViewError(f"--look {value}: is of no overlay: give --overlay PATH before it")
        else:
            found[-1] = OverlayWords(found[-1].path, (*found[-1].looks, value))
    return tuple(found)


def _choice(words: OverlayWords) -> OverlayChoice:
    from viewer3d.core.layers import Layer  # noqa: PLC0415 (what draws no overlay needs none of this)
    from viewer3d.core.view.look import ImageLook  # noqa: PLC0415
    from viewer3d.core.window import Window  # noqa: PLC0415
    from viewer3d.render.colors import palette  # noqa: PLC0415

    groups = look_keys()
    texts = _texts(words.looks, {key: kind for group in groups.values() for key, kind in group.items()})
    reading, placing, look = (
        {key: _value(key, texts[key], kind) for key, kind in group.items() if key in texts} for group in groups.values()
    )
    ImageLook(Window(0, 1), **{key: value for key, value in look.items() if key != "window"})  # refuses what is none
    if "colors" in look:
        palette(look["colors"])
    return OverlayChoice(reading, Layer(words.path, **placing, look=look))


def look_keys() -> dict[str, dict[str, Any]]:
    """Return the keys of ``--look`` with the types of their values: those of load, Layer and ImageLook."""
    from viewer3d.core.layers import Layer  # noqa: PLC0415 (as above)
    from viewer3d.core.view.look import ImageLook  # noqa: PLC0415
    from viewer3d.dicom.load import load  # noqa: PLC0415

    others = {"load": ("where", "progress", "return", *OF_ALL), "Layer": ("data", "look"), "ImageLook": ()}
    return {
        one.__name__: {
            key: kind
            for key, kind in get_type_hints(one, None, {"Dataset": Any}).items()
            if key not in others[one.__name__]
        }
        for one in (load, Layer, ImageLook)
    }


def _texts(looks: Iterable[str], keys: Mapping[str, Any]) -> dict[str, str]:
    """Return the text of each key.

    A part that is a number belongs to the value before it, as in ``spacing=1,1,3``.
    """
    texts: dict[str, str] = {}
    for look in looks:
        key = ""
        for part in filter(None, (part.strip() for part in look.split(","))):
            name, equals, text = (word.strip() for word in part.partition("="))
            if key and not equals and is_number(part):
                texts[key] += f",{part}"
                continue
            key = name.replace("-", "_")
            _check_key(look, key, keys)
            if key in texts and key != "which":
                raise ViewError(
                    f"--look {key} was given twice for one overlay, as {texts[key]} and {text}: give it once"
                )
            if not equals and keys[key] is not bool:
                raise ViewError(f"--look {look}: {key} has no value: give {key}=VALUE")
            texts[key] = f"{texts[key]},{text}" if key in texts else text if equals else "yes"
        if not key:
            raise ViewError(f"--look {look!r} says nothing: give KEY=VALUE, as in --look colors=pet,opacity=0.5")
    return texts


def _check_key(look: str, key: str, keys: Mapping[str, Any]) -> None:
    if key in keys:
        return
    if key in OF_ALL:
        raise ViewError(f"--look {look}: {key} is for all that is loaded: give --{key.replace('_', '-')}")
    import difflib  # noqa: PLC0415 (as above)

    near = difflib.get_close_matches(key, keys, 1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise ViewError(f"--look {look}: there is no {key!r}; {meant}Give some of {', '.join(keys)}")


def _value(key: str, text: str, kind: Any) -> Any:
    """Return the value of a key from its text."""
    from viewer3d.core.view.look import SHARE_FIELDS  # noqa: PLC0415 (as above)

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
        if key in SHARE_FIELDS and text.endswith("%"):
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


_OWN: Final[dict[str, Callable[[str], Any]]] = {
    "which": _which,
    "spacing": _spacing,
    "window": _window,
    "transform": _matrix,
}
"""What reads a value that is no plain number, word, or yes or no."""
