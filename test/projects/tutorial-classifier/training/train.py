"""Is a tumour benign? A classifier over the Wisconsin breast cancer data."""
import json
import os

import joblib
import mlflow
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=42, stratify=y)

model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
model.fit(X_train, y_train)

mlflow.log_metric("accuracy", accuracy_score(y_test, model.predict(X_test)))
mlflow.log_metric("auc", roc_auc_score(y_test, model.predict_proba(X_test)[:, 1]))

os.makedirs("outputs/model", exist_ok=True)
joblib.dump(model, "outputs/model/model.pkl")

# Requests with the answers that a deployment must give.
samples = [
    {
        "name": f"row {index}",
        "request": {"data": X_test[index : index + 1].tolist()},
        "expected": {"result": model.predict(X_test[index : index + 1]).tolist()},
    }
    for index in range(5)
]
with open("outputs/golden_requests.json", "w") as file:
    json.dump(samples, file)
