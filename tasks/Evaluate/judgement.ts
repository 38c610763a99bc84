import * as path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { formatNumber } from '../common/formatNumber';
import type { TaskContext } from '../common/task/taskContext';
import { judgeByReports } from '../common/dataReports/reportMetrics';
import type { DataReport } from '../common/dataReports/dataReport';
import { reportsOfBoth, type ReportsOfBoth } from './dataReports';
import { findChampion } from './champion';
import { openCrew } from './confidence/crew';
import { uncertainties, type Holdout, type Uncertainties } from './confidence/uncertainty';
import { isComparison, metricLabel } from '../common/criteria/criterion';
import { judge } from '../common/criteria/judge';
import type { Opponent, Verdict } from '../common/criteria/verdict';
import { lookUp, type Metrics } from '../common/criteria/metricLookup';
import { decide, type Decision } from './decision';
import { beyondLooks, countLooks, type HoldoutLooks } from './holdoutLooks';
import type { EvaluateInputs } from './inputs';
import { JobFiles } from './jobFiles';
import { measure, readMetricsFile, type Measurement } from './measurement';
import { readPlots, type Plots } from './plots';
import { dataDifference, dataOf } from './sameData';
import type { Services } from './services';
import { messageOf } from '../common/messageOf';

/** What an evaluation came to, before anything is written. */
export interface Judgement {
  readonly decision: Decision;
  readonly champion?: RegisteredModel;
  readonly metrics: Metrics;
  /** Where the candidate's and the champion's metrics come from. */
  readonly sources: { readonly candidate: string; readonly champion?: string };
  /** What a reader should know before trusting the numbers. */
  readonly warnings: readonly string[];
  readonly plots: Plots;
  /** The rows that criteria with confidence were judged by, and how often such rows have been looked at. */
  readonly looks?: HoldoutLooks;
  /** What tools reported of the data, where a criterion names it. */
  readonly dataReports?: readonly DataReport[];
}

/**
 * Measures candidate and champion and judges each criterion.
 * @param directory where files of the jobs may be downloaded to
 */
export async function judgeCandidate(
  candidate: RegisteredModel,
  inputs: EvaluateInputs,
  services: Services,
  context: Pick<TaskContext, 'log' | 'clock' | 'signal'>,
  directory: string,
): Promise<Judgement> {
  const { signal } = context;
  // Read even where no criterion compares: the report shows the champion, and a registry that cannot be read is an error.
  const { champion, standsInFor } = await findChampion(services.models, services.running, candidate, inputs);
  const rival = champion && champion.version !== candidate.version ? champion : undefined;
  const [own, other] = await measureBoth(candidate, rival, inputs, services, context);
  const files = filesOf(own.jobName, services, directory, signal);
  const rivalFiles = filesOf(other?.jobName, services, directory, signal);
  const opponent = opponentOf(champion, rival, other, inputs);

  const { byCriterion: sureness, holdout } = await confidences(inputs, rival, files, rivalFiles, context);
  const looks = holdout && (await looksAt(holdout, candidate, inputs, services, context));
  const reports = await reportsOfBoth({
    criteria: inputs.criteria,
    given: inputs.dataReports,
    logged: own.metrics,
    files: files ?? filesOf(candidate.jobName, services, directory, signal),
    rivalFiles: rivalFiles ?? filesOf(rival?.jobName, services, directory, signal),
  });
  const verdicts = inputs.criteria.map((each) =>
    reports?.criteria.has(each)
      ? judgeByReports(each, reports.own, withReports(opponent, reports))
      : judge(
          each,
          own.metrics,
          opponent,
          sureness.has(each) ? (beyondLooks(each, looks) ?? sureness.get(each)) : undefined,
        ),
  );
  const warnings = [
    ...(standsInFor ? [standsInFor] : []),
    ...verdicts.flatMap((verdict) => discrepancy(verdict, own)),
    ...(rival ? await otherData(own, other, inputs, services, context) : []),
  ];
  return {
    decision: decide(verdicts),
    champion,
    metrics: { ...own.metrics, ...judgedReports(verdicts, reports) },
    sources: { candidate: own.source, champion: other?.source },
    warnings,
    plots: files ? await plotsOf(files, context) : { markdown: [], pictures: [] },
    ...(looks ? { looks } : {}),
    ...(reports ? { dataReports: reports.own.reports } : {}),
  };
}

/** Where both were measured by the jobs that trained them: whether those read the same data. */
async function otherData(
  own: Measurement,
  other: Measurement | undefined,
  { evaluation, criteria }: EvaluateInputs,
  services: Services,
  context: Pick<TaskContext, 'log' | 'signal'>,
): Promise<string[]> {
  if (evaluation || !own.jobName || !other?.jobName || !criteria.some(isComparison)) return [];
  return differentData(own.jobName, other.jobName, services, context);
}

function opponentOf(
  champion: RegisteredModel | undefined,
  rival: RegisteredModel | undefined,
  measured: Measurement | undefined,
  { firstModel }: EvaluateInputs,
): Opponent {
  if (rival) return { kind: 'champion', version: rival.version, metrics: measured!.metrics };
  return champion ? { kind: 'itself' } : { kind: 'none', comparisons: firstModel === 'reject' ? 'reject' : 'skip' };
}

