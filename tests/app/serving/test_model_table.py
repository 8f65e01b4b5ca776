"""States of the table that the folder cannot easily be brought into."""

import pytest

from slipway_ml.errors import ModelNotFound, ModelNotReady, VersionNotFound
from slipway_ml.serving.model_table import LOADING, ModelTable, ServedModel
from tests.claims import for_each


def test_unknown_model_is_not_found() -> None:
    with pytest.raises(ModelNotFound):
        ModelTable().resolve("churn")


def test_version_that_is_being_loaded_is_not_ready_yet() -> None:
    table = ModelTable()
    table.put(ServedModel("churn", waiting={"1": LOADING}))

    with pytest.raises(ModelNotReady, match="is still loading; try again shortly"):
        table.resolve("churn", "1")


def test_version_that_nobody_wants_is_not_found() -> None:
    table = ModelTable()
    table.put(ServedModel("churn", waiting={"1": LOADING}))

    with pytest.raises(VersionNotFound):
        table.resolve("churn", "2")


def test_empty_table_is_not_ready() -> None:
    assert not ModelTable().is_ready()


def test_readiness_waits_for_models_by_name() -> None:
    table = ModelTable()
    table.put(ServedModel("churn"))

    assert not table.is_ready()
    assert table.why_not_ready() == "waiting for: churn"


@for_each(
    "other, is_ready",
    {
        "still loading": (ServedModel("churn"), False),
        "loading for long": (ServedModel("churn", overdue=True), True),
        "refused": (ServedModel("churn", settled=True), True),
        "served": (ServedModel("churn", default="1", settled=True), True),
    },
)
def test_model_that_cannot_be_served_holds_no_other_back(other: ServedModel, is_ready: bool) -> None:
    table = ModelTable()
    table.put(ServedModel("fraud", default="1", settled=True))
    table.put(other)

    assert table.is_ready() is is_ready


def test_nothing_is_ready_while_no_model_is_served() -> None:
    table = ModelTable()
    table.put(ServedModel("churn", overdue=True))
    table.put(ServedModel("fraud", settled=True))

    assert not table.is_ready()


def test_removed_model_is_not_found() -> None:
    table = ModelTable()
    table.put(ServedModel("churn"))
    table.remove("churn")

    with pytest.raises(ModelNotFound):
        table.resolve("churn")
