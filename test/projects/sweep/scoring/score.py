import json
import os

import joblib


def init():
    global model
    model = joblib.load(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model", "svm.joblib"))["model"]


def run(raw_data):
    rows = json.loads(raw_data)["rows"]
    return {"classes": model.predict(rows).tolist()}
