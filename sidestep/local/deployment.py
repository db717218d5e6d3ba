"""Synthesizes the CDK app with the CDK's command line, and deploys the unchanged stacks to the local cloud."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sidestep import paths
from sidestep.local.cloud import ACCOUNT, REGION, LocalCloud

CDK: Final = paths.ROOT / "node_modules" / ".bin" / "cdk"


class SynthesisError(Exception):
    """The CDK app could not be synthesized; the message is that of the app."""


def synthesize(metrics_file: Path, assembly: Path) -> None:
    """Write the cloud assembly of a metrics.toml into the folder `assembly`.

    Raises:
        SynthesisError: the file has errors, or the CDK's command line is not installed.
    """
    if not CDK.exists():
        raise SynthesisError(f"{CDK.relative_to(paths.ROOT)} is missing; `make demo` installs it")
    result = subprocess.run(
        [
            CDK,
            "synth",
            "--quiet",
            "--no-notices",
            "--output",
            assembly,
            "--context",
            f"metrics={metrics_file.resolve()}",
            "--context",
            f"build={paths.BUILD.resolve()}",
        ],
        cwd=paths.ROOT,
        env={
            **os.environ,
            # The app's Python and the CDK's Node are those of this virtual environment.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            # Files that the tools cannot remove after an interrupt are removed with the assembly's folder.
            "TMPDIR": str(assembly.parent),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise SynthesisError(result.stderr.strip())


def deploy(cloud: LocalCloud, assembly: Path) -> list[str]:
    """Upload the assets of a cloud assembly and create its stacks; return their names.

    Raises:
        botocore.exceptions.ClientError: CloudFormation refuses a stack.
    """
    _upload_assets(cloud, assembly)
    cloudformation = cloud.client("cloudformation")
    stacks = []
    for name, properties in _artifacts(assembly, "aws:cloudformation:stack"):
        template = (assembly / properties["templateFile"]).read_text(encoding="utf-8")
        cloudformation.create_stack(StackName=name, TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
        stacks.append(name)
    return stacks


def _artifacts(assembly: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    for name, artifact in manifest["artifacts"].items():
        if artifact["type"] == kind:
            yield name, artifact["properties"]


def _upload_assets(cloud: LocalCloud, assembly: Path) -> None:
    s3 = cloud.client("s3")
    for _, properties in _artifacts(assembly, "cdk:asset-manifest"):
        manifest = json.loads((assembly / properties["file"]).read_text(encoding="utf-8"))
        for asset in manifest["files"].values():
            body = _packaged(assembly / asset["source"]["path"], asset["source"]["packaging"])
            for destination in asset["destinations"].values():
                bucket = (
                    destination["bucketName"].replace("${AWS::AccountId}", ACCOUNT).replace("${AWS::Region}", REGION)
                )
                with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
                    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
                s3.put_object(Bucket=bucket, Key=destination["objectKey"], Body=body)


def _packaged(source: Path, packaging: str) -> bytes:
    if packaging == "file":
        return source.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(source.rglob("*")):
            archive.write(path, path.relative_to(source))
    return buffer.getvalue()
