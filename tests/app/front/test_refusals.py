"""How an operator hears of refusals: every one is counted, some of a flood are logged."""

import logging

import pytest

from slipway_ml.front.refusals import STATUS, Reason, Refusals


def test_every_refusal_is_counted_and_a_flood_is_logged_in_part(caplog: pytest.LogCaptureFixture) -> None:
    counted: list[str] = []
    refusals = Refusals(lambda reason, times: counted.extend([reason] * times), lines=2)

    for _ in range(5):
        refusals.report(Reason.TIMEOUT)
    refusals.next_second()
    refusals.report(Reason.HOST)
    refusals.next_second()

    assert counted == ["timeout"] * 5 + ["host"]
    assert [record.message for record in caplog.records] == [
        "refused below the guard",
        "refused below the guard",
        "further requests were refused below the guard",
        "refused below the guard",
    ]
    assert [vars(record).get("refusals") for record in caplog.records] == [None, None, 3, None]
    assert vars(caplog.records[0])["reason"] == "timeout"
    assert caplog.records[0].levelno == logging.WARNING


def test_each_reason_has_a_status_unless_the_connection_is_cut_off() -> None:
    assert set(Reason) - set(STATUS) == {Reason.RESPONSE_NOT_READ, Reason.REST_TOO_LONG}
