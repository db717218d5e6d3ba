"""The least that can be done: PyMySQL fetches the rows and json writes them. Prints what it took as JSON."""

import json
import os
import ssl
import time

import pymysql

from benchmarks.programs.measuring import tell


def fetch() -> tuple[tuple[str, int], ...]:
    """Fetch all rows."""
    connection = pymysql.connect(
        host=os.environ["DATABASE_HOST"],
        port=int(os.environ["DATABASE_PORT"]),
        user=os.environ["DATABASE_USER"],
        password=os.environ["PASSWORD"],
        database=os.environ["DATABASE_SCHEMA"],
        ssl=ssl.create_default_context(cafile=os.environ["DATABASE_CERTIFICATES"]),
    )
    with connection.cursor() as cursor:
        cursor.execute(os.environ["SQL"])
        rows = cursor.fetchall()
    connection.close()
    return rows


def main() -> None:
    """Fetch and write."""
    started = time.perf_counter()
    rows = fetch()
    json.dumps(rows)
    tell(started, len(rows))


if __name__ == "__main__":
    main()
