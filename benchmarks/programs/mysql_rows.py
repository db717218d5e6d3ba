"""Rows with PyMySQL, as a program without Sidestep fetches them: at once, over verified TLS."""

import os
import ssl
from typing import Any

import pymysql


def fetch() -> tuple[tuple[Any, ...], ...]:
    """Connect, query, and close."""
    connection = pymysql.connect(
        host=os.environ["DATABASE_HOST"],
        port=int(os.environ["DATABASE_PORT"]),
        user=os.environ["DATABASE_USER"],
        password=os.environ["PASSWORD"],
        database=os.environ["DATABASE_NAME"],
        ssl=ssl.create_default_context(cafile=os.environ["DATABASE_CERTIFICATES"]),
    )
    with connection.cursor() as cursor:
        cursor.execute(os.environ["SQL"])
        rows = cursor.fetchall()
    connection.close()
    return rows
