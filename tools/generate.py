"""Writes the files that are made from the models, or says which of them are stale."""

from __future__ import annotations

import sys
from pathlib import Path

from execution_operator.crds import DEFINITIONS, render

ROOT = Path(__file__).parent.parent


def generated() -> dict[Path, str]:
    """Every generated file with what has to stand in it."""
    return {
        ROOT / "crds" / f"{definition.plural}.yaml": render([definition])
        for definition in DEFINITIONS
    }


def main() -> int:
    """Write the files; with --check only compare, and fail on a stale one."""
    wanted = generated()
    there = set((ROOT / "crds").glob("*.yaml"))
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    surplus = sorted(there - set(wanted))
    if "--check" in sys.argv[1:]:
        for path in [*stale, *surplus]:
            print(f"stale: {path.relative_to(ROOT)}: run `make generate`", file=sys.stderr)
        return 1 if stale or surplus else 0
    for path in surplus:
        path.unlink()
    for path in stale:
        path.write_text(wanted[path])
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
