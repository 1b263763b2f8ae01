"""The image and the services around it: read and linted here, started where Docker is."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.service.start import ENVIRONMENT, ENVIRONMENT_FILE, given_token
from models.errors import UserError

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "resources" / "deploy"
HADOLINT = shutil.which("hadolint") or shutil.which("hadolint", path=str(Path(sys.executable).parent))
#: The keys of a service that are meant here; one that is mistyped is not among them.
KEYS = {
    "build", "image", "command", "environment", "secrets", "volumes", "ports", "depends_on", "healthcheck", "restart",
    "cap_drop", "security_opt", "user",
}  # fmt: skip


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
    return found


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (FOLDER / "Dockerfile").read_text("utf-8"), flags=re.M)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines if line.strip())]


def test_four_services_with_known_keys(compose: dict[str, Any]) -> None:
    assert set(compose) == {"name", "services", "secrets", "volumes"}
    assert set(compose["services"]) == {"winnow", "prometheus", "grafana", "mlflow"}
    for name, service in compose["services"].items():
        assert not set(service) - KEYS, name
        assert ("build" in service) != ("image" in service), name
        assert service["cap_drop"] == ["ALL"]
        assert service["restart"] == "unless-stopped"


def test_every_service_is_looked_after(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        check = service["healthcheck"]
        assert check["test"][0] == "CMD", name
        assert {"interval", "timeout", "retries"} <= set(check)
        port = service["ports"][0].rpartition(":")[2]
        assert f"127.0.0.1:{port}/" in " ".join(check["test"]), "it asks at the port that it answers at"


def test_ports_are_open_to_this_machine_alone(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service["ports"]]
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert len({port.split(":")[1] for port in ports}) == len(ports) == 4


def test_what_is_named_is_there(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (FOLDER / source).is_file(), mount
                assert mount.endswith(":ro"), mount
            else:
                assert source in compose["volumes"] or source.startswith("${WINNOW_PROJECT"), mount
        assert set(service.get("secrets", [])) <= set(compose["secrets"]), name
        assert set(service.get("depends_on", {})) <= set(compose["services"]), name
        if build := service.get("build"):
            assert (FOLDER / build["context"]).resolve() == ROOT
            assert (ROOT / build["dockerfile"]).is_file()
            assert any(kind == "FROM" and rest.endswith(f"AS {build['target']}") for kind, rest in instructions())
        if image := service.get("image"):
            assert re.search(r":v?\d+\.\d+\.\d+$", image), f"{image} is of no fixed version"


def test_the_targets_are_those_of_prometheus_and_grafana(compose: dict[str, Any]) -> None:
    monitoring = ROOT / "resources" / "monitoring"
    scraped = yaml.safe_load((monitoring / "prometheus.yml").read_text("utf-8"))["scrape_configs"][0]
    host, _, port = scraped["static_configs"][0]["targets"][0].partition(":")
    assert compose["services"][host]["ports"][0].endswith(f":{port}")
    secret = Path(scraped["authorization"]["credentials_file"]).name
    assert secret in compose["services"]["prometheus"]["secrets"]
    assert compose["services"]["winnow"]["environment"][ENVIRONMENT_FILE] == f"/run/secrets/{secret}"
    source = yaml.safe_load((monitoring / "grafana" / "datasources.yml").read_text("utf-8"))["datasources"][0]["url"]
    host, _, port = source.partition("//")[2].partition(":")
    assert compose["services"][host]["ports"][0].endswith(f":{port}")


def test_the_image_holds_all_packages_and_runs_as_nobody_special() -> None:
    found = instructions()
    copied = {rest.split()[0] for kind, rest in found if kind == "COPY"}
    listed = re.search(r"^packages = \[(.+)\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert listed is not None
    assert set(re.findall(r'"(\w+)"', listed[1])) <= copied
    kept = (FOLDER / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    named = [name for kind, rest in found if kind == "COPY" for name in shlex.split(rest)[:-1]]
    assert all((ROOT / name).exists() and f"!{name}" in kept for name in named)
    for stage in _stages(found):
        names = [kind for kind, _ in stage]
        assert {"USER", "HEALTHCHECK", "EXPOSE", "ENTRYPOINT"} <= set(names)
        assert names.index("USER") > max(place for place, name in enumerate(names) if name == "RUN")
        assert dict(stage)["USER"] == "1000"


def _stages(found: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    starts = [place for place, (kind, _) in enumerate(found) if kind == "FROM"]
    return [found[start:end] for start, end in zip(starts, [*starts[1:], len(found)], strict=True)]


def test_the_image_calls_the_verb_as_it_is() -> None:
    from app.cli.serving import serve

    entry = next(rest for kind, rest in instructions() if kind == "ENTRYPOINT")
    flags = next(rest for kind, rest in instructions() if kind == "CMD")
    words = [*yaml.safe_load(entry), *yaml.safe_load(flags)]
    assert words[:2] == ["winnow", "serve"]
    with serve.make_context("serve", words[2:]) as context:
        assert context.params["host"] == "0.0.0.0"


@pytest.mark.skipif(HADOLINT is None, reason="hadolint is not here")
def test_hadolint_finds_nothing() -> None:
    done = subprocess.run(
        [str(HADOLINT), "--no-color", str(FOLDER / "Dockerfile")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


def test_a_token_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT_FILE, raising=False)
    monkeypatch.setenv(ENVIRONMENT, "a")
    assert given_token() == "a"
    file = tmp_path / "token"
    monkeypatch.setenv(ENVIRONMENT_FILE, str(file))
    with pytest.raises(UserError, match="can't be read"):
        given_token()
    file.write_text("\n")
    with pytest.raises(UserError, match="is empty"):
        given_token()
    file.write_text("b\n")
    assert given_token() == "b"
