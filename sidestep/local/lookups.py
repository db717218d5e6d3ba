"""Removes the CDK's lookups from a local cloud, and keeps those from accounts.

The CDK's command line writes both into cdk.context.json of the current folder, and reuses the entries in later runs;
but the next local cloud has other endpoints. No real account has the local cloud's id: it is the one of AWS's
documentation.
"""

import json
from pathlib import Path
from typing import Final

from sidestep.local.cloud import ACCOUNT

FILE: Final = Path("cdk.context.json")


def forget_lookups(file: Path = FILE) -> None:
    """Remove the lookups of local clouds from the file, and the file if it had no others."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        return  # there is no file, or the CDK will report the error
    kept = {key: answer for key, answer in content.items() if f":account={ACCOUNT}:" not in key}
    if kept == content:
        return
    if kept:
        file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        file.unlink()
