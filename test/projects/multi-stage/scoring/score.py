import json
import os

import joblib
import numpy as np


def init():
    global forest
    forest = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "forest.joblib"))


def run(raw_data):
    pixels = np.array(json.loads(raw_data)["pixels"], dtype=float)
    return {"digits": forest.predict(pixels).tolist()}
