"""When the command at hand began: its budget counts from there."""

import time

started = time.monotonic()
