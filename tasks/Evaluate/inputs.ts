import * as fs from 'node:fs';
import type { ServiceConnection } from '../common/azure/http/serviceConnection';
import type { GitHubConnection } from '../common/hosts/gitHubConnection';
import type { DataReport } from '../common/dataReports/dataReport';
import { beyondReports, comparisonByFiles, readDataReports } from '../common/dataReports/reportInputs';
import type { InputReader } from '../common/task/inputReader';
import type { EvaluationSpec } from './evaluationJob';
import { isComparison, type Criterion } from '../common/criteria/criterion';
import { parseCriteria } from '../common/criteria/parseCriteria';
import { messageOf } from '../common/messageOf';
import type { WrittenCard } from '../common/record/record';
import { longestCard, readWrittenCard } from './modelCardFile';

export interface EvaluateInputs {
  readonly connection: ServiceConnection;
  readonly resourceGroup?: string;
  readonly workspace?: string;
  readonly criteria: readonly Criterion[];
  readonly champion: 'tagged' | 'version' | 'none';
  readonly championVersion?: string;
  readonly firstModel: 'skipComparison' | 'reject';
  readonly metricsFrom: 'auto' | 'job' | 'model' | 'file';
  readonly metricsFile?: string;
  /** Of the candidate's data, in place of those that the model's job left. */
  readonly dataReports?: readonly DataReport[];
  /** The user's evaluation, which measures both models on the same data. */
  readonly evaluation?: EvaluationSpec;
  /** What people wrote for the model card. */
  readonly modelCard?: WrittenCard;
  readonly requireModelCard: boolean;
  readonly onRejection: 'fail' | 'warn' | 'continue';
  readonly publishTestResults: boolean;
  readonly postToPullRequest: boolean;
  /** By which a pull request on GitHub is written to. */
  readonly gitHub?: GitHubConnection;
  readonly recordFile?: string;
}

export async function readInputs(reader: InputReader): Promise<EvaluateInputs> {
  const criteria = readCriteria(reader);
  const champion = readChampion(reader, criteria);
  const dataReports = reader.text('dataReports') === undefined ? undefined : readDataReports(reader);
  for (const each of dataReports ? criteria : []) {
    const problem = comparisonByFiles(each);
    if (problem) reader.problem('criteria', problem);
  }
  const measurement = await readMeasurement(reader);
  return {
    connection: reader.requiredServiceConnection('azureSubscription', reader.subscriptionId('subscription')),
    resourceGroup: reader.text('resourceGroup'),
    workspace: reader.text('workspace'),
    criteria,
    ...champion,
    firstModel: reader.choice('firstModel', ['skipComparison', 'reject']),
    ...measurement,
    dataReports,
    ...(await readCardInputs(reader)),
    onRejection: reader.choice('onRejection', ['fail', 'warn', 'continue']),
    publishTestResults: reader.flag('publishTestResults'),
    postToPullRequest: reader.flag('postToPullRequest'),
    gitHub: reader.gitHubConnection('gitHubConnection') ?? reader.gitHubConnection('gitHubEnterpriseConnection'),
    recordFile: reader.file('recordFile'),
  };
}

function readChampion(
  reader: InputReader,
  criteria: readonly Criterion[],
): Pick<EvaluateInputs, 'champion' | 'championVersion'> {
  const champion = reader.choice('champion', ['tagged', 'version', 'none']);
  const championVersion = reader.text('championVersion');
  if (champion === 'version' && !championVersion) {
    reader.problem('championVersion', 'it is required when champion is "version". Name the version to compare with.');
  }
  const comparison = criteria.find(isComparison);
  if (champion === 'none' && comparison) {
    reader.problem('criteria', `"${comparison.text}" compares with the champion, but the input champion is "none".`);
  }
  return { champion, championVersion: champion === 'version' ? championVersion : undefined };
}

async function readMeasurement(
  reader: InputReader,
): Promise<Pick<EvaluateInputs, 'metricsFrom' | 'metricsFile' | 'evaluation'>> {
  const metricsFrom = reader.choice('metricsFrom', ['auto', 'job', 'model', 'file']);
  const metricsFile = reader.file('metricsFile');
  if (metricsFrom === 'file' && !metricsFile) {
    reader.problem('metricsFile', 'it is required when metricsFrom is "file". Name the JSON file with the metrics.');
  }
  const file = reader.file('evaluationJobFile');
  if (file && metricsFrom !== 'auto') {
    reader.problem(
      'metricsFrom',
      'leave it at "auto" where evaluationJobFile is set: the evaluation measures the models.',
    );
  }
  return {
    metricsFrom,
    metricsFile: metricsFrom === 'file' ? metricsFile : undefined,
    evaluation: file ? await readEvaluation(reader, file) : undefined,
  };
}

async function readCardInputs(reader: InputReader): Promise<Pick<EvaluateInputs, 'modelCard' | 'requireModelCard'>> {
  const requireModelCard = reader.flag('requireModelCard');
  const file = reader.file('modelCard');
  if (requireModelCard && !file) {
    reader.problem(
      'modelCard',
      'it is required when requireModelCard is on. Name the Markdown file that describes intended use and limits.',
    );
  }
  const text = reader.textOf(file, 'modelCard', longestCard);
  if (text === undefined) return { requireModelCard };
  try {
    const { parse } = await import('yaml');
    return { modelCard: readWrittenCard(text, parse), requireModelCard };
  } catch (error) {
    reader.problem('modelCard', messageOf(error));
    return { requireModelCard };
  }
}

async function readEvaluation(reader: InputReader, file: string): Promise<EvaluationSpec | undefined> {
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
  try {
    const { readEvaluationFile } = await import('./evaluationJob');
    return readEvaluationFile(file);
  } catch (error) {
    reader.problem('evaluationJobFile', messageOf(error));
    return undefined;
  }
}

/** The criteria of the input and of the file; a model must meet them all. */
function readCriteria(reader: InputReader): Criterion[] {
  const sources: Array<{ input: string; text: string }> = [];
  const inline = reader.text('criteria');
  if (inline) sources.push({ input: 'criteria', text: inline });
  const file = reader.file('criteriaFile');
  const inFile = reader.textOf(file, 'criteriaFile');
  if (inFile !== undefined) sources.push({ input: 'criteriaFile', text: inFile });
  const criteria: Criterion[] = [];
  for (const { input, text } of sources) {
    const parsed = parseCriteria(text);
    criteria.push(...parsed.criteria);
    for (const { line, column, message } of parsed.problems) {
      reader.problem(input, `line ${line}, column ${column}: ${message}`);
    }
    for (const criterion of parsed.criteria) {
      const problem = beyondReports(criterion);
      if (problem) reader.problem(input, `line ${criterion.line}: ${problem}`);
    }
    if (parsed.criteria.length === 0 && parsed.problems.length === 0) reader.problem(input, 'it has no criterion.');
  }
  if (sources.length === 0 && !file) {
    reader.problem('criteria', 'no criterion is given. Write one per line, e.g. rmse <= 5.0.');
  }
  return criteria;
}
