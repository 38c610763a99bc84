"""Serves an MLflow model over HTTP. Written by the pipeline task MLOpsPackageImage."""
import argparse
import json
import os
import sys
from pathlib import Path

model = None
schema = None


def init():
    """Called by Azure ML's inference server before it answers its first request."""
    import mlflow.pyfunc
    import mlflow_server

    found = sorted(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("MLmodel"), key=lambda path: len(path.parts))
    if not found:
        raise FileNotFoundError("AZUREML_MODEL_DIR holds no MLmodel file.")
    mlflow_server.model = mlflow.pyfunc.load_model(str(found[0].parent))
    mlflow_server.schema = mlflow_server.model.metadata.get_input_schema()


def run(raw_data):
    """POST /score: {"input_data": ..., "params": ...} as Azure ML has it, answered by only the predictions; or MLflow's form."""
    from azureml_inference_server_http.api.aml_response import AMLResponse

    try:
        request = json.loads(raw_data)
    except ValueError as error:
        return AMLResponse({"message": "The body is not JSON: %s" % error}, 400, json_str=True)
    bare = isinstance(request, dict) and "input_data" in request
    if bare:
        request = {in_mlflow_form(request["input_data"]): request["input_data"]} | (
            {"params": request["params"]} if request.get("params") else {}
        )
    text, status, _ = invoke(json.dumps(request), "application/json")
    reply = json.loads(text)
    return AMLResponse(reply["predictions"] if bare and status == 200 else reply, status, json_str=True)


def in_mlflow_form(data):
    if isinstance(data, dict) and {"columns", "data"} <= set(data):
        return "dataframe_split"
    if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
        return "dataframe_records"
    return "inputs"


def invoke(data, content_type):
    """Scores by MLflow's own code; its errors are answers with the status that they carry."""
    import mlflow_server
    from mlflow.exceptions import MlflowException
    from mlflow.pyfunc import scoring_server

    try:
        answer = scoring_server.invocations(data, content_type, mlflow_server.model, mlflow_server.schema)
        text = answer.response if answer.status == 200 else json.dumps({"message": answer.response})
        return text, answer.status, "application/json"
    except MlflowException as error:
        return error.serialize_as_json(), error.get_http_status_code(), "application/json"


def application():
    """The inference server's application with MLflow's routes beside its own."""
    import flask
    import mlflow

    os.environ.setdefault("AML_APP_ROOT", os.getcwd())
    os.environ["AZUREML_ENTRY_SCRIPT"] = os.path.abspath(__file__)
    sys.path.insert(0, os.getcwd())
    from azureml_inference_server_http.server.create_app import create

    app = create()

    @app.post("/invocations")
    def invocations():
        data = flask.request.get_data()
        content_type = flask.request.content_type or ""
        # MLflow decodes CSV itself and wants JSON as text.
        text, status, mimetype = invoke(data if "json" not in content_type else data.decode(), content_type)
        return flask.Response(text, status, mimetype=mimetype)

    @app.get("/ping")
    @app.get("/health")
    def ping():
        return flask.Response("\n", 200, mimetype="application/json")

    @app.get("/version")
    def version():
        return flask.Response(mlflow.__version__, 200, mimetype="text/plain")

    return app


def main():
    from gunicorn.app.base import BaseApplication

    parser = argparse.ArgumentParser()
    parser.add_argument("--model_dir", required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    os.environ["AZUREML_MODEL_DIR"] = options.model_dir

    class Server(BaseApplication):
        def load_config(self):
            self.cfg.set("bind", "0.0.0.0:%d" % options.port)
            self.cfg.set("workers", int(os.environ.get("WORKER_COUNT", "1")))
            self.cfg.set("timeout", int(os.environ.get("WORKER_TIMEOUT", "300")))
            self.cfg.set("accesslog", "-")

        def load(self):
            return application()

    Server().run()


if __name__ == "__main__":
    main()
