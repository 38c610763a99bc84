import json
import os
from pathlib import Path

import joblib
import numpy as np
from azureml_inference_server_http.api.aml_response import AMLResponse

FEATURES = 30


def init():
    global model
    model = joblib.load(next(Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.pkl")))


def run(raw_data):
    try:
        request = json.loads(raw_data)
        if set(request) != {"data"}:
            raise ValueError('send {"data": [[…], …]}')
        data = np.array(request["data"])
        if data.ndim != 2 or data.shape[1] != FEATURES or data.dtype.kind not in "if" or not np.isfinite(data).all():
            raise ValueError(f"data must be rows of {FEATURES} numbers")
    except (ValueError, TypeError, KeyError) as error:
        return AMLResponse({"message": str(error)}, 400, json_str=True)
    return {"result": model.predict(data).tolist()}
