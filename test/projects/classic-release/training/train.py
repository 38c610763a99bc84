"""What does a flat cost? For a team with classic build and release pipelines."""
import json
import os

import joblib
import mlflow
import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.metrics import root_mean_squared_error

dice = np.random.default_rng(1)
size = dice.uniform(30, 140, 800)
floor = dice.integers(0, 9, 800)
rent = 4.0 + 0.11 * size + 0.4 * floor + dice.normal(0, 1.0, 800)
x = np.column_stack([size, floor])
model = LinearRegression().fit(x[:600], rent[:600])
mlflow.log_metric("rmse", root_mean_squared_error(rent[600:], model.predict(x[600:])))

os.makedirs("outputs/model", exist_ok=True)
joblib.dump(model, "outputs/model/rent.pkl")
with open("outputs/golden_requests.json", "w") as file:
    json.dump(
        [{"name": "two flats", "request": {"flats": x[-2:].tolist()}, "expected": {"rents": model.predict(x[-2:]).tolist()}}],
        file,
    )
