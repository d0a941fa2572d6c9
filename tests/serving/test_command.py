"""`pica serve` as a command: what goes wrong is one message before a model is loaded; else it serves what is there."""

from __future__ import annotations

import re
import shutil

import pytest

for name in ("fastapi", "openai", "uvicorn"):
    pytest.importorskip(name)
TestClient = pytest.importorskip("starlette.testclient").TestClient

from pica.cli import main  # noqa: E402
from pica.errors import ServerError  # noqa: E402
from pica.serving import server  # noqa: E402

CHAT = [{"role": "user", "content": "I want to kill myself."}]


def stopped(capsys, *arguments: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main(["serve", *arguments])
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    """What the command sets for its process stays in the test."""
    monkeypatch.setattr(server, "keep_quiet", lambda: None)


def test_a_port_that_is_taken_is_said_before_a_model_is_loaded(workspace, capsys):
    with server.bound(0) as listener:
        port = listener.getsockname()[1]
        said = stopped(capsys, "--port", str(port))
    assert f"127.0.0.1:{port} is not to be had: Address already in use" in said
    assert f"--port {port + 1}" in said


@pytest.mark.parametrize("port", ["70000", "65536", "-1", "80x", ""])
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_no_machine_has_is_said(workspace, capsys, command, port):
    with pytest.raises(SystemExit):
        main([command, f"--port={port}"])
    assert f"argument --port: {port!r} is no port" in capsys.readouterr().err


def test_a_port_that_no_machine_has_is_not_bound():
    with pytest.raises(ServerError, match="is not to be had"):
        server.bound(70_000)


def test_a_page_has_a_port_that_people_know_beforehand(workspace, capsys):
    with pytest.raises(SystemExit):
        main(["demo", "--port", "0"])
    assert "from 1 to 65535" in capsys.readouterr().err


def test_a_model_that_is_not_there_is_said(workspace, capsys):
    assert "models/base holds no config.json" in stopped(capsys, "--port", "0")


def test_a_server_is_on_this_machine_alone():
    with server.bound(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_it_serves_base_and_adapter_with_the_check_where_asked(workspace, base, adapter, monkeypatch, capsys):
    shutil.copytree(base, workspace / "models/base")
    shutil.copytree(adapter, workspace / "models/adapter")
    served = []

    class Served:
        def __init__(self, app) -> None:
            served.append(app)

        def run(self, sockets) -> None:
            assert sockets[0].getsockname()[1]

    monkeypatch.setattr(server, "made", Served)
    monkeypatch.setattr("pica.cli.serve.find_spec", lambda name: name == "vllm")
    main(["serve", "--port", "0", "--safety", "--country", "GB"])
    told = capsys.readouterr().out
    assert re.search(r"pica at http://127\.0\.0\.1:[1-9]\d+/v1", told)
    assert f"--lora-modules pica={workspace}/models/adapter" in told
    client = TestClient(served[0], base_url="http://localhost")
    assert client.get("/v1/models").json()["data"][0]["id"] == "pica"
    reply = client.post("/v1/chat/completions", json={"messages": CHAT}).json()
    assert "116 123" in reply["choices"][0]["message"]["content"]
