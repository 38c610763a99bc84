from pathlib import Path
from typing import Annotated

import joblib
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

app = FastAPI(title="Benign or malignant", version="1.0")
model = joblib.load(next((Path(__file__).parent / "model").rglob("model.pkl")))


class Rows(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    data: list[Annotated[list[FiniteFloat], Field(min_length=30, max_length=30)]]


@app.get("/health")
def health():
    return {"status": "ok"}


@app.post("/score")
def score(rows: Rows):
    return {"result": model.predict(np.array(rows.data)).tolist()}
