import { dataHashes } from '../common/azure/ml/dataHashes';
import type { TrackedRun } from '../common/azure/ml/metrics';
import type { Job } from '../common/azure/ml/jobs/rest/jobs';

/** What a model was measured on, as far as its job tells. */
export interface DataOf {
  /** The run's tags whose name ends in `sha256` and speaks of data, e.g. data.sha256: a hash tells more than a path. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Data inputs of the job, by name: where they point. */
  readonly inputs: Readonly<Record<string, string>>;
}

export function dataOf(run: TrackedRun | undefined, job: Job | undefined): DataOf {
  const inputs = Object.entries(job?.properties.inputs ?? {}).flatMap(([name, input]) =>
    input?.uri ? [[name, input.uri] as const] : [],
  );
  return { hashes: dataHashes(run?.tags ?? {}), inputs: Object.fromEntries(inputs) };
}

/**
 * Says in what the data of two models differ.
 * @returns a sentence for people; undefined where they are the same, or where nothing tells
 */
export function dataDifference(candidate: DataOf, champion: DataOf): string | undefined {
  const hash = Object.keys(candidate.hashes).find((name) => Object.hasOwn(champion.hashes, name));
  const say = (what: string) =>
    `Candidate and champion were measured on different data: ${what}. Their metrics are not really comparable; with evaluationJobFile both are measured on the same.`;
  if (hash !== undefined) {
    const [own, other] = [candidate.hashes[hash]!, champion.hashes[hash]!];
    return own === other ? undefined : say(`${hash} is ${own.slice(0, 12)}… and ${other.slice(0, 12)}…`);
  }
  for (const [name, uri] of Object.entries(candidate.inputs)) {
    const other = Object.hasOwn(champion.inputs, name) ? champion.inputs[name] : undefined;
    if (other !== undefined && other !== uri) return say(`the input ${name} is ${uri} and ${other}`);
  }
  return undefined;
}
