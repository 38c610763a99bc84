import json
import logging
import os

import joblib
import numpy as np


def init():
    """
    This function is called when the container is initialized/started, typically after create/update of the deployment.
    """
    global model
    model_path = os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model", "model.pkl")
    model = joblib.load(model_path)
    logging.info("Init complete")


def run(raw_data):
    logging.info("Request received")
    data = json.loads(raw_data)["data"]
    data = np.array(data)
    result = model.predict(data)
    logging.info("Request processed")
    return {"result": result.tolist()}