function filesOf(
  jobName: string | undefined,
  { artifacts }: Services,
  directory: string,
  signal: AbortSignal,
): JobFiles | undefined {
  return jobName === undefined ? undefined : new JobFiles(jobName, artifacts, directory, signal);
}

/** The champion's job may have logged what the candidate's left as a report. */
function withReports(opponent: Opponent, { rival }: ReportsOfBoth): Opponent {
  if (opponent.kind !== 'champion' || !rival) return opponent;
  return { ...opponent, metrics: { ...rival.metrics, ...opponent.metrics } };
}

/** Of the many numbers of a report those that decided. */
function judgedReports(verdicts: readonly Verdict[], reports: ReportsOfBoth | undefined): Metrics {
  const judged = verdicts.filter(({ criterion, candidate }) => reports?.criteria.has(criterion) && candidate !== null);
  return Object.fromEntries(judged.map(({ criterion, candidate }) => [metricLabel(criterion), candidate!]));
}

async function measureBoth(
  candidate: RegisteredModel,
  rival: RegisteredModel | undefined,
  { evaluation, metricsFrom, metricsFile }: EvaluateInputs,
  { evaluations, runs }: Services,
  context: Pick<TaskContext, 'log' | 'clock' | 'signal'>,
): Promise<[Measurement, Measurement | undefined]> {
  if (evaluation) {
    const [own, other] = await evaluations.measure(evaluation, rival ? [candidate, rival] : [candidate]);
    return [own!, other];
  }
  const file = metricsFile === undefined ? undefined : readMetricsFile(metricsFile);
  const from = metricsFrom === 'file' ? 'auto' : metricsFrom;
  const ofFile = (metrics: Metrics): Measurement => ({ metrics, source: path.basename(metricsFile!) });
  return Promise.all([
    file ? ofFile(file.candidate) : measure(candidate, from, runs, context),
    rival && (file?.champion ? ofFile(file.champion) : measure(rival, from, runs, context)),
  ]);
}

/** How sure each criterion is that asks for it. A comparison with nobody is decided without. */
async function confidences(
  { criteria }: EvaluateInputs,
  rival: RegisteredModel | undefined,
  files: JobFiles | undefined,
  rivalFiles: JobFiles | undefined,
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
): Promise<Uncertainties> {
  const asking = criteria.filter(
    (each) => each.confidence !== undefined && (rival !== undefined || !isComparison(each)),
  );
  if (asking.length === 0) return { byCriterion: new Map() };
  const found = {
    candidate: await files?.predictions(),
    champion: asking.some(isComparison) ? await rivalFiles?.predictions() : undefined,
  };
  // Millions of rows take a minute: whoever watches should know what for.
  log.info(`Resampling the predictions for ${asking.map(({ text }) => `"${text}"`).join(', ')} …`);
  const pause = async () => {
    await nextTurn();
    signal.throwIfAborted();
  };
  const crew = await openCrew(Object.values(found), path.join(__dirname, 'worker.js'), pause, signal);
  try {
    return await uncertainties(asking, found, crew, signal);
  } finally {
    await crew.close();
  }
}

async function looksAt(
  holdout: Holdout,
  candidate: RegisteredModel,
  { criteria }: EvaluateInputs,
  { models }: Services,
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
): Promise<HoldoutLooks | undefined> {
  try {
    return await countLooks(holdout, candidate, models);
  } catch (error) {
    if (signal.aborted || criteria.some(({ looks }) => looks !== undefined)) throw error;
    log.warning(`How many candidates these rows have judged is not known: ${messageOf(error)}`);
    return undefined;
  }
}

/** The value computed from the rows and the one that was logged should be the same; if not, they are of different rows. */
function discrepancy({ criterion, interval }: Verdict, { metrics, source }: Measurement): string[] {
  if (!interval) return [];
  const logged = lookUp(metrics, criterion);
  if (logged.kind !== 'value') return [];
  const difference = Math.abs(logged.value - interval.candidate);
  if (difference <= 0.01 * Math.max(Math.abs(logged.value), Math.abs(interval.candidate))) return [];
  return [
    `${metricLabel(criterion)} is ${formatNumber(interval.candidate)} by the predictions, but ${formatNumber(logged.value)} by ${source}; the criterion "${criterion.text}" judges by the predictions.`,
  ];
}

async function differentData(
  ownJob: string,
  otherJob: string,
  { runs, jobs }: Services,
  { log, signal }: Pick<TaskContext, 'log' | 'signal'>,
): Promise<string[]> {
  try {
    const of = async (job: string) =>
      dataOf(...(await Promise.all([runs.run(job, signal), jobs.find(job, signal, true)])));
    const difference = dataDifference(...(await Promise.all([of(ownJob), of(otherJob)])));
    return difference === undefined ? [] : [difference];
  } catch (error) {
    if (signal.aborted) throw error;
    log.debug(`Whether both were measured on the same data is not known: ${messageOf(error)}`);
    return [];
  }
}

/** Plots are a courtesy: what goes wrong with them never decides. */
async function plotsOf(files: JobFiles, { log, signal }: Pick<TaskContext, 'log' | 'signal'>): Promise<Plots> {
  try {
    return await readPlots(files, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    log.warning(`Plots of the candidate are left out: ${messageOf(error)}`);
    return { markdown: [], pictures: [] };
  }
}
