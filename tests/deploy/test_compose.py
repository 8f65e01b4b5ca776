"""compose.yaml: the same image, files and care as the chart. It is read, not run: no test needs a container runtime."""

from pathlib import Path

import pytest
import yaml

import slipway_ml
from slipway_ml.settings import Settings
from tests.chart.promtool import config_problems, needs_promtool
from tests.chart.rendering import render_pod, render_server
from tests.deploy.compose import COMPOSE, CONFIGS, SERVICES, SLIPWAY
from tests.deploy.dockerfile import DOCKERFILE, read_stages

ROOT = DOCKERFILE.parent


def _seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def _mounts() -> list[tuple[str, str]]:
    """What each service sees at which path: a file, a folder, or a volume."""
    entries = [entry.split(":") for service in SERVICES.values() for entry in service["volumes"]]
    return [(entry[0], entry[1]) for entry in entries]


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_loopback_alone(name: str) -> None:
    """There are no keys here, and Docker publishes past a machine's firewall."""
    assert [port for port in SERVICES[name]["ports"] if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("name", SERVICES)
def test_services_have_no_capabilities_and_gain_none(name: str) -> None:
    assert SERVICES[name]["cap_drop"] == ["ALL"]
    assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in SERVICES[name]


def test_service_runs_as_in_the_pod() -> None:
    limit = render_server()["resources"]["limits"]["memory"]
    grace = render_pod()["spec"]["terminationGracePeriodSeconds"]

    assert SLIPWAY["read_only"] is True
    assert SLIPWAY["mem_limit"] == limit.removesuffix("Mi") + "m"
    assert _seconds(SLIPWAY["stop_grace_period"]) == grace
    assert "./models:/models:ro" in SLIPWAY["volumes"]


def test_image_is_built_from_the_dockerfile_of_this_version() -> None:
    assert SLIPWAY["image"] == f"slipway:{slipway_ml.__version__}"
    build = read_stages(DOCKERFILE.read_text())[1]
    assert SLIPWAY["build"]["args"].keys() <= build.pairs("ARG").keys()


def test_service_knows_its_settings() -> None:
    given = {name.removeprefix("SLIPWAY_").lower(): value for name, value in SLIPWAY["environment"].items()}

    assert Settings.model_validate_strings(given).insecure is True
    assert set(given) <= set(Settings.model_fields)


def test_everything_mounted_is_there() -> None:
    volumes = set(COMPOSE["volumes"])
    sources = [source for source, _ in _mounts()]

    assert [s for s in sources if s not in volumes and not (ROOT / s).exists()] == []
    assert volumes <= set(sources)


def test_every_config_is_used_by_its_name() -> None:
    used = [config["source"] for service in SERVICES.values() for config in service.get("configs", [])]

    assert sorted(used) == sorted(CONFIGS)


def test_alerts_and_dashboard_are_those_of_the_chart() -> None:
    mounts = dict(_mounts())

    assert mounts["./helm/slipway/files/alerts.yaml"] == "/etc/prometheus/alerts.yaml"
    dashboard = mounts["./helm/slipway/files/dashboard.json"]
    assert SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == dashboard
    [provider] = yaml.safe_load(CONFIGS["dashboards"])["providers"]
    assert provider["options"]["path"] == str(Path(dashboard).parent)


def test_prometheus_scrapes_the_service_under_the_name_that_alerts_look_for() -> None:
    [job] = yaml.safe_load(CONFIGS["prometheus"])["scrape_configs"]
    port = read_stages(DOCKERFILE.read_text())[2].one("EXPOSE").rest

    assert job["job_name"] == "slipway"
    assert job["static_configs"] == [{"targets": [f"slipway:{port}"]}]


def test_grafana_asks_the_prometheus_beside_it() -> None:
    [source] = yaml.safe_load(CONFIGS["datasource"])["datasources"]
    published = SERVICES["prometheus"]["ports"][0].rsplit(":", 1)[1]

    assert source["url"] == f"http://prometheus:{published}"
    assert source["isDefault"] is True


def test_grafana_sends_nothing_away() -> None:
    environment = SERVICES["grafana"]["environment"]

    off = {name for name, value in environment.items() if value == "false"}

    assert off >= {"GF_ANALYTICS_REPORTING_ENABLED", "GF_ANALYTICS_CHECK_FOR_UPDATES", "GF_NEWS_NEWS_FEED_ENABLED"}


def test_configs_hold_nothing_that_compose_would_replace() -> None:
    assert [name for name, content in CONFIGS.items() if "$" in content] == []


@needs_promtool
def test_promtool_has_nothing_against_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text(CONFIGS["prometheus"])
    (tmp_path / "alerts.yaml").write_text((ROOT / "helm/slipway/files/alerts.yaml").read_text())

    assert config_problems(tmp_path / "prometheus.yml") == ""


@needs_promtool
def test_promtool_finds_a_rule_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text(CONFIGS["prometheus"])

    assert "alerts.yaml" in config_problems(tmp_path / "prometheus.yml")
