"""Servers are started, waited for and stopped; one that does not come up is explained."""

import sys

import pytest

from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import call
from slipway_loadtests.service import bare_command, running


def test_the_bare_app_answers_and_is_gone_afterwards() -> None:
    with running(bare_command()) as server:
        status, body = call(server.url + "/anything", b"x" * 100_000)

    assert (status, body[:23]) == (200, b'{"model_name":"floor","')
    assert server.process.returncode is not None
    assert call(server.url)[0] == 0


def test_a_server_that_ends_at_once_is_explained_by_its_last_lines() -> None:
    with (
        pytest.raises(CannotRun, match=r"ended while starting; its last lines:\nport taken"),
        running([sys.executable, "-c", "print('port taken')"]),
    ):
        raise AssertionError
