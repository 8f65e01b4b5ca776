"""The chart through real Helm: values go in, Kubernetes objects come out, or the words with which Helm refuses them.

`python -m tests.chart.rendering` is what `scripts/chart` runs: lint, schemas of several Kubernetes versions, a fresh
table of values in the README, and the rendered chart on stdout; with keys, unless the values given say otherwise.
"""

import argparse
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from helm_python import Chart, HelmError, lint
from kubernetes_validate import SchemaNotFoundError, ValidationError, validate

from tests.chart.values_table import readme_with_table

CHART = Path(__file__).parents[2] / "helm" / "slipway"
KUBERNETES_VERSIONS = ("1.30", "1.33", "1.37")
# Defined by operators, not by Kubernetes itself.
KINDS_WITHOUT_SCHEMA = {"HTTPRoute", "PrometheusRule", "ScaledObject", "ServiceMonitor"}

KubernetesObject = dict[str, Any]
Values = dict[str, Any]

WITH_KEYS: Values = {"keys": {"existingSecret": "slipway-keys"}, "tests": {"keySecret": "slipway-test-key"}}
"""What everybody must say: without keys, or the word that there are none, the chart renders nothing."""


@cache
def chart() -> Chart:
    """The chart as real Helm loads it."""
    return Chart.load(CHART)


def with_keys(values: Values | None) -> Values:
    """These values, and keys where they say nothing of that."""
    given = values or {}
    return {**WITH_KEYS, **given, "tests": {**WITH_KEYS["tests"], **(given.get("tests") or {})}}


def render_text(values: Values | None = None, *, name: str = "demo", namespace: str = "ml") -> dict[str, str]:
    """Rendered text by file, without the empty ones."""
    rendered = chart().render(with_keys(values), name=name, namespace=namespace)
    return {path: text for path, text in rendered.items() if text.strip()}


def render(values: Values | None = None, *, name: str = "demo") -> list[KubernetesObject]:
    """The objects that these values make, test pods included."""
    documents: list[KubernetesObject] = json.loads(_render(json.dumps(values or {}), name))
    return documents


@cache
def _render(values: str, name: str) -> str:
    """Cached as text: many claims are checked for the same values, and nobody can change what others get."""
    texts = [
        text for path, text in sorted(render_text(json.loads(values), name=name).items()) if path.endswith(".yaml")
    ]
    return json.dumps([document for text in texts for document in yaml.load_all(text, yaml.CSafeLoader) if document])


def render_one(kind: str, values: Values | None = None, *, name: str = "demo") -> KubernetesObject:
    """The only object of this kind."""
    [found] = [document for document in render(values, name=name) if document["kind"] == kind]
    return found


def render_settings(values: Values | None = None) -> dict[str, str]:
    """The variables that the server's ConfigMap holds."""
    maps = [document["data"] for document in render(values) if document["kind"] == "ConfigMap"]
    [settings] = [data for data in maps if "SLIPWAY_HOST" in data]
    assert isinstance(settings, dict)
    return settings


def render_pod(values: Values | None = None) -> KubernetesObject:
    """The pod of the Deployment: its `spec.template`."""
    pod: KubernetesObject = render_one("Deployment", values)["spec"]["template"]
    return pod


def render_server(values: Values | None = None) -> KubernetesObject:
    """The server's container."""
    [container] = render_pod(values)["spec"]["containers"]
    assert isinstance(container, dict)
    return container


def refusal(values: Values) -> str:
    """The words with which Helm refuses these values; empty when it takes them."""
    try:
        render(values)
    except HelmError as refused:
        return str(refused)
    return ""


def schema_problems(documents: list[KubernetesObject], version: str) -> list[str]:
    """What the schemas of this Kubernetes version say against the objects."""
    found = [_schema_problem(json.dumps(document), version) for document in documents]
    return [problem for problem in found if problem]


@cache
def _schema_problem(text: str, version: str) -> str:
    """Cached by text, because most objects are the same for most values."""
    document = json.loads(text)
    try:
        validate(document, version, strict=True)
    except ValidationError as problem:
        return f"{document['kind']} {'/'.join(map(str, problem.path))} on {version}: {problem.message}"
    except SchemaNotFoundError:
        if document["kind"] not in KINDS_WITHOUT_SCHEMA:
            return f"{document['kind']}: no schema for {document['apiVersion']} on {version}"
    return ""


def lint_problems(values: Values | None = None) -> list[str]:
    """What strict `helm lint` finds: warnings and errors."""
    report = lint(CHART, with_keys(values), strict=True)
    return [*report["errors"], *(f"{m['path']}: {m['error']}" for m in report["messages"] if m["severity"] > 1)]


def main() -> int:
    """Check the chart with the values given, and print what it renders."""
    parser = argparse.ArgumentParser(prog="scripts/chart", description=__doc__)
    parser.add_argument("--values", type=Path, help="a values file over the defaults")
    parser.add_argument("--write", action="store_true", help="write the table of values into the chart's README")
    options = parser.parse_args()
    values = yaml.safe_load(options.values.read_text()) if options.values else {}
    readme, fresh = CHART / "README.md", readme_with_table(CHART)
    if options.write:
        readme.write_text(fresh)
    try:
        documents = render(values)
    except HelmError as refused:
        sys.stderr.write(f"chart: Helm refuses these values:\n{refused}\n")
        return 2
    problems = lint_problems(values)
    problems += [problem for version in KUBERNETES_VERSIONS for problem in schema_problems(documents, version)]
    if readme.read_text() != fresh:
        problems.append("README.md: the table of values is stale; run scripts/chart --write")
    sys.stderr.writelines(f"chart: {problem}\n" for problem in problems)
    sys.stdout.writelines(
        f"---\n# Source: {path}\n{text.strip()}\n"
        for path, text in sorted(render_text(values).items())
        if path.endswith(".yaml")
    )
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
