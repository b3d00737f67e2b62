"""Which keys the help names on a screen: a browser keeps some, and Alt does there what Ctrl does."""

from __future__ import annotations

from typing import Final

from viewer3d.app.input.binding import Binding, Command
from viewer3d.app.input.bindings import GROUPS
from viewer3d.app.input.keys.key_names import is_key, key_label
from viewer3d.app.input.keys.own_keys import Groups
from viewer3d.app.input.keys.screen_traits import ScreenTraits

KEPT_BY_BROWSERS: Final = frozenset(
    {"ctrl+n", "ctrl+N", "ctrl+t", "ctrl+T", "ctrl+w", "ctrl+W", "ctrl+Q", "ctrl+P", "ctrl+Prior", "ctrl+Next", "F11"}
)
"""Keys that no page gets, or not always: tabs, windows and the end of the program. In Chromium
(``BrowserCommandController::IsReservedCommandOrKey``) F11 while a page fills the screen; in Firefox what its keys have
``reserved`` for, as Ctrl + Shift + p."""

_OPENING: Final[tuple[Command, ...]] = ("open folder", "open with dialog")

_CLOSING: Final[Command] = "close"

_ALT: Final = (
    ("Alt", "does what Ctrl does, with every key"),
    ("macOS", "Ctrl or Command; Alt types there"),
)
"""What the help says of a browser's keys, as keys and what they do."""


def key_on(name: str, traits: ScreenTraits) -> str:
    """Return what is on a key, or on another that does the same where a browser keeps that one.

    Parameters
    ----------
    name : str
        As :class:`viewer3d.app.input.binding.Binding` has it.
    traits : ScreenTraits

    Examples
    --------
    >>> [key_on(name, ScreenTraits(in_browser=True)) for name in ("ctrl+t", "ctrl+s", "F11")]
    ['Alt + t', 'Ctrl + s', 'Alt + Return']
    """
    label = key_label(name)
    return _with_alt(label) if traits.in_browser and name in KEPT_BY_BROWSERS else label


def help_lines(groups: Groups, traits: ScreenTraits) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """Return what the help says on a screen: headings, and under each keys with what they do.

    Parameters
    ----------
    groups : mapping
        The table, with a person's own keys.
    traits : ScreenTraits
    """
    # What has no key is in the palette.
    lines = [(title, tuple(_help_line(one, traits) for one in bindings if one.inputs and _can_be(one, traits)))
             for title, bindings in groups.items()]  # fmt: skip
    if traits.in_browser:
        lines.append(("In a browser", _ALT))
    return tuple((title, rows) for title, rows in lines if rows)


def browser_table() -> str:
    """Return the keys that a browser keeps, and those that do the same there, in Markdown."""
    browser = ScreenTraits(in_browser=True)
    lines = ["| elsewhere | in a browser | what it does |", "|---|---|---|"]
    for bindings in GROUPS.values():
        for one in bindings:
            titles = dict(zip(one.actions, one.action_titles, strict=True))
            for name, action in zip(one.inputs, one.input_actions, strict=False):  # a drag has no action
                if is_key(name) and name in KEPT_BY_BROWSERS:
                    lines.append(f"| {key_label(name)} | {key_on(name, browser)} | {titles[action]} |")
    return "\n".join(lines)


def _can_be(binding: Binding, traits: ScreenTraits) -> bool:
    is_for_opening = bool(binding.commands) and set(binding.commands) <= set(_OPENING)
    return traits.opens_places or not is_for_opening


def _help_line(binding: Binding, traits: ScreenTraits) -> tuple[str, str]:
    label, does = binding.label, binding.description
    if traits.in_browser and KEPT_BY_BROWSERS & set(binding.inputs):
        label = _with_alt(label)  # also what is not kept: with one label for several keys they have the same one held
    if not traits.closes_by_keys and _CLOSING in binding.commands:
        does = "closes what is over the picture, full screen"
    return label, does


def _with_alt(label: str) -> str:
    return label.replace("F11", "Alt + Return").replace("Ctrl", "Alt")
