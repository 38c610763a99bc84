import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isMap, isScalar, parse, parseDocument, visit, type YAMLMap } from 'yaml';
import { pipelinesIn } from '../../../scripts/yamlPipelines';
import { root } from '../../../scripts/taskManifest';

/** Inputs by task, e.g. `MLOpsTrain@1`; null takes an input out. */
export type Substitutions = Record<string, Record<string, string | null>>;

/** What README calls the things of its reader's subscription, and what the local Azure calls them. */
export const ofSubscription: Record<string, string> = {
  'my-connection': 'quick-starts-sc',
  'my-group': 'quick-starts-rg',
  'my-workspace': 'quick-starts-ws',
  'cpu-cluster': 'cpu-cluster',
};

/**
 * What a reader may change: names and paths, which kind of project it is, and the metrics that it is judged by. A tolerance,
 * a threshold, a choice of tests or a switch must not be needed for a green run.
 */
export const changeable: Record<string, readonly string[]> = {
  'MLOpsTrain@1': [
    'jobSource',
    'jobFile',
    'sourceDirectory',
    'command',
    'environment',
    'condaFile',
    'compute',
    'modelName',
    'modelPath',
  ],
  'MLOpsEvaluate@1': ['criteria'],
  'MLOpsPackageImage@1': ['packaging', 'sourceDirectory', 'entryScript', 'condaFile', 'requirementsFile', 'dockerfile'],
  'MLOpsDeployACI@1': ['containerGroup', 'dnsNameLabel', 'readinessPath', 'scoringPath'],
  'MLOpsTestEndpoint@1': [],
};

/** The pipeline that README shows, as it stands there. */
export function readmeBlock(): string {
  const file = path.join(root, 'README.md');
  const whole = pipelinesIn(readFileSync(file, 'utf8'), 'README.md').filter(({ text }) => /^stages:/m.test(text));
  if (whole.length !== 1) throw new Error(`README.md shows ${whole.length} whole pipelines, and one is looked for.`);
  return whole[0]!.text;
}

/** README's pipeline with a project's names and paths. Throws an error if anything else would change. */
export function readmePipeline(substitutions: Substitutions, block = readmeBlock()): string {
  const document = parseDocument(block);
  const steps = new Map<string, YAMLMap>();
  visit(document, {
    Map(_key, map) {
      const task = map.get('task');
      if (typeof task === 'string') steps.set(task, map.get('inputs') as YAMLMap);
    },
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'string') scalar.value = ofSubscription[scalar.value] ?? scalar.value;
    },
  });
  for (const [task, inputs] of Object.entries(substitutions)) {
    const step = steps.get(task);
    if (!isMap(step)) throw new Error(`README's pipeline has no step ${task}.`);
    for (const [input, value] of Object.entries(inputs)) {
      if (!changeable[task]?.includes(input))
        throw new Error(`${task}: ${input} is neither a name nor a path, so that it must stay as README has it.`);
      if (value === null) step.delete(input);
      else if (isScalar(step.get(input, true))) step.set(input, value);
      else step.add({ key: input, value });
    }
  }
  const text = document.toString({ lineWidth: 0 });
  const others = otherDifferences(parse(block), parse(text));
  if (others.length > 0) throw new Error(`Beside names and paths these differ from README: ${others.join(', ')}.`);
  return text;
}

/** Where two pipelines differ, but for what may change; by places such as `stages.0.jobs.0.pool`. */
export function otherDifferences(one: unknown, other: unknown, place = ''): string[] {
  if (Object.is(one, other) || (typeof one === 'string' && ofSubscription[one] === other)) return [];
  if (!isTree(one) || !isTree(other) || Array.isArray(one) !== Array.isArray(other)) return [place];
  const task = one.task === other.task ? String(one.task) : undefined;
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return keys.flatMap((key) => {
    const within = place === '' ? key : `${place}.${key}`;
    if (key !== 'inputs' || task === undefined) return otherDifferences(one[key], other[key], within);
    const free = changeable[task] ?? [];
    return otherDifferences(without(one[key], free), without(other[key], free), within);
  });
}

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null;

function without(inputs: unknown, names: readonly string[]): unknown {
  if (!isTree(inputs)) return inputs;
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !names.includes(name)));
}
