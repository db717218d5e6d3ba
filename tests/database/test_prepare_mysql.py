"""What preparing a MySQL has that no other engine has: accounts by host, its clause, and the sample."""

import pytest

from sidestep.lambdas.prepare_database.errors import InvalidEvent, PreparationRefused
from sidestep.lambdas.prepare_database.mysql import statements
from tests.database.deadlines import eventually
from tests.database.grounds import MySqlGround


def test_the_clause_on_aws_is_that_of_rds() -> None:
    assert statements.creation("reader") == (
        "CREATE USER IF NOT EXISTS `reader`@`%` IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL"
    )


def test_a_user_for_one_host_that_would_take_precedence_is_reported(mysql_ground: MySqlGround) -> None:
    # Given
    mysql_ground.execute("CREATE USER reader@localhost")

    # When / Then
    try:
        with pytest.raises(PreparationRefused, match="'reader'@'localhost' exists"):
            mysql_ground.prepare("my_app")
    finally:
        mysql_ground.execute("DROP USER reader@localhost")


@pytest.mark.parametrize("table", [" orders", "back\\slash"])
def test_an_impossible_table_name_of_mysql_is_refused(mysql_ground: MySqlGround, table: str) -> None:
    with pytest.raises(InvalidEvent, match=r"the table .* has a control character, a backslash, or a space"):
        mysql_ground.prepare("my_app", table)


def test_the_sample_adds_rows_by_an_event(mysql_ground: MySqlGround) -> None:
    # When
    mysql_ground.prepare("my_app", sample=True)

    # Then the event scheduler begins at once, with some of each plan
    eventually(lambda: mysql_ground.execute("SELECT 1 FROM my_app.sessions"))
    assert dict(mysql_ground.ask("SELECT plan, COUNT(*) FROM my_app.sessions GROUP BY plan")) == {
        "free": 3, "team": 2, "enterprise": 1,
    }  # fmt: skip
    ((soonest, latest),) = mysql_ground.execute(
        "SELECT MIN(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), expires_at)),"
        " MAX(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), expires_at)) FROM my_app.sessions"
    )
    assert 40 < soonest <= latest <= 1500

    # And the events go on, one to let sessions begin and one to end them
    events = mysql_ground.execute(
        "SELECT event_name, interval_value, interval_field, status FROM information_schema.events"
        " WHERE event_schema = 'my_app' ORDER BY 1"
    )
    assert events == (("sessions_begin", "1", "MINUTE", "ENABLED"), ("sessions_end", "1", "MINUTE", "ENABLED"))


def test_the_sample_twice_keeps_its_rows(mysql_ground: MySqlGround) -> None:
    # Given
    mysql_ground.prepare("my_app", sample=True)
    eventually(lambda: mysql_ground.execute("SELECT 1 FROM my_app.sessions"))

    # When
    mysql_ground.prepare("my_app", sample=True)

    # Then
    assert len(mysql_ground.execute("SELECT id FROM my_app.sessions WHERE id <= 6")) == 6


def test_the_printed_script_has_the_sample(mysql_ground: MySqlGround) -> None:
    # When an administrator runs it by hand
    mysql_ground.run_script(statements.script(mysql_ground.preparation("my_app", sample=True)))

    # Then the function finds nothing left to do
    before = mysql_ground.touched()
    mysql_ground.prepare("my_app", sample=True)
    assert mysql_ground.touched() == before
    eventually(lambda: mysql_ground.execute("SELECT 1 FROM my_app.sessions"))
