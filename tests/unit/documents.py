"""Examples of metrics.toml in documents."""

import re
from pathlib import Path

_GENERAL = 'namespace = "Shop"\nschedule = "rate(5 minutes)"\n'

_DATABASE = "[database.shop]\nsample = true\n"

_QUERY = '[[query]]\nname = "base"\nsql = "SELECT 1 AS Base"\nmetrics = { Base = {} }\n'


def examples(document: Path) -> list[str]:
    """Return the TOML examples of a document; those without a namespace, which continue a file, as whole files."""
    blocks = re.findall(r"^```toml\n(.*?)^```$", document.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [_completed(block) for block in blocks]


def _completed(block: str) -> str:
    start = "" if "namespace = " in block else _GENERAL
    database = "" if "[database." in block else _DATABASE
    query = "" if "[[query]]" in block else _QUERY
    return start + block + database + query
