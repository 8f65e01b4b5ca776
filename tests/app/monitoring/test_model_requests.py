"""Which model fails, and why: counters that stay few however many models are served, and never go back."""

from slipway_ml.monitoring.model_requests import NO_MODEL, OTHERS, ModelRequests

Key = tuple[str, str, str, str]


def shown(requests: ModelRequests) -> dict[Key, float]:
    [family] = requests.collect()
    return {
        (labels["model"], labels["version"], labels["endpoint"], labels["outcome"]): sample.value
        for sample in family.samples
        for labels in [sample.labels]
    }


def test_requests_are_told_apart_by_version_endpoint_and_reason() -> None:
    requests = ModelRequests()
    requests.of_version("m", "1", "predict").ok += 3
    requests.of_version("m", "1", "predict").failures["invalid_rows"] += 2
    requests.of_version("m", "2", "infer").failures["failed"] += 1

    assert shown(requests) == {
        ("m", "1", "predict", "ok"): 3,
        ("m", "1", "predict", "invalid_rows"): 2,
        ("m", "2", "infer", "failed"): 1,
    }
    assert (requests.failures_of("m", "1"), requests.failures_of("m", "2")) == (2, 1)


def test_names_that_callers_make_up_get_no_series() -> None:
    requests = ModelRequests()
    requests.of_version("m", "1", "predict")
    for number in range(100):
        requests.count_early(f"made up {number}", str(number), "predict", "no_such_model")
        requests.count_early("m", str(number + 2), "predict", "no_such_version")

    assert shown(requests) == {
        (NO_MODEL, "", "predict", "no_such_model"): 100,
        ("m", "", "predict", "no_such_version"): 100,
    }


def test_request_refused_before_its_version_was_found_counts_for_the_version_it_named() -> None:
    requests = ModelRequests()
    requests.of_version("m", "1", "predict")
    requests.count_early("m", "1", "predict", "unauthorized")

    assert shown(requests) == {("m", "1", "predict", "unauthorized"): 1}


def test_busiest_models_have_series_of_their_own_and_no_counter_goes_back() -> None:
    requests = ModelRequests(most=2)
    counters = {name: requests.of_version(name, "1", "predict") for name in "abcd"}
    before: dict[Key, float] = {}
    for turn, name in enumerate("abcdabcddddcccbbbbbbaaaaaaaaa"):
        counters[name].ok += 1 + turn
        after = shown(requests)
        own = {key[0] for key in after} - {OTHERS}
        busiest = sorted(counters, key=lambda one: counters[one].ok, reverse=True)[:2]
        assert own == {one for one in busiest if counters[one].ok}
        assert [key for key in before if key in after and after[key] < before[key]] == []
        before = after

    others = before[OTHERS, "", "predict", "ok"]
    assert 0 < others <= sum(counter.ok for counter in counters.values())


def test_version_that_is_no_longer_served_has_no_series() -> None:
    requests = ModelRequests()
    requests.of_version("m", "1", "predict").ok += 1
    requests.of_version("m", "2", "predict").ok += 1
    requests.forget("m", "1")

    assert set(shown(requests)) == {("m", "2", "predict", "ok")}
    requests.forget("m", "2")
    assert shown(requests) == {}
