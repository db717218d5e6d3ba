"""The message in a shell that is still configured for a local cloud."""

import socket

import pytest

from sidestep.aws.errors import ended_cloud_hint


def test_an_endpoint_that_nothing_listens_at_is_named() -> None:
    # Given a closed port
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"http://localhost:{listener.getsockname()[1]}"
        assert ended_cloud_hint({"AWS_ENDPOINT_URL": endpoint}) == ""

    # Then
    assert endpoint in ended_cloud_hint({"AWS_ENDPOINT_URL": endpoint})


@pytest.mark.parametrize("endpoint", ["", "https://rds.eu-central-2.amazonaws.com", "http://localhost.example:1"])
def test_another_endpoint_is_none_of_its_business(endpoint: str) -> None:
    assert ended_cloud_hint({"AWS_ENDPOINT_URL": endpoint}) == ""


def test_an_endpoint_without_a_port_that_is_one_is_named() -> None:
    assert "http://localhost:many" in ended_cloud_hint({"AWS_ENDPOINT_URL": "http://localhost:many"})
