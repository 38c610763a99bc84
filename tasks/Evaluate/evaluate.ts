import * as fs from 'node:fs';
import * as path from 'node:path';
import type { RegisteredModel } from '../common/azure/ml/registeredModel';
import { junitXml } from '../common/junit';
import { reportLabel } from '../common/dataReports/dataReport';
import { ownGaps } from '../common/modelCard/gaps';
import { append } from '../common/record/chain';
import { writeEvaluationInfo } from '../common/record/compatibilityFiles';
import { placesOf } from '../common/record/places';
import type { ModelRecord, ModelSection } from '../common/record/record';
import { readRecord, requireRecordFile, requireSection, writeRecord } from '../common/record/recordFile';
import type { StageResult, TaskContext } from '../common/task/taskContext';
import { withCardVerdict } from './cardVerdict';
import { earlierApproval, ownBuild, tagsOf } from './earlierDecision';
import { evaluationSection } from './evaluationSection';
import { costHistory, historyChart, historyLength, metricHistories, type MetricHistory } from './history';
import { holdoutTag } from './holdoutLooks';
import type { EvaluateInputs } from './inputs';
import { judgeCandidate, type Judgement } from './judgement';
import type { Picture } from './plots';
import { postToPullRequest } from './pullRequest';
import { repeatApproval } from './repeatedApproval';
import { openServices, type Services } from './services';
import { looksSentence, summaryMarkdown, type Report } from './summary';
import { criteriaSuite } from './testCases';
import { messageOf } from '../common/messageOf';

/** Judges the record's model and writes the decision wherever people and later stages look for it. */
export async function evaluate(inputs: EvaluateInputs, context: TaskContext): Promise<StageResult> {
  const recordFile = requireRecordFile({
    input: inputs.recordFile,
    variable: context.recordVariable,
    artifacts: context.pipeline.directories.artifacts,
  });
  const record = await readRecord(recordFile);
  const model = requireSection(record, 'model', recordFile);
  return evaluateRecord(inputs, context, await openServices(inputs, model, context), {
    file: recordFile,
    record,
    model,
  });
}

/** The record that an evaluation reads and appends to. */
export interface RecordAtHand {
  readonly file: string;
  readonly record: ModelRecord;
  readonly model: ModelSection;
}

/** As `evaluate`, with the registry given. */
export async function evaluateRecord(
  inputs: EvaluateInputs,
  context: TaskContext,
  services: Services,
  { file, record, model }: RecordAtHand,
): Promise<StageResult> {
  const { log, clock, publish, pipeline } = context;
  const candidate = await services.models.get(model.name, model.version);
  const earlier = earlierApproval(candidate, inputs);
  const directory = fs.mkdtempSync(path.join(pipeline.directories.temp, 'evaluate-'));
  const judged = earlier
    ? await repeatApproval(earlier, candidate, inputs, services, context)
    : await judgeCandidate(candidate, inputs, services, context, directory);
  const cardGaps = ownGaps(record, inputs.modelCard);
  const judgement = inputs.requireModelCard ? withCardVerdict(judged, cardGaps) : judged;
  const { decision, champion, plots, looks } = judgement;
  const evaluatedAt = new Date(clock.now()).toISOString();
  const build = ownBuild(pipeline);

  const histories = await readHistories(judgement, candidate, services, context);
  const pictures = [...histories.map(pictureOf), ...plots.pictures];
  const report: Report = {
    model,
    decision,
    champion,
    sources: judgement.sources,
    warnings: judgement.warnings,
    looks,
    dataReports: judgement.dataReports,
    cardGaps: inputs.modelCard && cardGaps,
    histories,
    plots: plots.markdown,
    places: placesOf({ ...record, evaluation: { build } }),
    attachments: pictures.map(({ name }) => name),
  };
  sayDecision(report, context);

  const written = append(record, 'evaluation', evaluationSection(judgement, evaluatedAt, inputs.modelCard, build));
  writeRecord(file, written);
  writeEvaluationInfo(path.dirname(file), written);

  publishPictures(pictures, directory, publish);
  publish.summary(`Evaluate ${model.name}`, summaryMarkdown(report));
  if (inputs.publishTestResults) publishTestResults(report, evaluatedAt, directory, publish);
  if (inputs.postToPullRequest) await postToPullRequest(report, inputs.gitHub, context);
  const isTagged = await publish.buildTag(`model-${decision.decision}`);
  if (!earlier || decision.decision === 'rejected') {
    const tags = tagsOf(decision, candidate, inputs, evaluatedAt, pipeline);
    await tagModel(candidate, looks ? { ...tags, [holdoutTag(looks)]: evaluatedAt } : tags, services, log);
  }

  return { ...outcomeOf(judgement, inputs.onRejection, model, isTagged), recordFile: file };
}

