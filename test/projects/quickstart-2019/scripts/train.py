"""What does a taxi ride cost? The columns are those of the green taxis of New York with weather and holidays; the rides are made up."""
import argparse
import json
import os

import joblib
import mlflow
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--model_name", default="cost-estimator")
args, _ = parser.parse_known_args()

numerical = ["passengerCount", "tripDistance", "snowDepth", "precipTime", "precipDepth", "temperature"]
categorical = [
    "vendorID", "hour_of_day", "day_of_week", "day_of_month", "month_num", "normalizeHolidayName", "isPaidTimeOff",
]
columns = [
    "vendorID", "passengerCount", "tripDistance", "hour_of_day", "day_of_week", "day_of_month", "month_num",
    "normalizeHolidayName", "isPaidTimeOff", "snowDepth", "precipTime", "precipDepth", "temperature",
]


def rides(count, seed=0):
    random = np.random.default_rng(seed)
    holiday = random.random(count) < 0.05
    frame = pd.DataFrame(
        {
            "vendorID": random.integers(1, 3, count),
            "passengerCount": random.integers(1, 7, count),
            "tripDistance": np.round(random.gamma(2.0, 2.5, count) + 0.3, 2),
            "hour_of_day": random.integers(0, 24, count),
            "day_of_week": random.integers(0, 7, count),
            "day_of_month": random.integers(1, 29, count),
            "month_num": random.integers(1, 13, count),
            "normalizeHolidayName": np.where(holiday, "Memorial Day", "None"),
            "isPaidTimeOff": np.where(holiday, "True", "False"),
            "snowDepth": np.where(random.random(count) < 0.1, 3.0, 0.0),
            "precipTime": random.choice([0.0, 1.0, 6.0, 24.0], count),
            "precipDepth": random.choice([0.0, 2.0, 9.0], count),
            "temperature": np.round(random.normal(12, 9, count), 1),
        }
    )
    rush = frame["hour_of_day"].isin([8, 9, 17, 18])
    frame["totalAmount"] = (
        3.5 + 2.9 * frame["tripDistance"] + 1.5 * rush + 4.0 * holiday + 0.2 * frame["snowDepth"] + random.normal(0, 1.2, count)
    )
    return frame[columns].astype({name: str for name in categorical}), frame["totalAmount"]


x, y = rides(4000)
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
model = Pipeline(
    [
        (
            "columns",
            ColumnTransformer(
                [
                    ("numbers", Pipeline([("fill", SimpleImputer(strategy="median")), ("scale", StandardScaler())]), numerical),
                    ("names", OneHotEncoder(handle_unknown="ignore"), categorical),
                ]
            ),
        ),
        ("regressor", GradientBoostingRegressor(max_depth=5, n_estimators=60, random_state=0)),
    ]
)
model.fit(x_train, y_train)
rmse = float(np.sqrt(mean_squared_error(y_test, model.predict(x_test))))
print("rmse", rmse)
mlflow.log_metric("rmse", rmse)

os.makedirs("outputs/model", exist_ok=True)
joblib.dump(model, os.path.join("outputs", "model", args.model_name + ".pkl"))

# As scoring does it: a list becomes rows of 13 values.
data1 = [1, 2, 5, 9, 4, 27, 5, "Memorial Day", True, 0, 0.0, 0.0, 65]
data2 = [[1, 3, 10, 15, 4, 27, 7, "None", False, 0, 2.0, 1.0, 80], data1]


def score(data):
    frame = pd.DataFrame(np.array(data).reshape(-1, 13), columns=columns)
    return json.dumps(model.predict(frame).tolist())


with open("outputs/golden_requests.json", "w") as file:
    json.dump(
        [
            {"name": "data_1", "request": data1, "expected": score(data1)},
            {"name": "data_2", "request": data2, "expected": score(data2)},
        ],
        file,
    )
