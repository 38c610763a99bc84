import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { readPipeline } from '../../../local/agent/pipeline/readPipeline';
import { builtTasks } from '../../../local/agent/pipeline/taskCatalog';
import { ensureBuiltTasks } from '../../../local/agent/builtTasks';
import { initProject, type InitReport } from '../../../local/init/init';
import { readWrittenCard } from '../../../tasks/Evaluate/modelCardFile';
import { writtenGaps } from '../../../tasks/common/modelCard/writtenSections';
import { temporaryFolder } from '../../support/agent';

/** Looks at a project of these files, and gives what was said and the inputs of each task of its pipeline. */
function init(files: Record<string, string>): {
  root: string;
  report: InitReport;
  inputs: Record<string, Record<string, string>>;
} {
  const root = path.join(temporaryFolder(), 'Churn Model');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  const report = initProject(root);
  const file = path.join(root, 'azure-pipelines.yml');
  const plan = readPipeline(file, { tasks: builtTasks(), set: {}, predefined: {} });
  assert.deepEqual(plan.warnings, []);
  const steps = plan.stages.flatMap(({ jobs }) => jobs.flatMap((job) => job.steps));
  const inputs = Object.fromEntries(
    steps.map(({ action }) => (action.kind === 'task' ? [action.task.name, action.inputs] : ['', {}])),
  );
  return { root, report, inputs };
}

const fit = 'import mlflow, joblib\nfrom sklearn.svm import SVC\n';

