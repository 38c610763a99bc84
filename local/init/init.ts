import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { environmentFor } from './environmentFile';
import { modelCardText } from './modelCard';
import { pipelineText } from './pipelineText';
import { ProjectFiles } from './projectFiles';
import { criteriaFor, readPythonFacts, type PythonFacts } from './pythonFacts';
import { scoringScript } from './scoringScript';
import { findServing, type Serving } from './serving';
import { findTraining, type Training } from './training';

const pipelineFile = 'azure-pipelines.yml';

export interface InitReport {
  /** What was found, and what follows from it. */
  found: string[];
  /** Paths from the root on. */
  written: string[];
  /** What only the user can say. */
  open: string[];
}

/** Looks at a project and writes a pipeline for it, with what the pipeline needs and the project lacks; overwrites nothing. */
export function initProject(root: string): InitReport {
  const files = new ProjectFiles(root);
  if (files.has(pipelineFile)) throw new Error(`${path.join(root, pipelineFile)} already exists; nothing was written.`);
  const training = requireTraining(files, root);
  const facts = factsOf(training);
  const present = findServing(files, facts.isMLflowModel);
  const serving: Exclude<Serving, { kind: 'none' }> =
    present.kind === 'none' ? { kind: 'scoringScript', script: 'score.py', folder: 'scoring' } : present;

  const report: InitReport = { found: [`training: ${training.file}`], written: [], open: [] };
  const write = (file: string, text: string): void => {
    if (existsSync(path.join(root, file))) return;
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
    report.written.push(file);
  };

  const trainingEnvironment = environmentFor(files, training.folder, 'conda.yml');
  const servingFolder = serving.kind === 'scoringScript' ? serving.folder : '.';
  const servingEnvironment = environmentFor(files, servingFolder, 'conda.yml');
  if (trainingEnvironment.text && !training.jobFile) write(trainingEnvironment.condaFile, trainingEnvironment.text);
  if (present.kind === 'none') write('scoring/score.py', scoringScript);
  if (serving.kind === 'scoringScript' && !servingEnvironment.requirementsFile && servingEnvironment.text)
    write(servingEnvironment.condaFile, servingEnvironment.text);
  const requestsFile = facts.writesGoldenRequests ? undefined : requests(files, write);

  const criteria = chooseCriteria(facts.metrics, training, report);
  if (!facts.writesGoldenRequests && !requestsFile) {
    report.open.push('requests: none were found, so the test of the endpoint is commented out in the pipeline.');
  }
  report.found.push(...whatWasFound(facts, present));
  const name = modelName(root);
  const modelCard = describedBy(files, name, write, report);
  const text = pipelineText({
    name,
    training,
    trainingConda: trainingEnvironment.condaFile,
    modelPath: facts.modelPath,
    criteria,
    modelCard,
    serving,
    servingEnvironment,
    hasGoldenRequests: facts.writesGoldenRequests,
    requestsFile,
  });
  write(pipelineFile, text);
  return report;
}

const whatWasFound = ({ metrics, modelPath }: PythonFacts, { kind }: Serving): string[] => [
  `metrics: ${metrics.join(', ') || 'none'}`,
  `model: ${modelPath ?? 'outputs/model, by default'}`,
  `serving: ${kind === 'none' ? 'none yet' : kind}`,
];

function requireTraining(files: ProjectFiles, root: string): Training {
  const training = findTraining(files);
  if (training) return training;
  throw new Error(
    `No training was found in ${root}: it needs a train.py, an MLproject or a job file of Azure ML (with its $schema).`,
  );
}

function chooseCriteria(metrics: PythonFacts['metrics'], training: Training, report: InitReport): string[] {
  const criteria = criteriaFor(metrics);
  if (criteria.length > 0) return criteria;
  report.open.push(`criteria: ${training.file} logs no metric that could be detected; name one in ${pipelineFile}.`);
  return ['accuracy >= champion * 0.98'];
}

/** What the job file says outranks what its sources do. */
function factsOf({ source, output, metric }: Training): PythonFacts {
  const facts = readPythonFacts(source);
  return {
    ...facts,
    modelPath: output?.name ?? facts.modelPath,
    isMLflowModel: output?.isMLflow ?? facts.isMLflowModel,
    metrics: metric === undefined ? facts.metrics : [metric],
  };
}

/** A requests file of the project, or one that is made of the sample request that a project of Azure ML often has. */
function requests(files: ProjectFiles, write: (file: string, text: string) => void): string | undefined {
  const own = files.find(/^(golden_)?requests\.json$/);
  if (own) return own;
  const sample = files.find(/^(sample|example)?[-_]?(request|input|data)([-_]?(sample|example|data))?\.json$/);
  if (!sample) return undefined;
  // As it stands: a request is sent as its file holds it.
  write('requests.json', `[{ "name": "sample request", "request": ${files.text(sample).trim()} }]\n`);
  return 'requests.json';
}

/** The file in which people describe the model: the project's own, or one to fill in. */
function describedBy(
  files: ProjectFiles,
  name: string,
  write: (file: string, text: string) => void,
  report: InitReport,
): string {
  const own = files.find(/^model[-_]?card\.md$/i);
  if (own) return own;
  write('model-card.md', modelCardText(name));
  report.open.push(
    'model-card.md: say what the model is for and where its limits are. Until then the model card lists its gaps, which stops nothing.',
  );
  return 'model-card.md';
}

/** From the folder's name: letters, digits and dashes, as a container group wants it. */
function modelName(root: string): string {
  const words = path
    .basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '');
  const name = words.slice(0, 40).replace(/-+$/, '');
  // A DNS name label has at least five characters.
  return name.length < 5 ? `${name}${name && '-'}model` : name;
}
