"""Synthesizes the CDK app with the CDK's command line, and deploys the unchanged stacks to the local cloud."""

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sidestep import paths
from sidestep.local.cloud import ACCOUNT, REGION, LocalCloud

CDK_VERSION: Final = "2"
"""Of the CDK's command line that npx downloads if none is installed."""


class SynthesisError(Exception):
    """The CDK app could not be synthesized; the message is that of the app."""


def synthesize(metrics_file: Path, assembly: Path) -> None:
    """Write the cloud assembly of a metrics.toml into the folder `assembly`.

    Raises:
        SynthesisError: the file has errors, or the CDK's command line is not installed.
    """
    path = search_path()
    result = subprocess.run(
        [
            *cdk_command(path),
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
        cwd=paths.TEMPLATE,
        env={
            **os.environ,
            "PATH": path,
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


def search_path() -> str:
    """Return the PATH with which programs find the CDK's command line, and the app its Python and Node.

    The folders of this virtual environment and of the current folder's node_modules come first.
    """
    first = (Path(sys.executable).parent, Path("node_modules", ".bin").absolute())
    return os.pathsep.join([*map(str, first), os.environ.get("PATH", os.defpath)])


def cdk_command(path: str) -> Sequence[str]:
    """Return the command that runs the CDK's command line; npx downloads it if it is not in a folder of `path`.

    Raises:
        SynthesisError: neither is installed.
    """
    if cdk := shutil.which("cdk", path=path):
        return [cdk]
    if npx := shutil.which("npx", path=path):
        return [npx, "--yes", f"aws-cdk@{CDK_VERSION}"]
    raise SynthesisError(
        "the CDK's command line is not installed: install sidestep[local], which has Node.js, or Node.js and then "
        "`npm install aws-cdk`"
    )


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
