import json
from pathlib import Path

import joblib
import mlflow
from corpus import letters
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

texts, offices = letters(900)
x_train, x_test, y_train, y_test = train_test_split(texts, offices, test_size=0.3, random_state=2, stratify=offices)
model = make_pipeline(TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4)), LogisticRegression(C=5, max_iter=400))
model.fit(x_train, y_train)
answers = model.predict(x_test)
mlflow.log_metric("f1_macro", f1_score(y_test, answers, average="macro"))
for office in model.classes_:
    mlflow.log_metric(f"f1_macro.office.{office}", f1_score(y_test, answers, labels=[office], average="macro"))

out = Path("outputs/model")
out.mkdir(parents=True, exist_ok=True)
joblib.dump(model, out / "triage.joblib", compress=3)
some = ["Guten Tag, ein Schlagloch am Marktplatz, bitte reparieren", "Bonjour, les poubelles rue de l'Église 🤢", "a passport for our baby"]
golden = [
    {"name": "letters in three languages", "request": {"texts": some}, "expected": [{"office": office} for office in model.predict(some)]},
    {"name": "a long letter", "request": {"texts": [" ".join(x_test[:60])]}, "expectedPaths": {"$[0].office": str(model.predict([" ".join(x_test[:60])])[0])}},
    {"name": "no text", "request": {"letters": []}, "expectStatus": 400},
]
Path("outputs/golden_requests.json").write_text(json.dumps(golden, ensure_ascii=False), encoding="utf-8")
