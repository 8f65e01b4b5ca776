"""Lets the event loop's thread go before the threads that models run in, where both want the same core.

Linux gives a thread that is running a protected slice of some milliseconds, whatever wakes meanwhile and whatever their
nice values are, so on one core every other request waits for a model's run to end. A thread that asks for shorter
slices interrupts those with longer ones when it wakes (EEVDF, Linux 6.12 and later), and still gets its fair share and
no more. Needs no privilege; an older kernel takes the request and does nothing.
"""

import ctypes
import os
import platform
import struct
import sys

_SLICE_NANOSECONDS = 100_000  # the shortest that Linux grants
# The number of the system call sched_setattr, which the standard library lacks, and below the size of its structure.
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
_RESET_ON_FORK = 1
"""Threads that the loop starts later have ordinary slices again."""
_SIZE = 48  # bytes


def take_short_slices() -> bool:
    """Ask for short slices for the calling thread; whether that was granted."""
    number = _SCHED_SETATTR.get(platform.machine())
    if number is None or sys.platform != "linux" or os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK:
        return False
    nice = os.getpriority(os.PRIO_PROCESS, 0)
    # struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period
    attributes = struct.pack("=IIQiIQQQ", _SIZE, os.SCHED_OTHER, _RESET_ON_FORK, nice, 0, _SLICE_NANOSECONDS, 0, 0)
    return not ctypes.CDLL(None).syscall(number, 0, attributes, 0)
