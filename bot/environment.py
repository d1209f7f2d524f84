"""Where settings come from: the environment, a `.env` file, and files named by `NAME_FILE`."""

import difflib
import errno
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import parse_stream

FILE_SUFFIX = "_FILE"
LONGEST_SECRET = 65_536
FOREIGN = frozenset({"COMPOSE_PROJECT_NAME", "VALKEY_PASSWORD"})  # read by compose.yaml, not by us


@dataclass(slots=True)
class Found:
    """The texts that were set, and every trouble met on the way; no text is ever in a trouble.

    A problem stops the start. A warning does not.
    """

    values: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def find(names: Collection[str], env: Mapping[str, str], env_file: Path | None) -> Found:
    """What is set for `names`. The environment goes before the file; an empty text is unset."""
    found = Found()
    written = _written(env_file, found) if env_file is not None else {}
    found.warnings += _strangers(names, written, env_file)
    for name in names:
        for place in (env, written):
            if text := _text(name, place, found):
                found.values[name] = text
                break
    return found


def _text(name: str, place: Mapping[str, str], found: Found) -> str:
    direct = place.get(name, "").strip()
    path = place.get(name + FILE_SUFFIX, "").strip()
    if direct and path:
        found.problems.append(f"{name}: set it or {name}{FILE_SUFFIX}, not both")
    if direct or not path:
        return direct
    return _content(name + FILE_SUFFIX, Path(path), found)


def _content(name: str, path: Path, found: Found) -> str:
    try:
        text = _read(path.expanduser()).strip()
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        found.problems.append(f"{name}: cannot read {path} ({_why(error)}): name a readable file")
        return ""
    if not text:
        found.problems.append(f"{name}: {path} is empty: write the value into it")
    return text


def _read(path: Path) -> str:
    """A file's text: of a device or a huge file only the beginning, which is then refused."""
    with path.open("rb") as file:
        content = file.read(LONGEST_SECRET + 1)
    if len(content) > LONGEST_SECRET:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return content.decode()


def _written(path: Path, found: Found) -> dict[str, str]:
    """The pairs of a `.env` file, taken literally; a missing file is an empty one."""
    try:
        with path.open(encoding="utf-8-sig") as lines:
            bindings = list(parse_stream(lines))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        found.problems.append(f"{path}: cannot be read ({_why(error)}): make it a UTF-8 text file")
        return {}
    found.problems += [
        f"{path}, line {binding.original.line}: not understood: write NAME=value"
        for binding in bindings
        if binding.error
    ]
    return {binding.key: binding.value or "" for binding in bindings if binding.key}


def _strangers(
    names: Collection[str], written: Mapping[str, str], path: Path | None
) -> Iterator[str]:
    known = [*names, *(name + FILE_SUFFIX for name in names)]
    for stranger in sorted(set(written) - set(known) - FOREIGN):
        near = difflib.get_close_matches(stranger.upper(), known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        yield f"{stranger} in {path} is not a setting and is ignored{hint}"


def _why(error: Exception) -> str:
    return error.strerror or "?" if isinstance(error, OSError) else "not UTF-8 text"
