"""Find, read and check a person's file of settings.

It is ``settings.toml`` in the folder that platformdirs gives for the configuration of viewer3d, or the file that the
variable ``VIEWER3D_SETTINGS`` names; where that is empty there is none. Without a file all is as it is built in. What
is built in keeps its name: a name of ``presets/`` means the same on every machine, so the file is read only where a
name is not built in, and where a window opens.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import msgspec

from viewer3d.core.option_names import nearest_name
from viewer3d.core.text import one_line
from viewer3d.core.view.own_looks import plain_name
from viewer3d.errors import SettingsError
from viewer3d.settings.values import (
    OpeningRule,
    OwnColorsTable,
    OwnTransferTable,
    OwnWindow,
    SessionSettings,
    Settings,
    is_modality,
    modality_remedy,
)

VARIABLE: Final = "VIEWER3D_SETTINGS"

LARGEST_FILE: Final = 1 << 20
"""Of the file: what is larger is something else."""

_FIELDS: Final[dict[str, type[msgspec.Struct]]] = {
    "": Settings,
    "windows": OwnWindow,
    "transfer_functions": OwnTransferTable,
    "colors": OwnColorsTable,
    "session": SessionSettings,
    "open": OpeningRule,
}
"""The tables of the file by their names."""

_OPENED: Final = ("localizer", "single", "other")
"""What is told apart beside modalities."""


@dataclass(frozen=True)
class SettingsFile:
    """A file of settings that was checked, and its text, by which errors find their line.

    Attributes
    ----------
    path : str
        As messages name it; empty where there is no file.
    text : str
    settings : Settings
    """

    path: str = ""
    text: str = ""
    settings: Settings = field(default_factory=Settings)

    def error(self, table: str, key: str, message: str, number: int | None = None) -> SettingsError:
        """Return the error of a key in a table, of several tables in that of a number from 0."""
        line = _line_of(self.text, table, key, number)
        where = f"line {line}" if line else "the file"
        named = f", [{table}]" if table and number is None else f", [[{table}]]" if table else ""
        return SettingsError(one_line(f"{self.path or 'settings'}, {where}{named}: {message}"))


def settings_path() -> Path | None:
    """Return where the person's file is or would be; None where the variable says that there is none."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named).expanduser() if named else None
    return _usual_path(*map(os.environ.get, ("HOME", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA")))


@lru_cache(maxsize=4)
def _usual_path(*folders: str | None) -> Path:  # noqa: ARG001 (what platformdirs goes by: each key asks for the path)
    import platformdirs  # noqa: PLC0415 (a picture that needs no file needs no folder)

    return platformdirs.user_config_path("viewer3d") / "settings.toml"


def read_settings_file() -> SettingsFile:
    """Read the person's file, again only when it has changed.

    Raises
    ------
    SettingsError
        When it cannot be read or is wrong, or the variable names a file that is not there; the message says where in
        it, what was expected, and how to mend it.
    """
    path = settings_path()
    if path is None:
        return SettingsFile()
    try:
        found = path.stat()
    except FileNotFoundError:
        if VARIABLE not in os.environ:
            return SettingsFile()
        raise SettingsError(
            f"{path}: there is no such file, and {VARIABLE} names it: make it with viewer3d presets --example, or "
            "leave the variable empty"
        ) from None
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}: make it a file that can be read") from error
    return _read(path, found.st_mtime_ns, found.st_size)


def settings() -> Settings:
    """Return what the person's file says, see :func:`read_settings_file`."""
    return read_settings_file().settings


def settings_or_built_in() -> tuple[Settings, str]:
    """Return what the person's file says, else what is built in with what a window says of why.

    A window is to open with any file: it says that all is as it is built in. A picture of something of a person's own
    is not drawn otherwise than was asked for: there the error is raised.
    """
    try:
        return settings(), ""
    except SettingsError as error:
        return Settings(), f"Own keys, windows and colours are left out. {error}"


@lru_cache(maxsize=4)
def _read(path: Path, changed: int, size: int) -> SettingsFile:  # noqa: ARG001 (a changed file is another)
    try:
        if size > LARGEST_FILE:
            raise SettingsError(f"{path}: {size:,} bytes; a file of settings has {LARGEST_FILE:,} at most")
        return parse_settings(path.read_bytes().decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: byte {error.start} is not UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}: make it a file that can be read") from error


def parse_settings(text: str, path: str = "settings") -> SettingsFile:
    """Read and check the text of a file of settings.

    Parameters
    ----------
    text : str
        TOML.
    path : str
        What messages name.

    Raises
    ------
    SettingsError
        When it is no TOML, or says what nothing can be made of.
    """
    import tomllib  # noqa: PLC0415 (most people have no file)

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(one_line(f"{path}: no TOML: {error}; see viewer3d presets --example")) from error
    try:
        checked = SettingsFile(path, text, msgspec.convert(found, Settings))
    except msgspec.ValidationError as error:
        raise _explained(SettingsFile(path, text), found, str(error)) from error
    _check_names(checked)
    return checked


def _explained(source: SettingsFile, found: dict[str, Any], message: str) -> SettingsError:
    """Return msgspec's message in plain words, with its line and the nearest name."""
    message, _, path = message.partition(" - at `$")
    parts = re.findall(r"\.(\w+)|\[(\d+)\]", path.removesuffix("`"))
    names = [name for name, _ in parts if name]
    table = names[0] if names else ""
    is_list = isinstance(found.get(table), list)
    number = next((int(digits) for _, digits in parts if digits), None) if is_list else None
    key = names[1] if len(names) > 1 else ""
    if unknown := re.search(r"unknown field `(.*)`", message):
        key = unknown[1]
        message = f"there is no {key!r}: {nearest_name(key, [*_FIELDS.get(table, Settings).__struct_fields__])}"
        table = table or key
    elif missing := re.search(r"missing required field `(.*)`", message):
        message = f"{missing[1]} is missing: give it"
    else:
        key = key or (_wrong_key(found[table], table) if isinstance(found.get(table), dict) else "")
        message = _plain_message(message, _FIELDS.get(table), key)
    is_table = isinstance(found.get(table), dict | list)
    return source.error(table, key, message, number if is_table else None)


_KINDS: Final = {
    "int": "a whole number",
    "float": "a number",
    "str": "text in quotes",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
"""What msgspec calls what TOML holds, in plain words."""


def _plain_message(message: str, table: type[msgspec.Struct] | None, key: str) -> str:
    what = f"{key}: " if key else ""
    if wrong := re.search(r"Invalid enum value (.*)", message):
        hints = get_type_hints(table) if table is not None else {}
        return f"{what}{wrong[1]}; give one of {', '.join(get_args(hints.get(key)))}"
    if length := re.search(r"Expected `array` of (?:at (least|most) )?length (\d+)", message):
        return f"{what}give {f'at {length[1]} ' if length[1] else ''}{length[2]} values"
    if kinds := re.search(r"Expected `(.*?)`(?:, got `(.*)`)?", message):
        wanted = [_KINDS.get(one, one) for one in kinds[1].split(" | ") if one != "null"]
        got = f"this is {_KINDS.get(kinds[2], kinds[2])}; " if kinds[2] else ""
        return f"{what}{got}give {' or '.join(wanted)}"
    return f"{what}{message}"


def _wrong_key(table: Any, name: str) -> str:
    # Of a table whose keys are not of this package msgspec says "[...]": the first that is refused is meant.
    if not isinstance(table, dict):
        return ""
    for key, value in table.items():
        try:
            msgspec.convert({name: {key: value}}, Settings)
        except msgspec.ValidationError:
            return str(key)
    return ""


def _check_names(source: SettingsFile) -> None:
    """Check that own names are not built in and not given twice, and what [open] is of."""
    said = source.settings
    tables: tuple[tuple[str, str, Sequence[OwnWindow | OwnTransferTable | OwnColorsTable]], ...] = (
        ("windows", "windows", said.windows),
        ("transfer_functions", "rendering", said.transfer_functions),
        ("colors", "colors", said.colors),
    )
    for table, file, rows in tables:
        names: list[str] = []
        for number, row in enumerate(rows):
            if _bare(row.name) in _built_in(file):
                message = f"{row.name} is built in, and means the same everywhere: give another name, as my-{row.name}"
                raise source.error(table, "name", message, number)
            if row.name in names:
                raise source.error(table, "name", f"{row.name} is there twice: give each a name of its own", number)
            names.append(row.name)
    digits: dict[tuple[int, str, str], str] = {}
    for number, window in enumerate(said.windows):
        key = window.digit, window.unit, window.modality
        if window.digit and key in digits:
            message = f"digit {window.digit} is that of {digits[key]}, for the same values: give another"
            raise source.error("windows", "digit", message, number)
        digits[key] = window.name
    for name, rule in said.open.items():
        if name not in _OPENED and not is_modality(name):
            message = f"{name!r} is no modality: give {modality_remedy(name)}, or localizer, single or other"
            raise source.error("open", name, message)
        if isinstance(rule, str):
            try:
                OpeningRule(rule)
            except ValueError as error:
                raise source.error("open", name, str(error)) from error


def _bare(name: str) -> str:
    return plain_name(name).replace("-", "")


@lru_cache
def _built_in(table: str) -> frozenset[str]:
    # The words that the other tables of presets know: of transfer functions also other names for them.
    path = Path(__file__).parents[1] / "presets" / f"{table}.toml"
    rows = next(iter(msgspec.toml.decode(path.read_bytes()).values()))
    reserved = {"auto", "none"} if table == "rendering" else set()
    return frozenset(reserved | {_bare(name) for row in rows for name in (row["name"], *row.get("alias", ()))})


def _line_of(text: str, table: str, key: str, number: int | None) -> int:
    """Return the line, from 1, of a key in a table, else of the table's head; 0 for neither."""
    head, count, at = "", -1, 0
    wanted = re.compile(rf"""(?:^|.*[{{,\s])["']?{re.escape(key)}["']?\s*[=.]""") if key else None
    for line, words in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*(\[\[?)\s*([\w-]+)\s*\]", words):
            head = found[2]
            count += head == table and found[1] == "[["
            at = line if head == table and number in (None, count) else at
        elif wanted is not None and head == table and number in (None, count) and wanted.match(words):
            return line
        elif not head and table and re.match(rf"\s*{re.escape(table)}\s*[=.]", words):
            at = line
    return at
