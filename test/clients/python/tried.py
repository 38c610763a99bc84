"""One line of JSON for each operation that a client was asked for."""
import json


def tried(operation, action, refusal=None):
    """refusal: what the error must say where Azure refuses the operation too."""
    try:
        value = action()
        outcome = "right" if refusal is None else "wrong"
        detail = "" if refusal is None else "it was not refused"
    except Exception as error:  # a client may throw anything
        value = None
        text = f"{type(error).__name__}: {error}"
        refused = refusal is not None and refusal in text
        outcome = "refused" if refused else "wrong"
        detail = "" if refused else text[:300]
    print(json.dumps({"operation": operation, "outcome": outcome, "detail": detail}), flush=True)
    return value


def expect(condition, what="not as expected"):
    if not condition:
        raise AssertionError(what)
