"""How the command of an exported folder ends: one clear message, and the exit status that Lamina's commands have."""

from __future__ import annotations

import sys
from collections.abc import Callable

from lamina.core import LaminaError

INTERRUPTED = 130


def run(main: Callable[[], None]) -> None:
    """Exit status: 0 done; 1 something was wrong, said on standard error; 2 the command was misspelt; 130 interrupted."""
    try:
        main()
    except LaminaError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
