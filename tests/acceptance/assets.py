"""The assets that a run uploads to the bucket of an account's own bootstrap stack."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sidestep.aws.clients import Clients
from tests.acceptance.clean_up import ERRORS, Leftover
from tests.acceptance.preflight.template import Place

REMOVE: Final = "aws s3 rm s3://{bucket}/{key}"


@dataclass
class UploadedAssets:
    """Assets that were not in the bucket before the run, so that their removal takes nothing away from others.

    The keys are hashes of the content: another stack may use the same asset.
    """

    clients: Clients
    place: Place
    _uploaded: set[tuple[str, str]] = field(default_factory=set)
    _unknown: dict[tuple[str, str], str] = field(default_factory=dict)

    def expect(self, assembly: Path) -> None:
        """Note the assets of a cloud assembly that are not in the bucket yet."""
        for bucket, key in self._of(assembly):
            try:
                if not self._versions(bucket, key):
                    self._uploaded.add((bucket, key))
            except ERRORS as error:
                self._unknown[bucket, key] = f"may be of the run: {error}"

    def remove(self) -> Iterator[Leftover]:
        """Remove the noted assets, and yield those that cannot be removed."""
        for bucket, key in sorted(self._uploaded):
            try:
                if versions := self._versions(bucket, key):
                    self.clients("s3").delete_objects(Bucket=bucket, Delete={"Objects": versions})
            except ERRORS as error:
                self._unknown[bucket, key] = str(error)
        for (bucket, key), why in self._unknown.items():
            yield Leftover(what=f"asset {key}", why=why, command=REMOVE.format(bucket=bucket, key=key))

    def _versions(self, bucket: str, key: str) -> list[dict[str, str]]:
        """Return the key and id of each version of an asset; without versioning, there is one."""
        found: dict[str, Any] = self.clients("s3").list_object_versions(Bucket=bucket, Prefix=key)
        versions = [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
        return [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]

    def _of(self, assembly: Path) -> Iterator[tuple[str, str]]:
        for file in assembly.glob("*.assets.json"):
            for asset in json.loads(file.read_text(encoding="utf-8"))["files"].values():
                for destination in asset["destinations"].values():
                    yield self._resolved(destination["bucketName"]), self._resolved(destination["objectKey"])

    def _resolved(self, text: str) -> str:
        for name, value in (
            ("AccountId", self.place.account),
            ("Region", self.place.region),
            ("Partition", self.place.partition),
        ):
            text = text.replace(f"${{AWS::{name}}}", value)
        return text
