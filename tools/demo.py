"""Where `make demo` begins; knows only that the rest takes a moment to load."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Tell the demonstration and return its exit code."""
    # Nothing is to be ended in order yet: a Ctrl-C now ends us at once, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from demonstration import command  # noqa: PLC0415 - after the line above

    return command.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
