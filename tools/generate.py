"""Writes the files that are made from the models, or says which of them are stale."""

from __future__ import annotations

import sys
from pathlib import Path

from execution_operator.crds import DEFINITIONS, render
from reference import page

ROOT = Path(__file__).parent.parent


def generated() -> dict[Path, str]:
    """Every generated file with what has to stand in it."""
    crds, pages = ROOT / "crds", ROOT / "docs" / "reference"
    return {crds / f"{one.plural}.yaml": render([one]) for one in DEFINITIONS} | {
        pages / f"{one.kind.lower()}.md": page(one) for one in DEFINITIONS
    }


def there() -> set[Path]:
    """Every file where only generated ones are."""
    return {*(ROOT / "crds").glob("*.yaml"), *(ROOT / "docs" / "reference").glob("*.md")}


def main() -> int:
    """Write the files; with --check only compare, and fail on a stale one."""
    wanted = generated()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    surplus = sorted(there() - set(wanted))
    if "--check" in sys.argv[1:]:
        for path in [*stale, *surplus]:
            print(f"stale: {path.relative_to(ROOT)}: run `make generate`", file=sys.stderr)
        return 1 if stale or surplus else 0
    for path in surplus:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path])
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
