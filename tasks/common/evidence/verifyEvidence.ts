import { isDigest, TooMuchAttached, type RegistryContents } from '../azure/registry/containerRegistryContents';
import type { TaskLog } from '../log';
import type { Attestations, ModelRecord } from '../record/record';
import { TaskFailure } from '../taskFailure';
import { AttachedStatements, ReadingBudget, type AttachedStatement, type Listed } from './attachedStatements';
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

/** An image that is released many times has many, and whoever may write to a registry may attach more. */
const mostStatements = 200;
const readAtOnce = 4;

/** A kind of statement that is needed, and what of it was found. */
interface Search {
  readonly type: string;
  readonly what: string;
  readonly problemOf: (each: AttachedStatement) => Promise<string | undefined> | string | undefined;
  readonly problems: string[];
  sound?: AttachedStatement;
  /** There was no room for one that may be sound. */
  isIncomplete?: boolean;
}

/**
 * Makes sure that a trusted key has signed where an image comes from, and that its model was approved. The statements that the
 * record names are read first, without a list and with room of their own, so that others beside them hinder no release.
 * @returns what vouches for it
 * @throws TaskFailure that says why nothing does; TooMuchAttached where what was not read may do so
 */
export async function verifyEvidence(wanted: VouchedFor, verifier: Verifier): Promise<Attestations> {
  const { contents, keys, signal, log } = verifier;
  const searches: readonly Search[] = [
    { type: modelRecordType, what: 'record of its model', problems: [], problemOf: (each) => recordProblem(each, wanted, verifier) }, // prettier-ignore
    { type: provenanceType, what: 'SLSA provenance', problems: [], problemOf: (each) => provenanceProblem(each, verifier) }, // prettier-ignore
  ];
  const attached = new AttachedStatements(contents, wanted, keys, signal);
  const types = searches.map(({ type }) => type);
  const named = (wanted.record?.image?.attestations?.statements ?? []).filter(
    ({ predicateType, digest }) => types.includes(predicateType) && isDigest(digest),
  );
  let unread = await readThrough(named, attached, searches);
  if (searches.some(({ sound }) => !sound)) {
    const others = (await attached.list(types)).filter(({ digest }) => !named.some((each) => each.digest === digest));
    unread += await readThrough(others, attached, searches);
  }
  for (const search of searches) if (!search.sound) throw refusal(wanted, search, unread);
  const others = new Set(searches.flatMap(({ problems }) => problems));
  for (const problem of others) log.info(`A further statement, ${problem}, and was not heeded.`);
  if (unread > 0) log.debug(`${unread} further statements are attached, which were not read.`);
  const [{ sound: record }, { sound: provenance }] = searches as [Search, Search];
  const signer = record!.trusted!.key.name;
  log.info(`Verified: ${signer} has signed the record of the model and the provenance of ${wanted.reference}.`);
  const statements = [record!, provenance!].map(({ predicateType, digest }) => ({ predicateType: predicateType!, digest })); // prettier-ignore
  return { signer, statements };
}

/**
 * Reads until everything is found, or so many are read.
 * @returns how many are not
 */
async function readThrough(
  listed: readonly Listed[],
  attached: AttachedStatements,
  searches: readonly Search[],
): Promise<number> {
  const budget = new ReadingBudget();
  let count = 0;
  while (count < Math.min(listed.length, mostStatements) && searches.some(({ sound }) => !sound)) {
    const next = listed.slice(count, Math.min(count + readAtOnce, mostStatements));
    count += next.length;
    for (const each of await attached.read(next, budget)) await take(each, searches);
  }
  return listed.length - count;
}

/** Notes what is found, or what speaks against it. */
async function take(each: AttachedStatement, searches: readonly Search[]): Promise<void> {
  for (const search of searches) {
    const { predicateType = search.type } = each;
    if (predicateType !== search.type || search.sound) continue;
    const problem = each.problem ?? (await search.problemOf(each));
    if (problem === undefined) search.sound = each;
    else search.problems.push(`${each.digest} ${problem}`);
    search.isIncomplete ||= each.isUnread;
  }
}

async function recordProblem(
  { trusted }: AttachedStatement,
  { digest, record, requireApproval }: VouchedFor,
  verifier: Verifier,
): Promise<string | undefined> {
  const { statement, key } = trusted!;
  const said = await readModelRecordPredicate(statement.predicate);
  if (!said) return 'does not contain a valid record';
  if (said.record.image?.digest !== digest) return "contains another image's record";
  if (record && asSigned(record).sha256 !== said.record.sha256) return 'contains a different record from the one that is released'; // prettier-ignore
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

/** So many problems help to find the fault. */
const shownProblems = 20;

function refusal({ reference }: VouchedFor, { what, problems, isIncomplete }: Search, unread: number): TaskFailure {
  const remedy =
    'Release the image and the record of one run of Package-Image with its input signWith set, and name its key in trustedKeys.';
  if (problems.length === 0 && unread === 0) {
    return new TaskFailure(
      `Nothing vouches for the image ${reference}: its registry has no signed ${what} of it, or it was removed.`,
      remedy,
      { help: 'signed-evidence' },
    );
  }
  const hidden = Math.max(0, problems.length - shownProblems);
  const lines = [
    ...problems.slice(0, shownProblems).map((each) => `${each}.`),
    ...(hidden > 0 ? [`and ${hidden} more.`] : []),
    ...(unread > 0 ? [`${unread} further statements were not read, as there are more than ${mostStatements}: delete those from the registry that are not yours.`] : []), // prettier-ignore
  ];
  const Failure = unread > 0 || isIncomplete ? TooMuchAttached : TaskFailure;
  return new Failure(
    `Nothing vouches for the image ${reference}: no signed ${what} can be trusted.\n${lines.map((each) => `  - ${each}`).join('\n')}\n`,
    remedy,
    { help: 'signed-evidence' },
  );
}
