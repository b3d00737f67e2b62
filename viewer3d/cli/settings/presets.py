"""The verb presets: the tables of windows, colours, keys and what opens how, with a person's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.inputs import json_option
from viewer3d.cli.terminal import print_aside, print_lines
from viewer3d.errors import SettingsError
from viewer3d.recipes.words.english import counted

if TYPE_CHECKING:
    from viewer3d.app.input.binding import Action
    from viewer3d.core.view.own_looks import OwnTransfer
    from viewer3d.render.volume.transfer import Preset
    from viewer3d.settings.read import SettingsFile


@click.command("presets")
@click.option("--example", is_flag=True, help="Print a file to begin with, in which all is commented out.")
@click.option("--check", type=click.Path(), metavar="FILE", help="Say whether a file of settings is right.")
@json_option
def presets_command(*, example: bool, check: str | None, as_json: bool) -> None:
    """List windows, transfer functions, colour maps, keys, and what opens how.

    What is your own comes from one file, which the first line names: viewer3d presets --example prints one to begin
    with. VIEWER3D_SETTINGS names another; where it is empty there is none.
    """
    from viewer3d.settings.opening import example_text  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.settings.read import SettingsFile, parse_settings, read_settings_file  # noqa: PLC0415

    if example:
        print_lines(example_text().rstrip("\n"))
        return
    if check is not None:
        source = parse_settings(_text_of(check), check)
        _check_keys(source)
        print_lines(f"{check}: right: {_counts(source)}")
        return
    try:
        source = read_settings_file()
        _check_keys(source)
    except SettingsError:
        print_aside("viewer3d: the file of settings cannot be followed: this is what is built in")
        _print(SettingsFile(), as_json=as_json)
        raise
    _print(source, as_json=as_json)


def _text_of(path: str) -> str:
    try:
        return Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}: give a file of settings") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: byte {error.start} is not UTF-8: save it as UTF-8") from error


def _check_keys(source: SettingsFile) -> None:
    from viewer3d.app.input.keys.own_keys import checked_key_groups  # noqa: PLC0415 (as above)

    checked_key_groups(source)


def _counts(source: SettingsFile) -> str:
    said = source.settings
    tables = {
        "key": said.keys,
        "window": said.windows,
        "transfer function": said.transfer_functions,
        "colour map": said.colors,
        "opening rule": said.open,
    }
    told = [counted(len(one), name) for name, one in tables.items() if one]
    return ", ".join(told) or "nothing of your own"


def _print(source: SettingsFile, *, as_json: bool) -> None:
    tables = preset_tables(source)
    print_lines(json.dumps(tables, indent=2) if as_json else _text(tables))


def preset_tables(source: SettingsFile) -> dict[str, Any]:
    """Return all tables of presets as plain values.

    Parameters
    ----------
    source : SettingsFile
        A person's own.

    Returns
    -------
    dict
        ``file`` (its path, and whether it is there), ``windows``, ``transfer_functions``, ``colors``, ``keys``,
        ``open`` and ``session``; of each entry ``own`` says whether it is from the file.
    """
    from viewer3d.settings.read import settings_path  # noqa: PLC0415 (as above)

    path = settings_path()
    return {
        "file": {"path": None if path is None else str(path), "exists": path is not None and path.exists()},
        "windows": _windows(source),
        "transfer_functions": _transfer_functions(source),
        "colors": _colors(source),
        "keys": _keys(source),
        "open": _opening(source),
        "session": {"keep": source.settings.session.keep, "recent": source.settings.session.recent},
    }


def _windows(source: SettingsFile) -> list[dict[str, Any]]:
    from viewer3d.core.window import window_rows  # noqa: PLC0415 (as above)

    rows: list[dict[str, Any]] = []
    own = {one.name: one.row for one in source.settings.windows}
    digits: dict[str, int] = {}
    for row in (*window_rows().values(), *own.values()):
        is_own = row.name in own
        digit = row.digit if is_own else digits.setdefault(row.scale, 0) + 1
        digits[row.scale] = digits.get(row.scale, 0) + (not is_own)
        numbers: dict[str, Any] = {"high": row.high}
        if row.scale != "percentile":
            window = row.window
            numbers = {"center": window.center, "width": window.width, "function": window.function}
        taken = not is_own and any(one.digit == digit and one.scale == row.scale for one in own.values())
        key = digit if 1 <= digit <= 9 and not taken else None
        of = {"unit": row.scale or None, "modality": row.modality or None}
        rows.append({"name": row.name, **of, **numbers, "digit": key, "own": is_own})
    return rows


def _transfer_functions(source: SettingsFile) -> list[dict[str, Any]]:
    from viewer3d.render.volume.transfer import presets  # noqa: PLC0415 (as above)

    def row(one: Preset | OwnTransfer, also: Sequence[str], *, own: bool) -> dict[str, Any]:
        points = [list(point) for point in one.points]
        about = {"scale": one.scale, "blend": one.blend, "also": [*also], "points": points}
        return {"name": one.name, **about, "own": own}

    return [
        *(row(one, one.alias, own=False) for one in presets().values()),
        *(row(one.own, (), own=True) for one in source.settings.transfer_functions),
    ]


def _colors(source: SettingsFile) -> list[dict[str, Any]]:
    from viewer3d.render.colors import color_maps, palette  # noqa: PLC0415 (as above)

    texts = {name: name for name in color_maps()} | {one.name: one.own.text for one in source.settings.colors}
    return [
        {
            "name": name,
            "colors": ["#{:02x}{:02x}{:02x}".format(*palette(text)[n]) for n in (0, 64, 128, 191, 255)],
            "own": name not in color_maps(),
        }
        for name, text in texts.items()
    ]


def _keys(source: SettingsFile) -> list[dict[str, Any]]:
    from viewer3d.app.input.bindings import GROUPS  # noqa: PLC0415 (as above)
    from viewer3d.app.input.keys.key_names import key_label  # noqa: PLC0415
    from viewer3d.app.input.keys.own_keys import checked_key_groups  # noqa: PLC0415

    def rows(groups: Any) -> list[dict[str, Any]]:
        found: dict[tuple[str, str, str], dict[str, Any]] = {}
        for heading, bindings in groups.items():
            for one in bindings:
                titles = {} if one.choices is not None else dict(zip(one.actions, one.action_titles, strict=True))
                does: list[Action | None] = [*one.input_actions] or [None] * max(len(one.inputs), 1)
                for name, action in zip(one.inputs or ("",) * len(does), does, strict=True):
                    title = titles.get(action, one.description) if action is not None else one.description
                    row = found.setdefault((heading, one.scope, title), {"where": heading, "title": title, "keys": []})
                    row["keys"] += [key_label(name)] if name else []
                    if action is not None and action.command is not None:
                        row["command"] = action.command
        return list(found.values())

    before = rows(GROUPS)
    return [{**row, "own": row not in before} for row in rows(checked_key_groups(source))]


def _opening(source: SettingsFile) -> dict[str, Any]:
    from viewer3d.settings.opening import opening_rules  # noqa: PLC0415 (as above)

    return {
        name: {"view": rule.view, "over": rule.over or None, "own": name in source.settings.open}
        for name, rule in opening_rules(source.settings).items()
    }


def _text(tables: dict[str, Any]) -> str:
    path, exists = tables["file"]["path"], tables["file"]["exists"]
    told = "none: VIEWER3D_SETTINGS is empty" if path is None else path if exists else f"{path} (not there)"
    lines = [f"your own file: {told}"]
    for heading, rows in (
        ("windows", [_window_row(one) for one in tables["windows"]]),
        ("transfer functions", [_transfer_row(one) for one in tables["transfer_functions"]]),
        ("colour maps", [(one["name"], " ".join(one["colors"]), one["own"]) for one in tables["colors"]]),
        ("what opens how", [_opening_row(name, one) for name, one in tables["open"].items()]),
        ("keys", [(", ".join(one["keys"]) or "-", one["title"], one["own"]) for one in tables["keys"]]),
    ):
        width = max(len(name) for name, _, _ in rows)
        lines += ["", heading, *(f"  {name:{width}}  {text}{'  (own)' if own else ''}" for name, text, own in rows)]
    return "\n".join(lines)


def _window_row(one: dict[str, Any]) -> tuple[str, str, bool]:
    of = " ".join(part for part in (one["modality"], one["unit"]) if part)
    if one["unit"] == "percentile":
        numbers = f"from the background to the percentile {one['high']:g}"
        of = one["modality"] or ""
    elif one["function"] == "LINEAR_EXACT":
        low, high = one["center"] - one["width"] / 2, one["center"] + one["width"] / 2
        numbers = f"{low:g} to {high:g}"
    else:
        numbers = f"{one['center']:g}/{one['width']:g}{'' if one['function'] == 'LINEAR' else ' ' + one['function']}"
    key = f"key {one['digit']}" if one["digit"] else ""
    return one["name"], ", ".join(part for part in (f"{numbers} {of}".rstrip(), key) if part), one["own"]


def _transfer_row(one: dict[str, Any]) -> tuple[str, str, bool]:
    also = f", also {', '.join(one['also'])}" if one["also"] else ""
    return one["name"], f"{one['scale']}, {one['blend']}{also}", one["own"]


def _opening_row(name: str, one: dict[str, Any]) -> tuple[str, str, bool]:
    return name, one["view"] + (f", over its {one['over']}" if one["over"] else ""), one["own"]
