import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import semver from 'semver';
import { inBoxTask, type InBoxStep } from './inBoxTask';
import { findProgram } from './program';

const common = ['checkLatest', 'force32bit', 'nodejsMirror', 'retryCountOnDownloadFails', 'delayBetweenRetries'].map(
  (name) => ({ name }),
);
const id = '31c75bbb-bcdf-4706-8d7c-4da6a1959bc2';
const description = "Compares this machine's Node with the version that is asked for; installs none.";

export const nodeTool = inBoxTask({
  id,
  name: 'NodeTool',
  version: 0,
  description,
  inputs: [
    { name: 'versionSource', defaultValue: 'spec' },
    { name: 'versionSpec', defaultValue: '6.x' },
    { name: 'versionFilePath', type: 'filePath' },
    ...common,
  ],
  async run(step) {
    const { inputs } = step;
    const isFile = inputs.is('versionSource', 'fromFile');
    const spec = isFile ? readFileSync(inputs.text('versionFilePath'), 'utf8') : inputs.text('versionSpec');
    compareNode(step, spec.trim());
  },
});

export const useNode = inBoxTask({
  id,
  name: 'UseNode',
  version: 1,
  description,
  inputs: [{ name: 'version', defaultValue: '10.x' }, ...common],
  async run(step) {
    compareNode(step, step.inputs.text('version'));
  },
});

function compareNode({ context, environment }: InBoxStep, wanted: string): void {
  const node = findProgram('node', environment);
  const version = execFileSync(node, ['--version'], { encoding: 'utf8', env: environment }).trim().slice(1);
  const range = wanted.replace(/^lts\b.*$/i, '*');
  if (semver.satisfies(version, range)) context.write(`Node ${version} (${path.dirname(node)})`);
  else
    context.warning(
      `No Node ${wanted} is on this machine, and the local agent installs none: Node ${version} is used instead.`,
    );
}
