import { evaluateRuntime, type FinishedNode, type NodeContext } from '../pipeline/conditions';
import { castToText } from '../pipeline/expressionValue';
import type { Value } from '../pipeline/expression';
import type { JobPlan, LegPlan, StagePlan, VariableDefinition } from '../pipeline/plan';
import { mergeTaskResults, type TaskResult } from '../taskResult';
import type { JobRecord, StageRecord } from './runRecord';

/** The record of a stage before it runs: one of each job, and one of each leg of a matrix. */
export function stageRecord(stage: StagePlan): StageRecord {
  const { name, displayName, dependsOn } = stage;
  return { name, displayName, dependsOn, jobs: stage.jobs.flatMap(recordsOf) };
}

function recordsOf(job: JobPlan): JobRecord[] {
  return Array.isArray(job.legs) ? job.legs.map((leg) => newRecord(job, leg)) : [newRecord(job)];
}

function newRecord(job: JobPlan, leg?: LegPlan): JobRecord {
  const { name, displayName, environment } = job;
  const named = leg ? { displayName: `${displayName} ${leg.name}`, leg: leg.name } : { displayName };
  return { name, ...named, environment, steps: [], outputs: {} };
}

/** The records of one job: several, if it is a matrix. */
export function jobRecords(stage: StageRecord, job: JobPlan): JobRecord[] {
  return stage.jobs.filter(({ name }) => name === job.name);
}

/** Of a matrix whose jobs are known only now. */
export function replaceRecords(stage: StageRecord, job: JobPlan, legs: LegPlan[]): void {
  const index = stage.jobs.findIndex(({ name }) => name === job.name);
  const { attempt } = stage.jobs[index]!;
  const records = legs.map((leg) => ({ ...newRecord(job, leg), ...(attempt && { attempt }) }));
  stage.jobs.splice(index, jobRecords(stage, job).length, ...records);
}

/** A job that has ended, as those see it that wait for it: as good as the worst of its legs. */
export function finishedJob(job: JobPlan, stage: StageRecord): FinishedNode {
  const records = jobRecords(stage, job);
  const results = records.map(({ result }) => result!);
  const result = results.every((one) => one === 'skipped') ? 'skipped' : results.reduce(combine, 'succeeded');
  return { name: job.name, dependsOn: job.dependsOn, result, outputs: outputsOf(job, records) };
}

/** A stage or run is as good as the worst of its parts; a part that was skipped takes nothing away. */
export function combine(result: TaskResult, part: TaskResult): TaskResult {
  return part === 'skipped' ? result : mergeTaskResults(result, part);
}

/** Outputs of a leg are named with it; those of a deployment job with the job before the step, too. */
function outputsOf(job: JobPlan, records: JobRecord[]): Record<string, string> {
  const all = records.flatMap(({ leg, outputs }) =>
    Object.entries(outputs).flatMap(([name, value]) => {
      if (leg !== undefined) return [[`${leg}.${name}`, value] as const];
      return [[name, value] as const, ...(job.deployment ? [[`${job.name}.${name}`, value] as const] : [])];
    }),
  );
  return Object.fromEntries(all);
}

export function stageOutputs(jobs: FinishedNode[]): Record<string, string> {
  const outputs = jobs.flatMap(({ name, outputs: own }) =>
    Object.entries(own).map(([variable, value]) => [`${name}.${variable}`, value] as const),
  );
  return Object.fromEntries(outputs);
}

/** The variables of one leg win over those of its job. */
export function legVariables(
  variables: VariableDefinition[],
  leg: LegPlan | undefined,
  index: number,
  total: number,
): VariableDefinition[] {
  if (!leg) return variables;
  const names = Object.keys(leg.variables).map((name) => name.toLowerCase());
  return [
    ...variables.filter(({ name }) => !names.includes(name.toLowerCase())),
    ...Object.entries(leg.variables).map(([name, value]) => ({ name, value, readOnly: false })),
    ...Object.entries({ 'System.JobPositionInPhase': index + 1, 'System.TotalJobsInPhase': total }).map(
      ([name, value]) => ({ name, value: String(value), readOnly: false }),
    ),
  ];
}

/** `matrix: $[ ... ]`: a mapping of mappings, or JSON text of one. */
export function runtimeLegs(expression: string, context: NodeContext): LegPlan[] {
  const value = evaluateRuntime(expression, context);
  const fault = new Error('The matrix must be a mapping of the jobs, each a mapping of its variables.');
  const matrix = typeof value === 'string' ? (JSON.parse(value) as Value) : value;
  const isMapping = (one: unknown): one is Record<string, Value> =>
    one !== null && typeof one === 'object' && !Array.isArray(one);
  if (!isMapping(matrix) || Object.keys(matrix).length === 0) throw fault;
  return Object.entries(matrix).map(([name, variables]) => {
    if (!isMapping(variables)) throw fault;
    const texts = Object.entries(variables).map(([key, one]) => {
      const text = castToText(one);
      if (text === undefined) throw fault;
      return [key, text] as const;
    });
    return { name, variables: Object.fromEntries(texts) };
  });
}
