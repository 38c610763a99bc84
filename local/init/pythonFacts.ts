/** What the source of a training script tells of what it leaves behind. */
export interface PythonFacts {
  /** Names of logged metrics, in their order. */
  metrics: string[];
  /** What autologging or log_model calls the model; of outputs: its path. Undefined where nothing is said. */
  modelPath: string | undefined;
  isMLflowModel: boolean;
  /** Or the model says which requests it takes, so that Train makes one. */
  writesGoldenRequests: boolean;
}

const autolog = /\bmlflow(?:\.(\w+))?\.autolog\(/;

export function readPythonFacts(source: string): PythonFacts {
  const logged = loggedModelName(source);
  const saved = /["'](?:\.\/)?outputs\/([^"'/]+)(\/[^"']*)?["']/g;
  const places = [...source.matchAll(saved)].filter(([, name]) => !/golden_requests|metrics/.test(name!));
  const place =
    places.find(([, name]) => /model/i.test(name!)) ??
    places.find(([, name]) => /\.(pkl|joblib|onnx|pt|h5|json|txt)$/.test(name!));
  const isSaved = /\bmlflow\.\w+\.save_model\(/.test(source);
  return {
    metrics: metricsOf(source),
    modelPath: logged ?? (place && `outputs/${place[1]}`),
    isMLflowModel: logged !== undefined || isSaved,
    writesGoldenRequests:
      source.includes('golden_requests.json') ||
      (logged !== undefined || isSaved
        ? /\b(signature|input_example)\s*=/.test(source) || autolog.test(source)
        : false),
  };
}

function loggedModelName(source: string): string | undefined {
  const call = /\.log_model\(([\s\S]*?)\n?\)/.exec(source)?.[1];
  if (call !== undefined) {
    const named = /\b(?:artifact_path|name)\s*=\s*["']([^"']+)["']/.exec(call) ?? /,\s*["']([^"']+)["']/.exec(call);
    return named?.[1] ?? 'model';
  }
  return autolog.test(source) ? 'model' : undefined;
}

function metricsOf(source: string): string[] {
  const single = [...source.matchAll(/\blog_metric\(\s*["']([^"']+)["']/g)].map(([, name]) => name!);
  const several = [...source.matchAll(/\blog_metrics\(\s*\{([^}]*)\}/g)].flatMap(([, body]) =>
    [...body!.matchAll(/["']([^"']+)["']\s*:/g)].map(([, name]) => name!),
  );
  const names = [...single, ...several];
  // scikit-learn's autologging logs the estimator's own score under this name.
  const flavor = autolog.exec(source);
  const isSklearn = flavor && (flavor[1] === 'sklearn' || (flavor[1] === undefined && /\bsklearn\b/.test(source)));
  if (names.length === 0 && isSklearn) names.push('training_score');
  return [...new Set(names)];
}

/** What says how a training went, and nothing of how good its model is. */
const isNoQuality =
  /(^|_)(n|num|count|rows|samples|size|epochs?|steps?|iterations?|seed|seconds|minutes|time|duration|memory)(_|$)/i;

/** Criteria that a first model passes and a clearly worse one does not. */
export function criteriaFor(metrics: string[]): string[] {
  const qualities = metrics.filter((name) => !isNoQuality.test(name));
  return qualities.slice(0, 3).map((name) => {
    const isLoss = /loss|error|rmse|mae|mse|mape|perplexity|deviance/i.test(name);
    return isLoss ? `${name} <= champion * 1.02` : `${name} >= champion * 0.98`;
  });
}

/** Packages that a source imports, by the names under which an index has them. */
export function importedPackages(sources: string[], own: string[]): string[] {
  const modules = sources.flatMap((source) =>
    [...source.matchAll(/^\s*(?:from|import)\s+([A-Za-z_]\w*)/gm)].map(([, name]) => name!),
  );
  const foreign = [...new Set(modules)].filter((name) => !standard.has(name) && !own.includes(name));
  return foreign.map((name) => packageNames[name] ?? name).sort();
}

const packageNames: Record<string, string> = {
  sklearn: 'scikit-learn',
  cv2: 'opencv-python-headless',
  PIL: 'pillow',
  yaml: 'pyyaml',
  azureml: 'azureml-mlflow',
};

/** Of Python's own library, what scripts import. */
const standard = new Set(
  (
    '__future__ abc argparse array ast asyncio base64 bisect calendar collections concurrent configparser contextlib copy csv ' +
    'dataclasses datetime decimal email enum errno fnmatch fractions functools gc getpass glob gzip hashlib heapq html http ' +
    'importlib inspect io itertools json logging math multiprocessing numbers operator os pathlib pickle platform pprint ' +
    'queue random re secrets shutil signal socket sqlite3 ssl statistics string struct subprocess sys tarfile tempfile ' +
    'textwrap threading time timeit traceback types typing unittest urllib uuid warnings weakref xml zipfile zlib'
  ).split(' '),
);
