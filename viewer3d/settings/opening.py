"""What opens how: the built-in table, with a person's own lines over it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

from viewer3d.core.view.own_looks import preset_file
from viewer3d.settings.values import OpeningRule, Settings


@cache
def built_in_rules() -> dict[str, OpeningRule]:
    """Return the lines of ``presets/opening.toml`` by what they are of."""
    return _rules(msgspec.toml.decode(preset_file("opening"), type=Settings).open)


def opening_rules(own: Settings) -> dict[str, OpeningRule]:
    """Return the lines of the table by what they are of, a person's own over the built-in ones."""
    return built_in_rules() | _rules(own.open)


def rule_for(
    rules: dict[str, OpeningRule], modality: str, *, is_single: bool = False, is_localizer: bool = False
) -> OpeningRule:
    """Return the line for a series.

    Parameters
    ----------
    rules : dict
        As :func:`opening_rules` returns it.
    modality : str
        DICOM's code; empty where it is not known.
    is_single, is_localizer : bool
        Whether it is a single image, or others are planned on it: these come before the modality.
    """
    names = ["localizer"] * is_localizer + ["single"] * is_single + [modality, "other"]
    return next(rules[name] for name in names if name in rules)


def _rules(table: dict[str, str | OpeningRule]) -> dict[str, OpeningRule]:
    return {name: OpeningRule(one) if isinstance(one, str) else one for name, one in table.items()}


def example_text() -> str:
    """Return the text of a file of settings to begin with, in which all is commented out."""
    return (Path(__file__).parents[1] / "presets" / "example.toml").read_text("utf-8")
