import json
import os
from pathlib import Path

import joblib
from azureml_inference_server_http.api.aml_response import AMLResponse


def init():
    global model
    model = joblib.load(Path(os.environ["AZUREML_MODEL_DIR"]) / "model" / "triage.joblib")


def run(raw):
    try:
        texts = json.loads(raw)["texts"]
        if not texts or not all(isinstance(text, str) for text in texts):
            raise ValueError("texts must be a list of texts")
    except (KeyError, TypeError, ValueError) as error:
        return AMLResponse({"error": f"Send {{\"texts\": [...]}}: {error}"}, 400, json_str=True)
    return [{"office": office} for office in model.predict(texts)]
