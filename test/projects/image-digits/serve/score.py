import io
import os
import time

import joblib
import numpy as np
from azureml_inference_server_http.api.aml_request import AMLRequest, rawhttp
from azureml_inference_server_http.api.aml_response import AMLResponse
from PIL import Image

model = None


def init():
    global model
    # Weights of gigabytes take their time; these few kilobytes take the same.
    time.sleep(12)
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "digits.joblib"))


@rawhttp
def run(request: AMLRequest):
    if request.method != "POST":
        return AMLResponse("Send a picture by POST.", 405)
    picture = Image.open(io.BytesIO(request.get_data(False))).convert("L").resize((8, 8), Image.NEAREST)
    pixels = np.asarray(picture, dtype=float).reshape(1, -1) * 16 / 255
    return AMLResponse({"digit": int(model.predict(np.round(pixels))[0])}, 200, json_str=True)