/** @param isTagged whether whoever asks the build's tags, as MLOpsCheckDecision does, can know of the rejection */
function outcomeOf(
  { decision: { decision, reason }, champion }: Judgement,
  onRejection: EvaluateInputs['onRejection'],
  model: ModelSection,
  isTagged: boolean,
): StageResult {
  const isApproved = decision === 'approved';
  return {
    outputs: {
      decision,
      deployModel: String(isApproved),
      reason,
      championVersion: champion?.version ?? '',
    },
    ...(isApproved ? {} : rejection(onRejection, model, reason, isTagged)),
  };
}

function pictureOf(history: MetricHistory): Picture {
  return { name: `history-${fileName(history.label)}.svg`, content: historyChart(history) };
}

function publishPictures(pictures: readonly Picture[], directory: string, publish: TaskContext['publish']): void {
  for (const { name, content } of pictures) {
    fs.writeFileSync(path.join(directory, name), content);
    publish.picture(path.join(directory, name));
  }
}

function publishTestResults(
  { model, decision }: Report,
  evaluatedAt: string,
  directory: string,
  publish: TaskContext['publish'],
): void {
  const results = path.join(directory, 'TEST-evaluate.xml');
  fs.writeFileSync(results, junitXml([criteriaSuite(model.name, decision)], new Date(evaluatedAt)));
  publish.testResults(results, `Evaluate ${model.name} ${model.version}`);
}

async function readHistories(
  { decision, metrics }: Judgement,
  candidate: RegisteredModel,
  { models }: Services,
  { log, signal }: TaskContext,
): Promise<MetricHistory[]> {
  try {
    const newest = await models.list(candidate.name, { top: historyLength, isThere: true });
    return [...metricHistories(decision.verdicts, newest, candidate, metrics), ...costHistory(newest)];
  } catch (error) {
    if (signal.aborted) throw error;
    log.warning(`The history of the metrics is left out: ${messageOf(error)}`);
    return [];
  }
}

async function tagModel(
  { name, version }: RegisteredModel,
  tags: Record<string, string | undefined>,
  { models }: Services,
  log: TaskContext['log'],
): Promise<void> {
  try {
    await models.tag(name, version, tags);
  } catch (error) {
    // The decision stands in the record, which later stages read; the tags are for people and for the next evaluation.
    log.warning(`The model ${name} version ${version} could not be tagged with the decision: ${messageOf(error)}`);
  }
}

function sayDecision(
  { model, decision, champion, sources, warnings, looks, dataReports, cardGaps }: Report,
  { log }: TaskContext,
): void {
  log.info(`Candidate: ${model.name} version ${model.version}, measured by ${sources.candidate}`);
  log.info(
    champion
      ? `Champion: version ${champion.version}${sources.champion ? `, measured by ${sources.champion}` : ''}`
      : 'Champion: none',
  );
  if (dataReports?.length) log.info(`Data reports: ${dataReports.map(reportLabel).join(', ')}`);
  for (const { criterion, passed, skipped, explanation } of decision.verdicts) {
    log.info(`${skipped ? 'skipped ' : passed ? 'holds   ' : 'FAILS   '} ${criterion.text}`);
    log.info(`          ${explanation}`);
  }
  if (looks) log.info(looksSentence(decision.verdicts, looks));
  for (const gap of cardGaps ?? []) log.info(`Model card: ${gap}`);
  for (const warning of warnings) log.warning(warning);
  log.info(`Decision: ${decision.decision}. ${decision.reason}`);
}

function rejection(
  onRejection: EvaluateInputs['onRejection'],
  model: ModelSection,
  why: string,
  isTagged: boolean,
): Pick<StageResult, 'outcome' | 'reason'> {
  const reason = `${model.name} version ${model.version} is rejected. ${why}`;
  if (!isTagged && onRejection !== 'fail') {
    const gate =
      'The step fails whatever onRejection says: without the tag model-rejected, a gate on this build would not know.';
    return { outcome: 'failed', reason: `${reason} ${gate}` };
  }
  if (onRejection === 'continue') return {};
  return { outcome: onRejection === 'warn' ? 'succeededWithIssues' : 'failed', reason };
}

function fileName(label: string): string {
  return label.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 80);
}
