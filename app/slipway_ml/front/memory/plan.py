"""The arithmetic of the limits: how much memory a server can take at worst, and which settings do not fit.

    all processes = workers x (resident + reserve + budget)

`resident` is one process that is ready and idle, models included. `reserve` is what nobody counts while it is in use:
each connection's head, objects and share of the kernel's send buffer, one body that is being joined, and the allocator.
`budget` is what requests are charged for: bodies, what is decoded of them, and responses.
"""

from dataclasses import dataclass

KIB, MIB = 1024, 1024 * 1024

UNLIMITED_BUDGET = 256 * MIB
"""Bytes for requests where neither a setting nor a container limits them."""

RESIDENT_BYTES = 100 * MIB
"""One idle process with small models; measured at run time, taken for granted before there is one."""

UNSENT_IN_KERNEL = 32 * KIB
"""Bytes of a response that the kernel may hold unsent for one connection (TCP_NOTSENT_LOWAT)."""

LARGEST_DECODED = 6
"""Peak memory of the worst body of a size, as a multiple of that size; the body itself is in it."""

_ALLOCATOR_BYTES = 32 * MIB  # arenas that are not given back at once, and threads' stacks
_CONNECTION_BYTES = 16 * KIB  # objects of the connection and the transport
_COPIES_OF_A_HEAD = 3  # as received, as parsed, as remembered


@dataclass(frozen=True, slots=True)
class MemoryLimits:
    """The settings that decide about memory, in bytes; `memory_limit` is the container's, None where it has none.

    `max_bytes_in_flight` 0 leaves the budget to the memory limit. `resident` is one process's.
    """

    max_body_bytes: int
    max_bytes_in_flight: int
    max_connections: int
    max_head_bytes: int
    workers: int = 1
    memory_limit: int | None = None
    resident: int = RESIDENT_BYTES


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """What follows from the limits, in bytes: `budget` and `reserve` of each process, `peak` of all of them.

    `problems` are settings that cannot hold: the container may be killed for its memory, or nothing is left for
    requests. `warnings` are limits that cannot be reached: a smaller one decides. Each is a sentence with the remedy.
    """

    budget: int
    reserve: int
    peak: int
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def plan_memory(limits: MemoryLimits) -> MemoryPlan:
    """The worst case of these limits; a pure function."""
    reserve = _reserve(limits)
    base = limits.resident + reserve
    available = None if limits.memory_limit is None else limits.memory_limit // limits.workers - base
    cap = limits.max_bytes_in_flight
    budget = cap or UNLIMITED_BUDGET if available is None else max(0, min(cap or available, available))
    asked = cap or budget
    problems = []
    if available is not None and available <= 0:
        problems.append(
            f"the memory limit of {_mib(limits.memory_limit)} leaves nothing for requests: {_processes(limits)} "
            f"{_mib(limits.resident)} when idle and {_mib(reserve)} in reserve; raise the limit, or lower "
            "--max-connections, --max-body-bytes or --workers"
        )
    elif available is not None and cap > available:
        problems.append(
            f"--max-bytes-in-flight {cap} is more than the {available} bytes that the memory limit of "
            f"{_mib(limits.memory_limit)} leaves to it; lower it, or leave it at 0 to have what is left"
        )
    warnings = []
    if not problems and budget < LARGEST_DECODED * limits.max_body_bytes:
        warnings.append(
            f"the largest body, {limits.max_body_bytes} bytes, may take {LARGEST_DECODED} times its size, which is "
            f"more than the {budget} bytes for all requests; lower --max-body-bytes to {budget // LARGEST_DECODED}, or "
            "allow more memory"
        )
    return MemoryPlan(budget, reserve, limits.workers * (base + asked), tuple(problems), tuple(warnings))


def _reserve(limits: MemoryLimits) -> int:
    connection = _CONNECTION_BYTES + _COPIES_OF_A_HEAD * limits.max_head_bytes + UNSENT_IN_KERNEL
    return _ALLOCATOR_BYTES + limits.max_body_bytes + limits.max_connections * connection


def _processes(limits: MemoryLimits) -> str:
    return "the process takes" if limits.workers == 1 else f"each of {limits.workers} workers takes"


def _mib(size: int | None) -> str:
    return f"{(size or 0) / MIB:.0f} MiB"
