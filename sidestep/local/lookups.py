"""Keeps what the CDK has looked up on a local cloud apart from what it looks up in an account.

The CDK's command line writes both into cdk.context.json of the folder in which it runs, and takes what is there for
true ever after; the next local cloud has other endpoints. No account has the number of the local cloud's: it is the
one of AWS's documentation.
"""

import json
from pathlib import Path
from typing import Final

from sidestep.local.cloud import ACCOUNT

FILE: Final = Path("cdk.context.json")


def forget_lookups(file: Path = FILE) -> None:
    """Take the answers of local clouds out of a file, and the file away if it had no others."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = None
    if not isinstance(content, dict):
        return  # there is none, or the CDK will complain of it
    kept = {key: answer for key, answer in content.items() if f":account={ACCOUNT}:" not in key}
    if kept == content:
        return
    if kept:
        file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        file.unlink()
