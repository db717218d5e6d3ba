"""The assets of a run in a bucket that it shares with others."""

import json
from pathlib import Path
from typing import Final

import pytest

from sidestep.aws.clients import Clients
from tests.acceptance.assets import UploadedAssets
from tests.acceptance.preflight.template import Place
from tests.unit.acceptance.refusals import refusing

PLACE: Final = Place(account="123456789012", region="eu-central-2")

BUCKET: Final = "cdk-hnb659fds-assets-123456789012-eu-central-2"


@pytest.fixture(scope="module", autouse=True)
def _bucket(clients: Clients) -> None:
    s3 = clients("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-2"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    """Return a cloud assembly with two assets."""
    files = {
        name: {
            "destinations": {
                "here": {
                    "bucketName": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}",
                    "objectKey": f"{name}.zip",
                }
            }
        }
        for name in ("shared", "own")
    }
    (tmp_path / "acceptance-1a2b3c4d-shop.assets.json").write_text(json.dumps({"files": files}), encoding="utf-8")
    return tmp_path


def upload(clients: Clients) -> None:
    for name in ("shared", "own"):
        clients("s3").put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=b"content")


def keys(clients: Clients) -> set[str]:
    return {one["Key"] for one in clients("s3").list_object_versions(Bucket=BUCKET).get("Versions", [])}


def test_an_asset_that_was_there_before_the_run_stays(clients: Clients, assembly: Path) -> None:
    # Given
    clients("s3").put_object(Bucket=BUCKET, Key="shared.zip", Body=b"content")
    assets = UploadedAssets(clients, PLACE)

    # When the assembly is deployed twice
    for _ in range(2):
        assets.expect(assembly)
        upload(clients)
    left = list(assets.remove())

    # Then
    assert left == []
    assert keys(clients) == {"shared.zip"}


def test_an_asset_that_cannot_be_removed_is_listed_with_a_command(clients: Clients, assembly: Path) -> None:
    # Given
    assets = UploadedAssets(clients, PLACE)
    assets.expect(assembly)
    upload(clients)

    # When
    with refusing(clients, "DeleteObjects"):
        left = list(assets.remove())

    # Then
    assert [one.command for one in left] == [f"aws s3 rm s3://{BUCKET}/own.zip"]
    assert "not yours" in left[0].why


def test_an_asset_of_an_unreadable_bucket_is_listed_and_not_removed(clients: Clients, assembly: Path) -> None:
    # Given
    assets = UploadedAssets(clients, PLACE)
    with refusing(clients, "ListObjectVersions"):
        assets.expect(assembly)
    upload(clients)

    # When
    left = list(assets.remove())

    # Then
    assert {one.what for one in left} == {"asset shared.zip", "asset own.zip"}
    assert keys(clients) == {"shared.zip", "own.zip"}