describe('init', function () {
  this.timeout(120_000);
  before(() => ensureBuiltTasks());

  it('takes a tutorial project as it is: script at the root, requirements, score.py and a sample request', () => {
    const { root, report, inputs } = init({
      'train.py': `${fit}mlflow.log_metric("accuracy", 1)\nmlflow.log_metrics({"log_loss": 2})\njoblib.dump(m, "outputs/model.pkl")\n`,
      'score.py': 'def init(): pass\ndef run(raw): return []\n',
      'requirements.txt': 'scikit-learn==1.6.1 --hash=sha256:aa\n-r more.txt\n# a comment\nmlflow==2.22.5\n',
      'sample-request.json': '{"data": [[1.0]]}',
    });
    assert.deepEqual(report.written, ['conda.yml', 'requests.json', 'model-card.md', 'azure-pipelines.yml']);
    const conda = readFileSync(path.join(root, 'conda.yml'), 'utf8');
    assert.match(conda, /- scikit-learn==1\.6\.1\n {6}- mlflow==2\.22\.5\n {6}- azureml-mlflow\n/);
    const { command, sourceDirectory } = inputs.MLOpsTrain!;
    assert.deepEqual([command, sourceDirectory], ['python train.py', undefined]);
    assert.match(readFileSync(path.join(root, 'requests.json'), 'utf8'), /"request": \{"data": \[\[1\.0\]\]\}/);
    assert.equal(inputs.MLOpsTrain!.modelPath, 'outputs/model.pkl');
    assert.equal(inputs.MLOpsEvaluate!.criteria!.trim(), 'accuracy >= champion * 0.98\nlog_loss <= champion * 1.02');
    assert.deepEqual(
      [inputs.MLOpsPackageImage!.packaging, inputs.MLOpsPackageImage!.entryScript],
      ['scoringScript', 'score.py'],
    );
    assert.equal(inputs.MLOpsTestEndpoint!.requestsFile, 'requests.json');
    assert.match(report.open.join(), /^model-card\.md: say what the model is for/);
  });

  it('writes a scoring script where there is none, and leaves the test out where there are no requests', () => {
    const { root, report, inputs } = init({
      'src/train.py': `${fit}model.fit(x)\nmlflow.log_metric("auc", 1)\nopen("outputs/model/model.joblib")\n`,
      'environment.yml': 'name: x\ndependencies: [python=3.11]\n',
    });
    assert.deepEqual(report.written, ['scoring/score.py', 'model-card.md', 'azure-pipelines.yml']);
    execFileSync('python3', ['-m', 'py_compile', path.join(root, 'scoring', 'score.py')]);
    const { sourceDirectory, command, condaFile } = inputs.MLOpsTrain!;
    assert.deepEqual([sourceDirectory, command, condaFile], ['src', 'python train.py', 'environment.yml']);
    assert.equal(inputs.MLOpsTestEndpoint, undefined);
    assert.match(report.open.join(), /requests: none were found/);
  });

  it('reads MLproject and autologging, and an own server', () => {
    const auto = init({
      MLproject:
        'entry_points:\n  main:\n    parameters: {alpha: {type: float, default: 0.5}}\n    command: "python t.py -a {alpha}"\n',
      't.py': `${fit}mlflow.autolog()\n`,
      'conda.yaml': 'dependencies: [python=3.11]\n',
    });
    assert.equal(auto.inputs.MLOpsTrain!.command, 'python t.py -a 0.5');
    assert.deepEqual(
      [auto.inputs.MLOpsTrain!.modelPath, auto.inputs.MLOpsPackageImage!.packaging],
      ['model', 'mlflow'],
    );
    const own = init({
      'train/train.py': `${fit}mlflow.log_metric("f1", 1)\nopen("outputs/golden_requests.json")\n`,
      'train/conda.yml': 'dependencies: [python=3.11]\n',
      'app/Dockerfile': 'FROM python:3.11\nEXPOSE 8000\nCMD uvicorn main:app\n',
      'app/main.py': '@app.get("/healthz")\ndef h(): pass\n@app.post("/predict")\ndef p(): pass\n',
    });
    const { port, scoringPath, readinessPath } = own.inputs.MLOpsDeployACI!;
    assert.deepEqual([port, scoringPath, readinessPath], ['8000', '/predict', '/healthz']);
    assert.equal(own.inputs.MLOpsPackageImage!.dockerfile, 'app/Dockerfile');
    assert.ok(own.inputs.MLOpsTestEndpoint);
  });

  it('writes the headings under which people describe the model, which count as gaps until they are filled in', () => {
    const { root, inputs } = init({ 'train.py': `${fit}mlflow.log_metric("auc", 1)\n` });
    assert.equal(inputs.MLOpsEvaluate!.modelCard, 'model-card.md');
    assert.notEqual(inputs.MLOpsEvaluate!.requireModelCard, 'true', 'gaps must not stop the first run');
    const text = readFileSync(path.join(root, 'model-card.md'), 'utf8');
    assert.match(text, /^# churn-model$/m);
    // What nobody has said of the model must not be claimed by its metadata.
    const written = readWrittenCard(text, parse);
    assert.deepEqual(written.metadata, { tags: [] });
    const gaps = writtenGaps(written.sections).join(' ');
    for (const section of ['Intended use', 'Out-of-scope use', 'Limitations', 'Ethical considerations']) {
      assert.ok(gaps.includes(section), gaps);
    }
  });

  it("takes the project's own description of the model", () => {
    const { report, inputs, root } = init({
      'train.py': `${fit}mlflow.log_metric("auc", 1)\n`,
      'docs/MODEL_CARD.md': '# Mine\n',
    });
    assert.equal(inputs.MLOpsEvaluate!.modelCard, 'docs/MODEL_CARD.md');
    assert.ok(!existsSync(path.join(root, 'model-card.md')));
    assert.doesNotMatch(report.open.join(), /model-card/);
  });

  it('overwrites nothing, and says what it misses', () => {
    const root = temporaryFolder();
    mkdirSync(root, { recursive: true });
    assert.throws(() => initProject(root), /No training was found/);
    writeFileSync(path.join(root, 'azure-pipelines.yml'), 'steps: []');
    assert.throws(() => initProject(root), /already exists; nothing was written/);
    assert.ok(!existsSync(path.join(root, 'conda.yml')));
  });
});
