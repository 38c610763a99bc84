"""How good is a wine? Regression over what is measured in the laboratory."""
import json
from pathlib import Path

import joblib
import mlflow
from sklearn.datasets import load_wine
from sklearn.linear_model import RidgeCV
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

data = load_wine(as_frame=True).data
features, target = data.drop(columns="alcohol"), data["alcohol"]
x_train, x_test, y_train, y_test = train_test_split(features, target, test_size=0.25, random_state=3)
model = make_pipeline(StandardScaler(), RidgeCV(alphas=[0.1, 1.0, 10.0])).fit(x_train.to_numpy(), y_train)
predicted = model.predict(x_test.to_numpy())
mlflow.log_metrics({"mae": mean_absolute_error(y_test, predicted), "r2": r2_score(y_test, predicted)})

output = Path("outputs/model")
output.mkdir(parents=True, exist_ok=True)
joblib.dump(model, output / "alcohol.joblib")
rows = x_test.head(2).to_numpy()
Path("outputs/golden_requests.json").write_text(
    json.dumps(
        [{"name": "two wines", "request": {"data": rows.tolist()}, "expected": {"alcohol": model.predict(rows).tolist()}}]
    )
)
