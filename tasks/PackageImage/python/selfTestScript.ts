/** Begins the line by which the self-test says in the build's log why it failed. */
export const selfTestFailed = 'SELF-TEST FAILED:';

/**
 * The Python script that runs init() and run() during the build, on check/request.json and by the very application that
 * will serve, without a port. A reply that repeats an exception which the scoring script caught is an error dressed up
 * as a success; tracing finds such exceptions, so that a model which answers with text is not suspected.
 */
export const selfTestScript = `"""Runs the scoring script on one request. Written by the pipeline task MLOpsPackageImage."""
import argparse
import importlib
import json
import os
import sys
import traceback

parser = argparse.ArgumentParser()
parser.add_argument("module")
parser.add_argument("--entry_script")
parser.add_argument("--model_dir")
options = parser.parse_args()

root = os.getcwd()
os.environ["AML_APP_ROOT"] = root
os.environ["AZUREML_MODEL_DIR"] = options.model_dir
if options.entry_script:
    os.environ["AZUREML_ENTRY_SCRIPT"] = os.path.realpath(options.entry_script)
sys.path.insert(0, root)
sys.dont_write_bytecode = True


def say(text):
    # Past print(), which the server gives a time and a level.
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, (text + "\\n").encode("utf-8", "replace"))


def end(code):
    # At once: the interpreter takes half a second to tidy up, and waits for threads that the model has left running.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def fail(reason):
    reason = " ".join(reason.split())
    say("${selfTestFailed} " + reason + ("" if reason.endswith((".", "!", "?")) else "."))
    end(1)


def named(error):
    text = str(error)[:300]
    return type(error).__name__ + (": " + text if text else "")


def show(error):
    traceback.print_exception(type(error), error, error.__traceback__)


caught = []


def trace(frame, event, argument):
    path = frame.f_code.co_filename
    if not path.startswith(root) or path.startswith(os.path.join(root, "environment")):
        return None
    if event == "exception":
        caught.append(argument[1])
    return trace


try:
    if options.module == "azureml_inference_server_http":
        application = importlib.import_module("azureml_inference_server_http.server.create_app").create()
    else:
        application = importlib.import_module(options.module).application()
except SystemExit as stop:
    # The server has shown the traceback, and exits while it handles what the scoring script raised (its user_script.py).
    refusal = stop.__context__ or stop
    kind = type(refusal).__name__
    if kind == "UserScriptImportException":
        fail("it could not be imported: " + named(refusal.__cause__))
    if kind == "UserScriptException":
        fail("init() failed with " + named(refusal.__cause__))
    fail("the server did not start: " + named(refusal))
except BaseException as error:
    traceback.print_exc()
    fail("the server could not be started: " + named(error))

with open(os.path.join("check", "request.json"), encoding="utf-8") as file:
    request = file.read()
client = application.test_client()
sys.settrace(trace)
try:
    response = client.post("/score", data=request, content_type="application/json")
    # An answer need not be text.
    body = response.get_data().decode("utf-8", "replace")
except BaseException as error:
    show(error)
    fail("run() ended the server instead of answering, by " + named(error))
finally:
    sys.settrace(None)
say("Self-test: POST /score answered %d: %s" % (response.status_code, body[:2000]))
if response.status_code != 200:
    raised = ""
    for error in caught[-1:]:
        show(error)
        raised = " after " + named(error)
    fail("run() answered the request with status %d%s. The answer: %s" % (response.status_code, raised, body[:300]))


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)


try:
    reply = json.loads(body)
except ValueError:
    reply = body
for error in caught:
    message = str(error)
    # A short message, e.g. of a KeyError, may stand in any text; alone it is the reply of \`return str(error)\`.
    if any(text == message or (len(message) > 7 and message in text) for text in texts(reply) if message):
        show(error)
        fail("run() caught an error and answered it as a success: " + message[:300])
if isinstance(reply, dict) and reply.get("error"):
    fail("run() answered with success, but the answer holds an error: " + str(reply["error"])[:300])
say("Self-test passed.")
end(0)
`;
