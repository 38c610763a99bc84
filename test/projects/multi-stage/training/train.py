"""Which digit is it? By a forest, the depth of which decides how good it gets."""
import argparse
import json
from pathlib import Path

import joblib
import mlflow
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--max-depth", type=int, default=8)
arguments = parser.parse_args()

digits = load_digits()
x_train, x_test, y_train, y_test = train_test_split(digits.data, digits.target, test_size=0.25, random_state=9)
forest = ExtraTreesClassifier(n_estimators=60, max_depth=arguments.max_depth, random_state=9).fit(x_train, y_train)
accuracy = forest.score(x_test, y_test)
print(f"depth {arguments.max_depth}: accuracy {accuracy:.4f}")
mlflow.log_metric("accuracy", accuracy)

model = Path("outputs/model")
model.mkdir(parents=True, exist_ok=True)
joblib.dump(forest, model / "forest.joblib", compress=3)
Path("outputs/golden_requests.json").write_text(
    json.dumps(
        [{"name": "ten digits", "request": {"pixels": x_test[:10].tolist()}, "expected": {"digits": forest.predict(x_test[:10]).tolist()}}]
    )
)
