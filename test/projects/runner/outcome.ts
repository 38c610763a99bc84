import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { RunRecord } from '../../../local/agent/run/runRecord';
import type { ModelRecord } from '../../../tasks/common/record/record';
import type { Expectation } from './project';

/** What a run came to. */
export interface Outcome {
  decision: string;
  tests: string;
  /** Of Test-Endpoint: what could be better, without being wrong. */
  findings: number;
  /** Why it is not green; empty if it is. */
  faults: string[];
}

/** Of a command that ended before it began a run. */
export const nothing: Outcome = { decision: '-', tests: '-', findings: 0, faults: ['nothing has run'] };

/** Judges the run in a folder of the local agent. */
export function outcomeOf(folder: string, expect: Expectation): Outcome {
  const run = JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')) as RunRecord;
  const record = run.modelRecord
    ? (JSON.parse(readFileSync(path.join(folder, run.modelRecord), 'utf8')) as ModelRecord)
    : undefined;
  const tests = record?.tests;
  return {
    decision: record?.evaluation?.decision ?? '-',
    tests: tests ? `${tests.total - tests.failed - tests.skipped} of ${tests.total}` : '-',
    findings: tests?.findings?.length ?? 0,
    faults: [...faultsOfRun(run, expect), ...faultsOfRecord(record, expect)],
  };
}

function faultsOfRun(run: RunRecord, expect: Expectation): string[] {
  const faults = [...run.errors];
  const isGreen = run.result === 'succeeded' || run.result === 'succeededWithIssues';
  if (!isGreen) faults.push(`the run ${run.result ?? 'has not ended'}`);
  for (const { displayName, result, issues } of stepsOf(run)) {
    if (result === 'failed')
      faults.push(`${displayName}: ${issues.find(({ type }) => type === 'error')?.message ?? 'failed without a word'}`);
  }
  for (const { name, result = 'not run' } of run.stages) {
    const wanted = expect.stages?.[name] ?? 'succeeded';
    if (result !== wanted && !(wanted === 'succeeded' && result === 'succeededWithIssues'))
      faults.push(`stage ${name} is ${result}, and should be ${wanted}`);
  }
  return faults;
}

function faultsOfRecord(record: ModelRecord | undefined, expect: Expectation): string[] {
  if (!record) return ['there is no model record'];
  const { evaluation, deployment, tests } = record;
  const faults: string[] = [];
  const { decision } = evaluation ?? {};
  if ((decision ?? 'none') !== expect.decision)
    faults.push(`the model is ${decision ?? 'not judged'}, and should be ${expect.decision}`);
  if (expect.deploys !== Boolean(deployment)) faults.push(`it is ${deployment ? '' : 'not '}deployed`);
  if (expect.deploys && !tests?.passed) faults.push('the endpoint has not passed its tests');
  if (expect.champion !== Boolean(tests?.promotion?.isChampion))
    faults.push(`the model is ${expect.champion ? 'not ' : ''}the champion`);
  return faults;
}

function stepsOf(run: RunRecord) {
  return run.stages.flatMap(({ jobs }) => jobs.flatMap(({ steps }) => steps));
}
