"""Starts the server's application on one process and sends it requests. Written by the pipeline task MLOpsPackageImage.

It runs during the build, by the very application that will serve, without a port. A reply that repeats an exception which
the scoring script caught is an error dressed up as a success; tracing finds such exceptions, so that a model which answers
with text is not suspected.
"""
import argparse
import base64
import importlib
import json
import os
import re
import sys
import traceback

import mlops_answers
from mlops_outcome import end, fail, not_tested, passed, say

# What a build cannot have and the target may: what it is, and how its lack is recognised in an exception.
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "only_on_target.json"), encoding="utf-8") as file:
    ONLY_ON_TARGET = [(each["what"], each["pattern"]) for each in json.load(file)]


def named(error):
    text = str(error)[:300]
    return type(error).__name__ + (": " + text if text else "")


def chain(error):
    """The exception and those that led to it, the last first."""
    seen = []
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return seen


def reason(error):
    """The exception, with the one at its root where that says what the other hides: a missing package, file or variable."""
    text = named(error)
    root = chain(error)[-1]
    if root is not error and isinstance(root, (ImportError, OSError, KeyError)) and str(root) not in text:
        text += " (because of %s)" % named(root)
    variable = missing_variable(root)
    if variable:
        text += ". The environment variable %s is not set here: give it in selfTestEnvironmentVariables" % variable
    return text


def missing_variable(error):
    frames = list(traceback.walk_tb(error.__traceback__))
    if isinstance(error, KeyError) and frames and frames[-1][0].f_code is type(os.environ).__getitem__.__code__:
        return error.args[0]
    return None


def lacks(error):
    """What only the target has, where that is why it failed."""
    for each in chain(error):
        # A package that is not installed is missing there as well.
        if isinstance(each, ModuleNotFoundError):
            return None
        for what, pattern in ONLY_ON_TARGET:
            if re.search(pattern, named(each), re.IGNORECASE):
                return what
    return None


def give_up(what, error):
    """Ends the test: it failed, or it could not be carried out here."""
    lacking = lacks(error)
    if lacking:
        not_tested("%s needs %s, which a build does not have: %s" % (what, lacking, named(error)))
    fail("%s failed with %s" % (what, reason(error)))


def start(options):
    """Runs init(). The application, which will serve."""
    try:
        if options.module == "azureml_inference_server_http":
            return importlib.import_module("azureml_inference_server_http.server.create_app").create()
        return importlib.import_module(options.module).application()
    except SystemExit as stop:
        # The server has shown the traceback, and exits while it handles what the scoring script raised (user_script.py).
        refusal = stop.__context__ or stop
        kind = type(refusal).__name__
        cause = refusal.__cause__ or refusal
        if kind == "UserScriptImportException":
            if lacks(cause):
                give_up("importing it", cause)
            fail("it could not be imported: " + reason(cause))
        if kind == "UserScriptException":
            give_up("init()", cause)
        fail("the server did not start: " + named(refusal))
    except BaseException as error:
        traceback.print_exc()
        give_up("the server's start", error)


caught = []


def trace(frame, event, argument):
    path = frame.f_code.co_filename
    if not path.startswith(root) or path.startswith(os.path.join(root, "environment")):
        return None
    if event == "exception":
        caught.append(argument[1])
    return trace


def send(client, case):
    """Status and text of the answer."""
    del caught[:]
    sys.settrace(trace)
    try:
        response = client.open(
            case.get("path") or "/score",
            method=case.get("method", "POST"),
            data=base64.b64decode(case["body"]),
            headers=case.get("headers") or {"content-type": "application/json"},
        )
        # An answer need not be text.
        return response.status_code, response.get_data().decode("utf-8", "replace")
    except BaseException as error:
        show(error)
        fail("run() ended the server instead of answering %s, by %s" % (case["name"], named(error)))
    finally:
        sys.settrace(None)


def show(error):
    traceback.print_exception(type(error), error, error.__traceback__)


def check(case, status, body):
    """Ends the test where the answer is wrong."""
    say("Self-test: %s answered %d: %s" % (case["name"], status, body[:2000]))
    wrong = mlops_answers.wrong_answer(case, status, body)
    if wrong:
        raised = ""
        for error in caught[-1:]:
            show(error)
            if status >= 500 and lacks(error):
                give_up("run()", error)
            raised = " after " + reason(error)
        fail("run() answered %s wrongly%s: %s" % (case["name"], raised, wrong))
    if case.get("expected") is None and status < 300:
        refuse_disguised_error(case, body)


def refuse_disguised_error(case, body):
    try:
        reply = json.loads(body)
    except ValueError:
        reply = body
    for error in caught:
        message = str(error)
        # A short message, e.g. of a KeyError, may stand in any text; by itself it is the reply of `return str(error)`.
        if message and any(text == message or (len(message) > 7 and message in text) for text in texts(reply)):
            show(error)
            fail("run() caught an error and answered %s with it as a success: %s" % (case["name"], message[:300]))
    if isinstance(reply, dict) and reply.get("error"):
        fail("run() answered %s with success, but the answer holds an error: %s" % (case["name"], str(reply["error"])[:300]))


def texts(value):
    rest = [value]
    while rest:
        each = rest.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            rest.extend(each.values())
        elif isinstance(each, list):
            rest.extend(each)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("module")
    parser.add_argument("--entry_script")
    parser.add_argument("--model_dir")
    options = parser.parse_args()
    with open(os.path.join("check", "self_test.json"), encoding="utf-8") as file:
        test = json.load(file)
    os.environ.update(test["environment"])
    os.environ["AML_APP_ROOT"] = root
    os.environ["AZUREML_MODEL_DIR"] = options.model_dir
    if options.entry_script:
        os.environ["AZUREML_ENTRY_SCRIPT"] = os.path.realpath(options.entry_script)
    # In place of this script's folder, which the server will not see.
    sys.path[0] = root
    sys.dont_write_bytecode = True
    say("Self-test begins.")
    application = start(options)
    client = application.test_client()
    for case in test["requests"]:
        check(case, *send(client, case))
    number = len(test["requests"])
    requests = "no request was sent" if number == 0 else "1 request was" if number == 1 else "%d requests were" % number
    passed("init() ran and " + requests + ("" if number == 0 else " answered as expected"))
    end(0)


root = os.getcwd()
if __name__ == "__main__":
    main()
