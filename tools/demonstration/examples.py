"""Reads the examples and how each says that it ends; knows nothing of a cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from demonstration.errors import DemoError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

GROUP: Final = "execution-operator.io"
KEYS: Final = ("phase", "verdict", "ready", "reason")
# The examples name the address that `execution-simulator` has when nobody chooses another one.
PLACEHOLDER: Final = "http://127.0.0.1:8070/test"
_ENDS: Final = re.compile(r"#\s*Ends:(?P<said>.*)")
_CANCELLED: Final = re.compile(r"#\s*Cancelled:(?P<said>.*)")
_SHAPE: Final = "must be `# Ends: KIND/NAME KEY=VALUE ...`"


@dataclass(frozen=True, slots=True, order=True)
class Named:
    """An object of ours: kind and name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that an object shows at its end; the key is one of `KEYS`."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Ending:
    """How an example says that one of its objects ends."""

    about: Named
    fields: tuple[Field, ...]

    def __str__(self) -> str:
        return " ".join([str(self.about), *(f"{one.key}={one.value}" for one in self.fields)])


@dataclass(frozen=True, slots=True)
class Example:
    """A file that a person would copy: its own name, its text, and its objects of our group.

    Attributes:
        cancelled: runs to cancel, each as soon as it shows these fields.
    """

    file: str
    text: str
    objects: tuple[Named, ...]
    endings: tuple[Ending, ...]
    cancelled: tuple[Ending, ...] = ()

    def pointed_at(self, url: str) -> str:
        """Return the text with the server's real URL in place of the example's."""
        return self.text.replace(PLACEHOLDER, url)


def read_examples(folder: Path) -> tuple[Example, ...]:
    """Read all `*.yaml` of the folder, by name.

    Raises:
        DemoError: there is none, or one is not YAML or does not say how its objects end.
    """
    try:
        texts = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.yaml"))}
    except (OSError, UnicodeDecodeError) as exc:
        message = f'cannot read the examples in "{folder}": {exc}'
        raise DemoError(message) from exc
    if not texts:
        message = f'cannot read the examples in "{folder}": there is no *.yaml'
        raise DemoError(message)
    return tuple(read_example(file, text) for file, text in texts.items())


def read_example(file: str, text: str) -> Example:
    """Read one example.

    Raises:
        DemoError: it is not YAML, or its `# Ends:` lines are not about its objects of our group.
    """
    try:
        objects = tuple(_ours(yaml.safe_load_all(text)))
        endings, cancelled = tuple(_said(_ENDS, text)), tuple(_said(_CANCELLED, text))
    except (yaml.YAMLError, ValueError) as exc:
        message = f'cannot read example "{file}": {" ".join(str(exc).split())}'
        raise DemoError(message) from exc
    told = sorted(ending.about for ending in endings)
    if told != sorted(objects):
        message = (
            f'cannot read example "{file}": it has {_listed(objects)}, '
            f"but its lines `# Ends:` tell of {_listed(told)}"
        )
        raise DemoError(message)
    strangers = [str(one.about) for one in cancelled if one.about not in objects]
    if strangers:
        message = f'cannot read example "{file}": it has no {", ".join(strangers)} to be cancelled'
        raise DemoError(message)
    return Example(file, text, objects, endings, cancelled)


def parse_ending(said: str) -> Ending:
    """Read what stands behind `# Ends:`, such as `TestExecution/smoke phase=Succeeded`.

    Raises:
        ValueError: it has another shape or an unknown key; the text says what it must be.
    """
    words = said.split()
    kind, slash, name = words[0].partition("/") if words else ("", "", "")
    fields = tuple(map(_field, words[1:]))
    if not (kind and slash and name and fields):
        message = f'"{said.strip()}" says no end: {_SHAPE}'
        raise ValueError(message)
    return Ending(Named(kind, name), fields)


def _field(word: str) -> Field:
    key, _, value = word.partition("=")
    if key not in KEYS or not value:
        message = f'"{word}" says no end: {_SHAPE}, where KEY is one of {", ".join(KEYS)}'
        raise ValueError(message)
    return Field(key, value)


def _said(shape: re.Pattern[str], text: str) -> Iterable[Ending]:
    for line in text.splitlines():
        found = shape.match(line)
        if found:
            yield parse_ending(found["said"])


def _ours(documents: Iterable[Any]) -> Iterable[Named]:
    for document in documents:
        match document:
            case {"apiVersion": str(version), "kind": str(kind), "metadata": {"name": str(name)}}:
                if version.startswith(f"{GROUP}/"):
                    yield Named(kind, name)
            case None:
                continue
            case _:
                message = "a document lacks apiVersion, kind or metadata.name"
                raise ValueError(message)


def _listed(objects: Iterable[Named]) -> str:
    return ", ".join(map(str, objects)) or "nothing"
