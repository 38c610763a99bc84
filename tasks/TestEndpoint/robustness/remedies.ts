import type { ModelRecord } from '../../common/record/record';
import type { Probe, ProbeKind } from './probe';

/** What a finding's remedy is written for. */
export type Server = 'scoringScript' | 'mlflow' | 'fastApi' | 'other';

/** What mends a finding: a sentence, and the lines of the scoring script or of the framework. */
export interface Remedy {
  readonly advice: string;
  readonly code?: string;
}

/** Known by the record's packaging; else by what the answers say of their server. */
export function serverOf(
  packaging: NonNullable<ModelRecord['image']>['packaging'],
  headers: ReadonlyArray<Readonly<Record<string, string>>>,
): Server {
  if (packaging === 'scoringScript' || packaging === 'mlflow') return packaging;
  if (headers.some((each) => 'x-ms-server-version' in each)) return 'scoringScript';
  if (headers.some(({ server = '' }) => /uvicorn|hypercorn/i.test(server))) return 'fastApi';
  return 'other';
}

/** What mends this finding in this server. */
export function remedyOf({ kind }: Pick<Probe, 'kind'>, server: Server): Remedy {
  if (kind === 'wrongKey' || kind === 'missingKey')
    return {
      advice:
        'Anyone who finds the address can call the endpoint. Give Deploy-ACI the key by its input apiKey, or check the Authorization header in the service.',
    };
  if (kind === 'wrongMethod') return { advice: 'Let the scoring route take POST only, and answer others with 405.' };
  const remedies = { scoringScript, mlflow, fastApi, other };
  return remedies[server](kind);
}

const aboutBody: readonly ProbeKind[] = ['malformedJson', 'emptyBody', 'oversizedBody', 'describedIncomplete'];

function scoringScript(kind: ProbeKind): Remedy {
  const raises =
    "Azure ML's inference server answers 500 whenever run() raises; an AMLResponse tells the caller what is wrong.";
  const start = 'from azureml_inference_server_http.api.aml_response import AMLResponse\n\n\ndef run(raw_data):\n';
  if (aboutBody.includes(kind)) {
    return {
      advice: raises,
      code: `${start}    try:
        rows = json.loads(raw_data)["data"]
    except (ValueError, TypeError, KeyError):
        return AMLResponse({"message": 'The body must be {"data": [...]}.'}, 400, json_str=True)`,
    };
  }
  if (kind === 'missingColumn' || kind === 'extraColumn') {
    return {
      advice: 'A model that is fed with other columns than it was trained on still answers, only wrongly.',
      code: `${start}    frame = pd.DataFrame(json.loads(raw_data)["data"])
    if set(frame.columns) != set(model.feature_names_in_):
        return AMLResponse({"message": f"The columns must be {list(model.feature_names_in_)}."}, 400, json_str=True)
    frame = frame[list(model.feature_names_in_)]`,
    };
  }
  return {
    advice: raises,
    code: `${start}    try:
        rows = np.array(json.loads(raw_data)["data"], dtype=float)
        if rows.ndim != 2 or rows.shape[1] != model.n_features_in_:
            raise ValueError(f"Each row must have {model.n_features_in_} numbers.")
    except (ValueError, TypeError, KeyError) as error:
        return AMLResponse({"message": str(error)}, 400, json_str=True)`,
  };
}

function mlflow(): Remedy {
  return {
    advice:
      "MLflow's server checks a request by the model's signature, and this model has none that tells. Log it with one.",
    code: `from mlflow.models import infer_signature

mlflow.sklearn.log_model(model, "model", signature=infer_signature(X_train, model.predict(X_train)))`,
  };
}

function fastApi(kind: ProbeKind): Remedy {
  if (kind === 'malformedJson' || kind === 'emptyBody')
    return {
      advice: 'Let FastAPI read the body by a type: it answers 422 to what does not fit.',
      code: `class Rows(BaseModel):
    data: list[list[float]]


@app.post("/score")
def score(rows: Rows): ...`,
    };
  if (kind === 'extraColumn' || kind === 'missingColumn')
    return {
      advice: 'Name the columns in the type, without defaults, and forbid others.',
      code: `class Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    age: float
    income: float`,
    };
  return {
    advice: 'Say in the type how many features a row has, or answer 422 where the model refuses the values.',
    code: `Features = Annotated[list[float], Field(min_length=30, max_length=30)]


class Rows(BaseModel):
    data: list[Features]


@app.post("/score")
def score(rows: Rows):
    try:
        return {"result": model.predict(rows.data).tolist()}
    except ValueError as error:
        raise HTTPException(422, str(error))`,
  };
}

function other(): Remedy {
  return { advice: 'Check the request before the model sees it, and answer 400 with what is wrong with it.' };
}
