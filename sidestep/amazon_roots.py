"""Makes lambdas/engines/amazon-roots.pem: the public roots that sign the certificates of RDS Proxy.

    python -m sidestep.amazon_roots

The roots are taken from certifi, which carries Mozilla's list of authorities. Source of the rule: RDS user guide,
"Using TLS/SSL with RDS Proxy": a proxy has a certificate of AWS Certificate Manager, signed by Amazon Trust Services.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Final

import certifi
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sidestep import project
from sidestep.rds_roots import common_name

FILE: Final = project.LAMBDAS / "engines" / "amazon-roots.pem"

NAMES: Final = tuple(f"Amazon Root CA {number}" for number in (1, 2, 3, 4))
"""The roots of Amazon Trust Services, by their common names."""

_HEADER: Final = """\
# The roots of Amazon Trust Services, which sign the certificates of RDS Proxy.
# Source: certifi {version}
# sidestep/amazon_roots.py makes this file and says how to refresh it.
"""


def render() -> str:
    """Return the PEM file, with a line above each root that says which it is."""
    certificates = x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes())
    roots = {common_name(one): one.public_bytes(Encoding.PEM).decode() for one in certificates}
    return _HEADER.format(version=version("certifi")) + "".join(f"\n# {name}\n{roots[name]}" for name in NAMES)


def main() -> None:
    """Rewrite the project's file."""
    FILE.write_text(render(), encoding="ascii")
    print(f"{FILE.relative_to(project.ROOT)}: {len(NAMES)} roots")


if __name__ == "__main__":
    main()
