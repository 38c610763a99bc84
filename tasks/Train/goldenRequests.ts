import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { TrainingSection } from '../common/record/record';
import type { TaskContext } from '../common/task/taskContext';
import { requestOfSignature, requestsFileOf, type MlModel } from './exampleRequest';
import type { OutputModel } from './outputModel';
import type { Services } from './services';

/** Where a training script leaves requests with their right answers, for the stages that prove a deployment. */
const leftByTraining = 'outputs/golden_requests.json';

type Ports = Pick<TaskContext, 'log' | 'signal'>;

/**
 * Brings the requests that training left beside the record, from the first of the runs that has some.
 * @returns undefined where none has
 */
export async function fetchGoldenRequests(
  runs: readonly string[],
  directory: string,
  artifacts: Services['artifacts'],
  { signal }: Ports,
): Promise<TrainingSection['goldenRequests']> {
  const file = path.join(directory, path.basename(leftByTraining));
  for (const run of runs) if (await artifacts.download(run, leftByTraining, file, signal)) return sectionOf(file);
  return undefined;
}

/**
 * Makes a request of what an MLflow model says of itself, its input example or else its signature. It has no expected answer:
 * that the model answers is all that it proves.
 * @param run whose artifact the model is
 * @returns undefined where the model is none of MLflow's, or says too little
 */
export async function makeGoldenRequests(
  run: string,
  { path: model, isMlflow, uri }: OutputModel,
  directory: string,
  artifacts: Services['artifacts'],
  { log, signal }: Ports,
): Promise<TrainingSection['goldenRequests']> {
  if (!isMlflow || !uri.includes('/outputs/artifacts/')) return undefined;
  const read = async (name: string): Promise<string | undefined> => {
    const file = path.join(directory, 'of-the-model.part');
    if (!(await artifacts.download(run, `${model}/${name}`, file, signal))) return undefined;
    const text = fs.readFileSync(file, 'utf8');
    fs.rmSync(file);
    return text;
  };
  const { parse } = await import('yaml');
  const described = parse((await read('MLmodel')) ?? '') as MlModel | null;
  const example = described?.saved_input_example_info?.serving_input_path;
  const request = (example && (await read(example))) || requestOfSignature(described?.signature?.inputs);
  if (!request) return undefined;
  const file = path.join(directory, path.basename(leftByTraining));
  const name = example ? "the model's input example" : "one row made of the model's signature";
  fs.writeFileSync(file, requestsFileOf(name, request));
  log.warning(
    `Training left no ${leftByTraining}, so the correct answers are not known. The later stages send ${name} and only prove that it is answered.`,
  );
  return sectionOf(file);
}

function sectionOf(file: string): TrainingSection['goldenRequests'] {
  return { file: path.basename(file), sha256: createHash('sha256').update(fs.readFileSync(file)).digest('hex') };
}
