"""The wording of the messages that users see is on record in one file, so that a change of it is seen as one."""

import difflib
from pathlib import Path

from scripts.messages import messages

RECORDED = Path(__file__).parents[1] / "data" / "messages.txt"


def test_wording_of_messages_is_recorded() -> None:
    """Where it has changed on purpose, `scripts/docs` writes the file anew."""
    recorded, now = RECORDED.read_text("utf-8").splitlines(), messages().splitlines()

    assert list(difflib.unified_diff(recorded, now, lineterm="", n=0)) == []
    assert len(now) > 400


def test_messages_end_without_a_full_stop_and_begin_without_a_capital() -> None:
    """They are clauses behind the name of a command or a field; names of classes may begin them."""
    texts = [line.split(": ", 2)[2] for line in RECORDED.read_text("utf-8").splitlines()]

    assert [
        text for text in texts if text.endswith(".") or (text[:2].istitle() and text.split()[0] in {"The", "A", "An"})
    ] == []
