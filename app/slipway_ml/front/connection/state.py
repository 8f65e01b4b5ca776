"""What a connection is doing with what its client sends. `Connection` moves from one state to another, nobody else.

```text
                first byte             head is complete            body is complete
    BETWEEN ───────────────────► HEAD ───────────────────► BODY ───────────────────► BETWEEN
                                                             │ its response is complete  ▲
                                                             └───────► DISCARDING ───────┘

    any of these ── refused, too late, or displaced ──► LAST ── the responses before it are complete ──► LINGERING
    any of these ── a response that closes is written ─────────────────────────────────────────────────► LINGERING
```

A request whose head is known and whose body has come with it leaves BETWEEN only for the time of one call. Apart from
this a connection has at most one request that is being answered, and others, read after it, that wait for their turn.
"""

from enum import Enum, auto


class State(Enum):
    """See the module."""

    BETWEEN = auto()
    """The next byte begins a request."""
    HEAD = auto()
    """A head has begun: its request line, then its headers."""
    BODY = auto()
    """The body of the newest request is being read, by its length or in chunks."""
    DISCARDING = auto()
    """The same, but the request has had its response: what still comes of the body is dropped."""
    LAST = auto()
    """Nothing more is read. What was read is answered, then the refusal if there is one."""
    LINGERING = auto()
    """The last response is written and our side closed; `Lingering` has the transport and drops what still comes."""


# As names of a module: a member of an enumeration is looked up in its class each time.
BETWEEN, HEAD, BODY, DISCARDING, LAST, LINGERING = State
