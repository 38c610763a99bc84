from pathlib import Path

import joblib
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Alcohol of wines", version="1.0")
model = joblib.load(next((Path(__file__).parent / "model").rglob("alcohol.joblib")))


class Rows(BaseModel):
    data: list[list[float]]


class Answer(BaseModel):
    alcohol: list[float]


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/score")
def score(rows: Rows) -> Answer:
    return Answer(alcohol=model.predict(np.array(rows.data)).tolist())
