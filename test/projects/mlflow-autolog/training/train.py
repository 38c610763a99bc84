"""As in MLflow's first tutorial: autologging, and nothing else."""
import argparse

import mlflow
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

parser = argparse.ArgumentParser()
parser.add_argument("--trees", type=int, default=50)
args = parser.parse_args()

mlflow.sklearn.autolog()

X, y = load_iris(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.3, random_state=1, stratify=y)

with mlflow.start_run():
    model = RandomForestClassifier(n_estimators=args.trees, random_state=1)
    model.fit(X_train, y_train)
    mlflow.log_metric("test_accuracy", model.score(X_test, y_test))
