"""Where `execution-operator` and `python -m execution_operator` begin."""

from __future__ import annotations

from execution_operator.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
