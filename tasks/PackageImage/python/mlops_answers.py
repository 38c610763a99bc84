"""Compares answers with what is expected of them. Written by the pipeline task MLOpsPackageImage.

Numbers are compared without loss and within a tolerance: |actual - expected| <= absolute + relative * |expected|, the rule
of numpy.allclose. Types count: 5, "5" and true are three things.
"""
import json
from decimal import Decimal


class NotANumber(ValueError):
    """NaN and Infinity, which are not JSON."""


def read(text):
    """JSON with every digit of its numbers. Raises ValueError where it is not JSON."""

    def refuse(name):
        raise NotANumber("it holds %s, which is not JSON" % name)

    return json.loads(text, parse_float=Decimal, parse_constant=refuse)


def is_number(value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def first_difference(actual, expected, absolute, relative):
    """One sentence with its place in the answer; None where there is no difference. Without recursion, however deep."""
    pairs = [("$", actual, expected)]
    while pairs:
        where, a, e = pairs.pop()
        if is_number(a) and is_number(e):
            allowed = Decimal(repr(absolute)) + Decimal(repr(relative)) * abs(e)
            if abs(Decimal(a) - Decimal(e)) > allowed:
                return "%s: expected %s, got %s" % (where, e, a)
        elif isinstance(e, list) and isinstance(a, list):
            if len(a) != len(e):
                return "%s: expected %d elements, got %d" % (where, len(e), len(a))
            pairs.extend(("%s[%d]" % (where, index), a[index], e[index]) for index in reversed(range(len(e))))
        elif isinstance(e, dict) and isinstance(a, dict):
            for key in e:
                if key not in a:
                    return "%s.%s: it is missing" % (where, key)
            for key in a:
                if key not in e:
                    return "%s.%s: it was not expected" % (where, key)
            pairs.extend(("%s.%s" % (where, key), a[key], e[key]) for key in reversed(list(e)))
        elif type(a) is not type(e) or a != e:
            return "%s: expected %s, got %s" % (where, shown(e), shown(a))
    return None


def shown(value):
    text = json.dumps(value, default=str)
    return text if len(text) <= 200 else text[:200] + "..."


def wrong_answer(case, status, body):
    """What is wrong with the answer to a case of self_test.json: one sentence, or None."""
    wanted = str(case.get("expectStatus", "2xx"))
    if not (str(status) == wanted or (wanted.endswith("xx") and str(status)[:1] == wanted[:1])):
        return "the status is %d, expected %s. The answer: %s" % (status, wanted, body[:300])
    if case.get("expected") is None:
        return None
    try:
        actual = read(body)
    except ValueError as error:
        return "the answer is not JSON (%s): %s" % (error, body[:300])
    tolerance = case.get("tolerance", {"absolute": 1e-6, "relative": 1e-6})
    difference = first_difference(actual, read(case["expected"]), tolerance["absolute"], tolerance["relative"])
    return difference and "the answer is not as expected: " + difference
