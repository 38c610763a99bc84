import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readPipeline } from '../../local/agent/pipeline/readPipeline';
import { readJson } from '../../scripts/taskManifest';
import { schemaFile } from '../../scripts/yamlValidation';
import { temporaryFolder } from '../support/agent';

interface Shape {
  anyOf?: Shape[];
  properties?: Record<string, unknown>;
  firstProperty?: string[];
}

/** Where each kind of mapping stands in a pipeline; `fields` are the text of its fields. */
const places: Record<string, (fields: string) => string> = {
  stage: (fields) => `stages: [{${fields}}]`,
  job: (fields) => `jobs: [{${fields}}]`,
  step: (fields) => `steps: [{${fields}}]`,
};

/** What a mapping needs beside the field that is asked about; a field that is not here has the value x. */
const values: Record<string, string> = {
  checkout: 'self',
  download: 'current',
  steps: '[]',
  jobs: '[]',
  strategy: '{}',
  trigger: 'automatic',
};

/** The names that Azure Pipelines' own schema knows: none of them may be a surprise to the local agent. */
describe('what the schema of Azure Pipelines knows', function () {
  const schema = schemaFile();
  before(function () {
    if (!schema && process.env.CI) throw new Error('CI needs the schema of Azure Pipelines: set PIPELINES_SCHEMA.');
    if (!schema) this.skip();
  });
  if (!schema) return;
  const { definitions } = readJson<{ definitions: Record<string, Shape> }>(schema);

  const complaint = (yaml: string): string => {
    const file = path.join(temporaryFolder(), 'azure-pipelines.yml');
    writeFileSync(file, yaml);
    try {
      readPipeline(file, { tasks: [], set: {}, predefined: {} });
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  for (const [kind, pipelineWith] of Object.entries(places)) {
    for (const { properties = {}, firstProperty: [first] = [] } of definitions[kind]!.anyOf ?? []) {
      if (first === undefined || first === 'template') continue;
      it(`of a ${kind} with '${first}' is read, or refused by its name`, () => {
        for (const name of Object.keys(properties)) {
          const fields = [...new Set([first, name])].map((each) => `${each}: ${values[each] ?? 'x'}`);
          assert.doesNotMatch(complaint(pipelineWith(fields.join(', '))), /unexpected '|no such step/, name);
        }
      });
    }
  }

  it('of the whole pipeline is read, or refused by its name', () => {
    for (const { properties = {} } of definitions.pipeline!.anyOf ?? []) {
      const inner = ['stages', 'jobs', 'steps', 'extends', 'phases'].find((name) => name in properties)!;
      for (const name of Object.keys(properties)) {
        const fields = [...new Set([name, inner])].map((each) => `${each}: ${values[each] ?? 'x'}`);
        assert.doesNotMatch(complaint(fields.join('\n')), /unexpected '/, name);
      }
    }
  });
});
