import argparse
import json
import os

import joblib
import mlflow
from sklearn.datasets import load_wine
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

parser = argparse.ArgumentParser()
parser.add_argument("--C", type=float, required=True)
parser.add_argument("--kernel", required=True)
parser.add_argument("--folds", type=int, default=5)
args = parser.parse_args()

x, y = load_wine(return_X_y=True)
model = make_pipeline(StandardScaler(), SVC(C=args.C, kernel=args.kernel))
mlflow.log_params(vars(args))
mlflow.log_metric("cv_accuracy", cross_val_score(model, x, y, cv=args.folds).mean())
model.fit(x, y)

os.makedirs("outputs/model", exist_ok=True)
joblib.dump({"model": model, "parameters": vars(args)}, "outputs/model/svm.joblib")
with open("outputs/golden_requests.json", "w") as file:
    json.dump(
        [{"name": "two wines", "request": {"rows": x[[0, -1]].tolist()}, "expected": {"classes": model.predict(x[[0, -1]]).tolist()}}],
        file,
    )
