"""The audit log under a flood, and in silence."""

import logging

import pytest

from slipway_ml.front.access.audit import Audit


def test_flood_of_refusals_is_counted_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    audit = Audit(lines=3)
    for _ in range(1000):
        audit.refused("/v2", "no key", None)

    audit.next_second()
    audit.refused("/v2", "no key", None)

    assert [record.message for record in caplog.records] == ["refused"] * 3 + [
        "further requests were refused",
        "refused",
    ]
    assert vars(caplog.records[3])["refusals"] == 997


def test_quiet_second_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    Audit().next_second()

    assert caplog.records == []
