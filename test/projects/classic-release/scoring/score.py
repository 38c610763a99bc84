import json
import os

import joblib


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "rent.pkl"))


def run(raw_data):
    return {"rents": model.predict(json.loads(raw_data)["flats"]).tolist()}
