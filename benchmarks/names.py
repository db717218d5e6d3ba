"""What is compared, as the tables call it."""

from typing import Final

SIDESTEP: Final = "Sidestep"
USUAL: Final = "usual way"
BARE: Final = "bare driver"
LOOP: Final = "plain loop"
EXPORTER: Final = "sql-exporter"
