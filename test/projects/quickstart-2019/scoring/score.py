import json
import os

import joblib
import numpy as np
import pandas as pd

columns = [
    "vendorID", "passengerCount", "tripDistance", "hour_of_day", "day_of_week", "day_of_month", "month_num",
    "normalizeHolidayName", "isPaidTimeOff", "snowDepth", "precipTime", "precipDepth", "temperature",
]


def init():
    global model
    try:
        model_path = os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "cost-estimator.pkl")
        print("Looking for the model at", model_path)
        model = joblib.load(model_path)
        print("Model loaded")
    except Exception as e:
        print("Exception during init:", str(e))


def run(input_json):
    try:
        values = json.loads(input_json)
        frame = pd.DataFrame(np.array(values).reshape(-1, 13), columns=columns)
        prediction = model.predict(frame).tolist()
        return json.dumps(prediction)
    except Exception as e:
        return str(e)
