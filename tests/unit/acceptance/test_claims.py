"""The claims about AWS: each one names tests that exist, and each answer belongs to one of them."""

import re
from collections.abc import Sequence

import pytest

from sidestep import paths
from tests.acceptance.claims import Claim, OpenClaim, claims, open_claims
from tests.documents.markdown import exists, named_tests

EVERY: Sequence[Claim | OpenClaim] = [*claims(), *open_claims()]

SUITE = paths.ROOT / "tests" / "acceptance"

STATUS = paths.ROOT / "docs" / "aws-status.md"


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.id)
def test_a_claim_is_settled_by_tests_of_the_suite(claim: Claim) -> None:
    assert claim.tests
    assert [test for test in claim.tests if not (test.startswith("acceptance/") and exists(test))] == []


def test_each_claim_has_an_id_of_its_own() -> None:
    ids = [claim.id for claim in claims()]
    assert sorted(set(ids)) == sorted(ids)


def test_each_answer_of_a_test_is_to_a_claim_that_names_the_test() -> None:
    # Given the ids that tests report answers to, by file
    answered = {
        (identifier, f"acceptance/{file.name}")
        for file in SUITE.glob("test_*.py")
        for found in re.findall(r'\bclaim\("([^"]+)"|claim, "([^"]+)"\)', file.read_text(encoding="utf-8"))
        for identifier in filter(None, found)
    }

    # Then
    settling = {(claim.id, test.partition("::")[0]) for claim in claims() for test in claim.tests}
    assert answered
    assert answered - settling == set()


def test_what_shows_a_claim_today_exists() -> None:
    shown = " ".join(claim.shown for claim in EVERY)
    assert [test for test in named_tests(shown) if not exists(test)] == []


def test_every_claim_is_in_the_document() -> None:
    text = STATUS.read_text(encoding="utf-8")
    assert [claim.claim for claim in EVERY if claim.claim not in text] == []


def test_documents_and_modules_that_make_a_claim_exist() -> None:
    made = " ".join(claim.made for claim in EVERY)
    documents = [paths.ROOT / "docs" / name for name in re.findall(r"\]\(([\w.-]+)(?:#[\w-]+)?\)", made)]
    modules = [paths.ROOT / name for name in re.findall(r"`([\w/.]+)`", made)]
    assert [file for file in (*documents, *modules) if not file.is_file()] == []
