"""Processors that do not go to sleep: waking one takes up to a millisecond on a virtual machine.

That is the machine's, and would count against whoever lets others wait for longer. Linux only, as are the
other measurements of processes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

# Runs only where nobody else wants to; ends by itself where whoever began it is gone.
SPIN = """
import os
os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
while os.getppid() == {parent}:
    for _ in range(100_000):
        pass
"""


@contextmanager
def awake() -> Iterator[None]:
    """Keep every processor busy meanwhile, with what gives way to everybody."""
    with ExitStack() as stack:
        for _ in range(os.cpu_count() or 1):
            spinning = subprocess.Popen([sys.executable, "-c", SPIN.format(parent=os.getpid())])
            stack.callback(spinning.wait)
            stack.callback(spinning.kill)
        yield
