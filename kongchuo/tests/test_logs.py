import logging

import pytest

from kongchuo.logs import Discreet


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Not Found: /l/4mXq-7sPz_0123456789abcdef/", "Not Found: /l/…/"),
        ("phone 13912345678.", "phone [电话]."),
        ("520502201304010017 and 52050220130401001X", "[证件号] and [证件号]"),
        ("job 20261123123456 of 2152000123", "job 20261123123456 of 2152000123"),
    ],
)
def test_a_log_line_names_no_number_and_no_link(said, kept):
    record = logging.LogRecord("x", logging.ERROR, "", 1, "%s", (said,), None)

    assert Discreet("%(message)s").format(record) == kept


def test_a_traceback_is_struck_through_too():
    try:
        raise ValueError("13912345678")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "broken", (), (type(error), error, error.__traceback__))

    assert "13912345678" not in Discreet("%(message)s").format(record)
