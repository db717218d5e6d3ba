"""The secret with the administrator's password, and errors when it cannot be read."""

from typing import Any

import pytest
from botocore.stub import Stubber

from sidestep.aws.administrator import find_secret, read_secret
from sidestep.aws.clients import refuse_plain_text
from sidestep.aws.errors import AwsError
from sidestep.config.databases import Cluster, Instance, Proxy, Sample
from tests.unit.clients import client

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1"
PLACE = {"vpc_id": "vpc-0a1b2c3d", "schema": "app"}


def test_the_secret_of_the_sample_is_an_output_of_the_stack() -> None:
    assert find_secret(Sample(sample=True), {"AdministratorSecret": ARN}, lambda _: None) == ARN


def test_rds_names_the_secret_of_an_instance() -> None:
    # Given
    rds = client("rds")
    with Stubber(rds) as answers:
        answer: dict[str, Any] = {"DBInstances": [{"MasterUserSecret": {"SecretArn": ARN}}]}
        answers.add_response("describe_db_instances", answer, {"DBInstanceIdentifier": "orders"})

        # When / Then
        assert find_secret(Instance.model_validate({"instance": "orders", **PLACE}), {}, lambda _: rds) == ARN


def test_rds_names_the_secret_of_a_cluster() -> None:
    # Given
    rds = client("rds")
    with Stubber(rds) as answers:
        answer: dict[str, Any] = {"DBClusters": [{"MasterUserSecret": {"SecretArn": ARN}}]}
        answers.add_response("describe_db_clusters", answer, {"DBClusterIdentifier": "orders"})

        # When / Then
        assert find_secret(Cluster.model_validate({"cluster": "orders", **PLACE}), {}, lambda _: rds) == ARN


def test_an_instance_without_a_managed_secret_needs_the_option() -> None:
    # Given
    rds = client("rds")
    with Stubber(rds) as answers:
        answers.add_response("describe_db_instances", {"DBInstances": [{}]})

        # When / Then
        with pytest.raises(AwsError, match="--secret ARN"):
            find_secret(Instance.model_validate({"instance": "orders", **PLACE}), {}, lambda _: rds)


def test_a_proxy_needs_a_secret() -> None:
    with pytest.raises(AwsError, match="--secret ARN"):
        find_secret(Proxy.model_validate({"proxy": "orders", **PLACE}), {}, client)


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_a_missing_permission_names_the_action(code: str) -> None:
    # Given
    secrets = client("secretsmanager")
    with Stubber(secrets) as answers:
        answers.add_client_error("get_secret_value", code, "User is not authorized")

        # When / Then
        with pytest.raises(AwsError) as caught:
            read_secret(ARN, lambda _: secrets)
    assert f"secretsmanager:GetSecretValue on {ARN}" in str(caught.value)
    assert str(caught.value).endswith("User is not authorized")


def test_the_password_is_in_no_representation() -> None:
    # Given
    secrets = client("secretsmanager")
    with Stubber(secrets) as answers:
        answers.add_response("get_secret_value", {"SecretString": '{"username": "admin", "password": "open sesame"}'})

        # When
        administrator = read_secret(ARN, lambda _: secrets)

    # Then
    assert (administrator.user, administrator.password) == ("admin", "open sesame")
    assert "sesame" not in repr(administrator)


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("https://secretsmanager.eu-central-1.amazonaws.com", False),
        ("http://localhost:5000", False),
        ("http://127.0.0.1:5000", False),
        ("http://[::1]:5000", False),
        ("http://192.0.2.1:5000", True),
        ("http://localhost.example.com", True),
    ],
)
def test_a_password_is_not_sent_without_tls(url: str, refused: bool) -> None:
    # Given
    secrets = client("secretsmanager", url)

    # When
    try:
        refuse_plain_text(secrets)
    except AwsError:
        assert refused
    else:
        assert not refused
