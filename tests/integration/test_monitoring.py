"""What Prometheus and Grafana are given in `monitoring/`: nothing in it may ask for what no server tells."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.config import PROJECT_ROOT, Settings
from app.telemetry.metrics import Metrics

FOLDER = PROJECT_ROOT / "monitoring"
RULES = FOLDER / "rules.yml"
DASHBOARD = FOLDER / "grafana" / "dashboards" / "puente.json"
OPERATIONS = PROJECT_ROOT / "docs" / "operations.md"

_NAME = re.compile(r"\bpuente[a-z0-9_:]*")
_SECTION_PARTS = ("**For callers:**", "**Look at:**", "**Do:**")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return found


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def panel_expressions() -> Iterator[str]:
    for panel in panels():
        yield from (target["expr"] for target in panel["targets"])


def exported_names() -> set[str]:
    """Return what the metrics are called on the wire, those without a sample so far included."""
    suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    return {metric.name + suffix for metric in Metrics().registry.collect() for suffix in suffixes[metric.type]}


def names_in(expression: str) -> set[str]:
    """Return the series that an expression reads; label values and the rest of PromQL are no names."""
    return set(_NAME.findall(re.sub(r'"[^"]*"', "", expression)))


def test_every_metric_that_is_asked_for_is_exported() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    known = exported_names() | recorded
    for expression in [*(rule["expr"] for rule in rules()), *panel_expressions()]:
        asked = names_in(expression)
        assert asked <= known, expression


def test_every_alert_has_a_runbook_that_says_what_to_do() -> None:
    sections = re.split(r"^### ", OPERATIONS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    runbook = {section.split("\n", 1)[0].strip(): section for section in sections[1:]}
    for alert in alerts():
        name = alert["alert"]
        assert name in runbook, f"docs/operations.md has no section {name}"
        for part in _SECTION_PARTS:
            assert part in runbook[name], f"{name}: {part}"
        assert alert["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert alert["annotations"]["summary"]


def test_every_section_of_the_runbook_has_an_alert() -> None:
    written = OPERATIONS.read_text(encoding="utf-8").split("## Runbook", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^### (\w+)$", written, flags=re.MULTILINE)) == {alert["alert"] for alert in alerts()}


def test_what_the_runbook_tells_to_look_for_is_logged_and_can_be_set() -> None:
    written = OPERATIONS.read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT_ROOT / "app").rglob("*.py")))
    logged = {name for name in re.findall(r"`([a-z_]+\.[a-z_]+)`", written) if not name.endswith((".yml", ".py"))}
    assert len(logged) > 20
    for name in logged - {"error.type"}:
        assert f'"{name}"' in sources, name
    known = {name.upper() for name in Settings.model_fields}
    for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`", written):
        assert name in known, name


def test_every_alert_is_seen_to_fire() -> None:
    tried = (FOLDER / "rules.test.yml").read_text(encoding="utf-8")
    for alert in alerts():
        assert re.search(rf'alertname(: |="){alert["alert"]}\b', tried), alert["alert"]


def test_panels_are_told_apart_and_do_not_overlap() -> None:
    every = dashboard()["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    taken: set[tuple[int, int]] = set()
    for panel in every:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_the_dashboard_asks_the_data_source_that_is_provisioned() -> None:
    provisioned = FOLDER / "grafana" / "provisioning" / "datasources" / "prometheus.yml"
    (source,) = yaml.safe_load(provisioned.read_text(encoding="utf-8"))["datasources"]
    for panel in panels():
        assert panel["datasource"]["uid"] == source["uid"], panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {source["uid"]}, panel["title"]


@pytest.fixture
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("needs promtool (Debian's package `prometheus`)")
    return found


def test_the_alerts_do_what_their_tests_say(promtool: str) -> None:
    result = subprocess.run([promtool, "test", "rules", FOLDER / "rules.test.yml"], capture_output=True, timeout=120)
    assert result.returncode == 0, (result.stdout + result.stderr).decode()


def test_prometheus_understands_every_expression(promtool: str, tmp_path: Path) -> None:
    asked = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "1m").replace("$instance", ".*")}
        for number, expression in enumerate(panel_expressions())
    ]
    written = tmp_path / "panels.yml"
    written.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": asked}]}), encoding="utf-8")
    for path in (RULES, written):
        result = subprocess.run([promtool, "check", "rules", path], capture_output=True, timeout=60)
        assert result.returncode == 0, (result.stdout + result.stderr).decode()


def test_prometheus_understands_its_configuration(promtool: str, tmp_path: Path) -> None:
    """The paths in it are those of the container."""
    written = (FOLDER / "prometheus.yml").read_text(encoding="utf-8")
    key = tmp_path / "key"
    key.write_text("secret", encoding="utf-8")
    here = written.replace("/etc/prometheus/rules.yml", str(RULES)).replace("/run/secrets/metrics_key", str(key))
    config = tmp_path / "prometheus.yml"
    config.write_text(here, encoding="utf-8")
    result = subprocess.run([promtool, "check", "config", config], capture_output=True, timeout=60)
    assert result.returncode == 0, (result.stdout + result.stderr).decode()
