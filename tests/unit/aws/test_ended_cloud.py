"""The message in a shell that is still configured for a local cloud."""

import socket

import pytest

from sidestep.aws.errors import ended_cloud_hint


def test_an_endpoint_where_nothing_listens_is_named() -> None:
    # Given a closed port
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://localhost:{listener.getsockname()[1]}"
        assert ended_cloud_hint({"AWS_ENDPOINT_URL": endpoint}) == ""

    # Then
    assert endpoint in ended_cloud_hint({"AWS_ENDPOINT_URL": endpoint})


@pytest.mark.parametrize("endpoint", ["", "https://rds.eu-central-2.amazonaws.com", "http://localhost.example:1"])
def test_any_other_endpoint_gets_no_message(endpoint: str) -> None:
    assert ended_cloud_hint({"AWS_ENDPOINT_URL": endpoint}) == ""


def test_an_endpoint_with_an_invalid_port_is_named() -> None:
    assert "http://localhost:many" in ended_cloud_hint({"AWS_ENDPOINT_URL": "http://localhost:many"})
