import type { RegistryContents } from '../azure/registry/containerRegistryContents';
import type { TaskLog } from '../log';
import type { Attestations, ModelRecord } from '../record/record';
import { TaskFailure } from '../taskFailure';
import { attachedStatements, type AttachedStatement } from './attachedStatements';
import { asSigned, readModelRecordPredicate } from './modelRecord';
import { modelRecordType, provenanceType } from './predicateTypes';
import type { TrustedKeys } from './trustedKeys';

/** What is to be vouched for. */
export interface VouchedFor {
  /** registry/repository@sha256:… */
  readonly reference: string;
  readonly repository: string;
  readonly digest: string;
  /** The record by which it is released, where there is one. */
  readonly record?: ModelRecord;
  readonly requireApproval: boolean;
}

export interface Verifier {
  readonly contents: Pick<RegistryContents, 'referrers' | 'manifest' | 'blob'>;
  readonly keys: TrustedKeys;
  /** Milliseconds. */
  readonly now: number;
  readonly signal: AbortSignal;
  readonly log: TaskLog;
}

/** So far may the clocks of two agents be apart. Milliseconds. */
const clockTolerance = 5 * 60_000;

/**
 * Makes sure that a trusted key has signed where an image comes from, and that its model was approved.
 * @returns what vouches for it
 * @throws TaskFailure that says why nothing does
 */
export async function verifyEvidence(wanted: VouchedFor, verifier: Verifier): Promise<Attestations> {
  const { contents, keys, signal, log } = verifier;
  const types = [modelRecordType, provenanceType];
  const all = await attachedStatements(contents, wanted, types, keys, signal);
  const ofType = (type: string) => all.filter(({ predicateType = type }) => predicateType === type);
  const record = await firstSound(ofType(modelRecordType), (each) => recordProblem(each, wanted, verifier));
  if ('problems' in record) throw refusal(wanted, 'record of its model', record.problems);
  const provenance = await firstSound(ofType(provenanceType), (each) => provenanceProblem(each, verifier));
  if ('problems' in provenance) throw refusal(wanted, 'SLSA provenance', provenance.problems);
  const signer = record.sound.trusted!.key.name;
  const statements = [record.sound, provenance.sound].map(({ predicateType, digest }) => ({ predicateType: predicateType!, digest })); // prettier-ignore
  log.info(`Verified: ${signer} has signed the record of the model and the provenance of ${wanted.reference}.`);
  const others = all.filter(({ problem }) => problem !== undefined);
  for (const { digest, problem } of others) log.info(`A further statement, ${digest}, ${problem}, and was not heeded.`);
  return { signer, statements };
}

/** The first statement that nothing speaks against, or what speaks against each. */
async function firstSound(
  found: readonly AttachedStatement[],
  problemOf: (each: AttachedStatement) => Promise<string | undefined> | string | undefined,
): Promise<{ sound: AttachedStatement } | { problems: string[] }> {
  const problems: string[] = [];
  for (const each of found) {
    const problem = each.problem ?? (await problemOf(each));
    if (problem === undefined) return { sound: each };
    problems.push(`${each.digest} ${problem}`);
  }
  return { problems };
}

async function recordProblem(
  { trusted }: AttachedStatement,
  { digest, record, requireApproval }: VouchedFor,
  verifier: Verifier,
): Promise<string | undefined> {
  const { statement, key } = trusted!;
  const said = await readModelRecordPredicate(statement.predicate);
  if (!said) return 'does not hold a sound record';
  if (said.record.image?.digest !== digest) return "holds another image's record";
  if (record && asSigned(record).sha256 !== said.record.sha256) return 'holds another record than the one that is released'; // prettier-ignore
  const { evaluation } = said.record;
  if (requireApproval && evaluation?.decision !== 'approved') {
    return evaluation ? `says that the model was rejected: ${evaluation.reason}` : 'says nothing of an approval';
  }
  return timeProblem(Date.parse(said.signedAt), verifier) ?? key.problemAt(Date.parse(said.signedAt));
}

function provenanceProblem({ trusted }: AttachedStatement, verifier: Verifier): string | undefined {
  const { statement, key } = trusted!;
  const { runDetails } = statement.predicate as { runDetails?: { metadata?: { finishedOn?: unknown } } | null };
  const time = Date.parse(String(runDetails?.metadata?.finishedOn));
  if (Number.isNaN(time)) return 'does not say when the image was finished';
  return timeProblem(time, verifier) ?? key.problemAt(time);
}

function timeProblem(time: number, { now }: Verifier): string | undefined {
  if (time <= now + clockTolerance) return undefined;
  const minutes = Math.ceil((time - now) / 60_000);
  return `was signed ${minutes} minutes from now, by this agent's clock (${new Date(now).toISOString()}): this clock or that of the signing agent is wrong`;
}

function refusal({ reference }: VouchedFor, what: string, problems: readonly string[]): TaskFailure {
  const remedy =
    'Release the image and the record of one run of Package-Image with its input signWith set, and name its key in trustedKeys.';
  if (problems.length === 0) {
    return new TaskFailure(
      `Nothing vouches for the image ${reference}: its registry has no signed ${what} of it, or it was removed.`,
      remedy,
      { help: 'signed-evidence' },
    );
  }
  return new TaskFailure(
    `Nothing vouches for the image ${reference}: no signed ${what} can be trusted.\n${problems.map((each) => `  - ${each}.`).join('\n')}\n`,
    remedy,
    { help: 'signed-evidence' },
  );
}
