"""AWS CLI 1, which overrides the endpoints of some services, in a shell that is configured for `sidestep local`."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.end_to_end.shell import Shell

pytestmark = pytest.mark.acceptance

PACKAGES = Path(__file__).with_name("awscli.txt")


@pytest.fixture
def aws(folder: Path) -> Path:
    """Install it into a separate environment: it needs another version of botocore than this project."""
    uv = Path(sys.executable).with_name("uv")
    environment = folder / "aws-cli"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    python = ["--python", str(environment)]
    subprocess.run([uv, "pip", "sync", "--quiet", "--require-hashes", *python, PACKAGES], check=True)
    return environment / "bin" / "aws"


def test_no_request_goes_to_aws(shell: Shell, aws: Path) -> None:
    # Given a shell for production, which reaches AWS through a proxy
    sent: list[bytes] = []

    def lead(proxy: socket.socket) -> None:
        connection, _ = proxy.accept()
        with connection:
            sent.append(connection.recv(4096))
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            sent.append(connection.recv(4096))

    with socket.create_server(("127.0.0.1", 0)) as proxy:
        threading.Thread(target=lead, args=(proxy,), daemon=True).start()
        way = [f"{name}=http://127.0.0.1:{proxy.getsockname()[1]}" for name in ("HTTP_PROXY", "HTTPS_PROXY")]

        # When commands use services whose endpoints this version overrides
        for words in ("rds describe-db-instances", "docdb describe-db-clusters", "sqs list-queues"):
            asked = shell.run("env", *way, aws, *words.split())

            # Then the local cloud answers
            assert (asked.returncode, asked.stderr) == (0, "")
        assert sent == []

        # When a command forces one of these endpoints
        words = "rds describe-db-instances --region us-east-1"
        asked = shell.run("env", *way, "AWS_MAX_ATTEMPTS=1", aws, *words.split())

    # Then it opens a tunnel through the proxy, and sends no request
    assert asked.returncode != 0
    asked_for, request = sent
    assert asked_for.startswith(b"CONNECT rds.amazonaws.com:443 ")
    assert request == b""
