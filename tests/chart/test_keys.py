"""Who may call: keys from a Secret as a file, or the word that there are none."""

from typing import Any

from tests.chart.rendering import (
    WITH_KEYS,
    chart,
    refusal,
    render,
    render_one,
    render_pod,
    render_server,
    render_settings,
)
from tests.chart.value_sets import VALUE_SETS
from tests.claims import for_each

every_value_set = for_each("values", VALUE_SETS)


def test_chart_as_it_comes_renders_nothing_and_says_both_ways_out() -> None:
    told = refusal({"keys": {}})

    assert "name a Secret with a keys file" in told
    assert "or set keys.insecure to true" in told


def test_keys_are_a_file_of_the_secret_that_cannot_be_written() -> None:
    pod, server = render_pod()["spec"], render_server()

    [volume] = [volume for volume in pod["volumes"] if volume["name"] == "keys"]
    [mount] = [mount for mount in server["volumeMounts"] if mount["name"] == "keys"]

    secret = {"secretName": "slipway-keys", "defaultMode": 0o444, "items": [{"key": "keys.json", "path": "keys.json"}]}
    assert volume == {"name": "keys", "secret": secret}
    assert mount == {"name": "keys", "mountPath": "/etc/slipway", "readOnly": True}
    assert render_settings()["SLIPWAY_KEYS"] == "/etc/slipway/keys.json"


def test_entry_of_the_secret_may_have_another_name() -> None:
    pod = render_pod(VALUE_SETS["keys under another name"])["spec"]

    assert pod["volumes"][2]["secret"]["items"] == [{"key": "slipway.json", "path": "keys.json"}]


@every_value_set
def test_server_has_keys_or_the_word_and_never_both(values: dict[str, Any]) -> None:
    data = render_settings(values)

    said = {name: data[name] for name in ("SLIPWAY_KEYS", "SLIPWAY_INSECURE") if name in data}

    assert said in ({"SLIPWAY_KEYS": "/etc/slipway/keys.json"}, {"SLIPWAY_INSECURE": "true"})


@every_value_set
def test_no_key_is_in_the_environment(values: dict[str, Any]) -> None:
    containers = [
        container
        for document in render(values)
        if document["kind"] in {"Deployment", "Pod"}
        for container in document["spec"].get("template", document)["spec"]["containers"]
    ]

    sources = [entry for container in containers for entry in container.get("env", []) if "secretKeyRef" in str(entry)]

    assert sources == []


def test_prometheus_scrapes_with_a_key() -> None:
    [endpoint] = render_one("ServiceMonitor", VALUE_SETS["service monitor"])["spec"]["endpoints"]

    assert endpoint["authorization"] == {"type": "Bearer", "credentials": {"name": "scrape-key", "key": "key"}}


def test_prometheus_needs_no_key_where_there_are_none() -> None:
    [endpoint] = render_one("ServiceMonitor", VALUE_SETS["without keys"])["spec"]["endpoints"]

    assert "authorization" not in endpoint


def _test_pods(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [document["spec"] for document in render(values) if document["kind"] == "Pod"]


def test_test_pods_get_their_key_as_a_file() -> None:
    pods = _test_pods({})
    containers = [pod["containers"][0] for pod in pods]
    mount = {"name": "key", "mountPath": "/key", "readOnly": True}

    assert [pod["volumes"][0]["secret"]["secretName"] for pod in pods] == [WITH_KEYS["tests"]["keySecret"]] * 3
    assert [container["volumeMounts"] for container in containers] == [[mount]] * 3
    assert [container["args"][-1] for container in containers] == ["/key/key"] * 3


def test_model_is_not_called_by_a_test_without_a_key() -> None:
    names = [pod["containers"][0]["name"] for pod in _test_pods({"tests": {"keySecret": ""}})]

    assert names == ["live", "ready"]


def test_test_pods_need_no_key_where_there_are_none() -> None:
    pods = _test_pods(VALUE_SETS["without keys"])

    assert [pod["containers"][0]["name"] for pod in pods] == ["live", "ready", "infer"]
    assert [pod for pod in pods if "volumes" in pod] == []


def test_safe_choice_is_the_default() -> None:
    assert chart().values["keys"] == {"existingSecret": "", "entry": "keys.json", "insecure": False}
