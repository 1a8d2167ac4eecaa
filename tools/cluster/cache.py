"""Folders made once and kept between runs; knows nothing of what is in them."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster.errors import ClusterError
from cluster.report import Report


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where folders are kept.

    A relative `XDG_CACHE_HOME` does not count (XDG Base Directory Specification, section Basics).
    """
    configured = Path(environ.get("XDG_CACHE_HOME", ""))
    base = configured if configured.is_absolute() else Path.home() / ".cache"
    return base / "execution-operator"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a folder is made in `target`.

    `make` fills an empty folder; `is_whole` says whether a folder holds all it should.
    """

    target: Path
    is_whole: Callable[[Path], bool]
    make: Callable[[Path], None]


def made_once(recipe: Recipe, report: Report) -> Path:
    """Make the folder unless it is there, and return it; one process makes it, others wait.

    Raises:
        ClusterError: it cannot be made.
    """
    if recipe.is_whole(recipe.target):
        return recipe.target
    try:
        recipe.target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(Path(f"{recipe.target}.lock"), report):
            if not recipe.is_whole(recipe.target):
                _make(recipe)
    except OSError as exc:
        message = f'cannot make "{recipe.target}": {exc}; XDG_CACHE_HOME names another place'
        raise ClusterError(message) from exc
    return recipe.target


def _make(recipe: Recipe) -> None:
    target = recipe.target
    # Whoever left them was killed: we hold the lock.
    for left in target.parent.glob(f"{target.name}.*.making"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        dir=target.parent, prefix=f"{target.name}.", suffix=".making"
    ) as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        recipe.make(made)
        if target.exists():
            shutil.rmtree(target)
        made.rename(target)


@contextmanager
def _locked(path: Path, report: Report) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report.say(f"another process makes {path.stem}: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
