"""Removes from a report what identifies an account, a network, a machine or a person, so that it can be published.

Names of types, of errors and of the suite's own resources stay, since a report without them explains nothing.
"""

import getpass
import re
import socket
from pathlib import Path
from typing import Final

_RULES: Final = (
    # A principal's ARN names users, sessions and sign-on groups.
    (re.compile(r"arn:aws[\w-]*:(?:iam|sts)::\S*?(?=[\s\"'`,;)\]]|\.?$|\. )", re.MULTILINE), "<principal>"),
    (re.compile(r"(?<![\w.-])(?:[\w-]+\.)+(?:rds\.amazonaws\.com(?:\.cn)?|compute\.internal)(?![\w.-])"), "<host>"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<e-mail>"),
    (re.compile(r"(?<![\w-])(?:ASIA|AKIA|AROA|AIDA)[A-Z0-9]{12,}"), "<key>"),
    (re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])"), "<account>"),
    (re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])"), "<address>"),
    (re.compile(r"(?<![\w-])(vpc|subnet|sg|eni|sgr|rtb|acl)-[0-9a-f]{8,17}(?![\w-])"), r"<\1>"),
    (re.compile(r"(?<![\w-])(db|cluster|prx)-[A-Z0-9]{20,}(?![\w-])"), "<database>"),
    (re.compile(r"(?<=secret:)[\w!/+=.@-]+"), "<secret>"),
)

MIN_NAME: Final = 4
"""Characters; a shorter name of a machine or a user would also be replaced in words."""


def redacted(text: str) -> str:
    """Return a text without account numbers, principals, hosts, addresses, ids of networks, and this machine."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return _without_this_machine(text)


def _without_this_machine(text: str) -> str:
    text = text.replace(str(Path.home()), "~")
    for name, replacement in ((socket.gethostname(), "<machine>"), (getpass.getuser(), "<user>")):
        if len(name) >= MIN_NAME and name != "root":
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", replacement, text)
    return text
