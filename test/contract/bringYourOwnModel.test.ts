import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTask, root, taskFolders } from '../../scripts/taskManifest';
import { readmeBlock } from '../projects/runner/readmePipeline';

const guide = (name: string): string => readFileSync(join(root, 'docs', 'guides', name), 'utf8');

/** What a user needs to know of their own code, each derived from the code that reads it. */
describe('The guide Bring your own model', () => {
  const text = guide('bring-your-own-model.md');
  const source = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

  it('is the first that README and docs/README.md name', () => {
    for (const index of ['README.md', 'docs/README.md']) {
      const [first] = source(index).match(/guides\/[\w-]+\.md/g) ?? [];
      assert.equal(first, 'guides/bring-your-own-model.md', index);
    }
  });

  it('names the file of golden requests that Train takes', () => {
    const [, file] = /leftByTraining = '([^']+)'/.exec(source('tasks', 'Train', 'goldenRequests.ts')) ?? [];
    assert.ok(file && text.includes(`\`${file}\``), file);
  });

  it('says what AZUREML_MODEL_DIR holds, and that of the model’s default place', () => {
    const modelPath = readTask('Train').inputs.find(({ name }) => name === 'modelPath')?.defaultValue;
    assert.match(text, new RegExp(`\\| \`${modelPath}\`.*\\$AZUREML_MODEL_DIR/model/`));
  });

  it('shows a scoring script of ten lines that finds what the training script above it leaves', () => {
    const [training, short] = [...text.matchAll(/^```python[^\n]*\n(.*?)^```/gms)].map(([, code]) => code!);
    const lines = short!.split('\n').filter((line) => line.trim() !== '');
    assert.ok(lines.length <= 10, `${lines.length} lines`);
    assert.match(training!, /"outputs\/model\/model\.pkl"/);
    assert.match(short!, /"model", "model\.pkl"/);
  });

  it('names each route and each body of the server of MLflow models', () => {
    const mlflowServerScript = source('tasks', 'PackageImage', 'python', 'mlflow_server.py');
    const routes = [...mlflowServerScript.matchAll(/@app\.(?:get|post)\("([^"]+)"\)/g)].map(([, route]) => route!);
    const forms = [
      'input_data',
      'params',
      ...[...mlflowServerScript.matchAll(/return "(\w+)"$/gm)].map(([, form]) => form!),
    ];
    assert.ok(routes.length >= 4 && forms.length >= 5);
    assert.deepEqual(
      [...routes, ...forms].filter((word) => !text.includes(word)),
      [],
    );
  });

  it('names the default route of readiness and of scoring of an own Dockerfile', () => {
    const plan = source('tasks', 'PackageImage', 'plan', 'dockerfile.ts');
    for (const name of ['readinessPath', 'scoringPath']) {
      const [, route] = new RegExp(`${name} = '([^']+)'`).exec(plan) ?? [];
      assert.ok(route && text.includes(`\`${name}\``) && text.includes(`\`${route}\``), `${name} ${route}`);
    }
  });
});

describe('The guides', () => {
  it('name only inputs that a task has', () => {
    const inputs = taskFolders().flatMap((folder) => readTask(folder).inputs.map(({ name }) => name));
    const named = [...guide('bring-your-own-model.md').matchAll(/`(\w+): (?:fail|off|report)`/g)].map(
      ([, name]) => name!,
    );
    assert.deepEqual(
      named.filter((name) => !inputs.includes(name)),
      [],
    );
  });

  it('name each field of a requests file', () => {
    const code = readFileSync(join(root, 'tasks', 'common', 'requestsFile', 'givenRequest.ts'), 'utf8');
    const [, list = ''] = /const fields = \[(.*?)\]/s.exec(code) ?? [];
    const fields = [...list.matchAll(/'(\w+)'/g)].map(([, field]) => field!);
    assert.ok(fields.length > 10);
    assert.deepEqual(
      fields.filter(
        (field) =>
          !guide('testing-an-endpoint.md').includes(`\`${field}\``) &&
          !guide('testing-an-endpoint.md').includes(`"${field}"`),
      ),
      [],
    );
  });
});

describe('The classic build template', () => {
  it('judges by the threshold of README’s pipeline', () => {
    const { template } = JSON.parse(readFileSync(join(root, 'templates', 'build', 'template.json'), 'utf8')) as {
      template: { variables: Record<string, { value: string }> };
    };
    const [, threshold] = /rmse <= (\d+)/.exec(readmeBlock()) ?? [];
    assert.equal(template.variables.metricThreshold?.value, threshold);
  });
});
