/**
 * Tries the tasks, and what nothing has proven yet, on the real Azure, in a resource group of its own.
 *
 *   npm run real-azure -- --help
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Interruption } from '../../local/interruption';
import { messageOf } from '../../local/messageOf';
import { Arm } from './arm';
import { groupName, newBelongings } from './belongings';
import { chosenCases } from './cases/index';
import { findAccount, findCloud, ownCredential, type Account, type Cloud } from './cloud';
import { compareRecordings } from './comparison';
import { readConnection } from './connection';
import { estimate, sumOf } from './cost';
import { LiveRuns } from './liveRuns';
import { recordLocally } from './localSession';
import { help, readOptions, type Options } from './options';
import { Removal, type Left } from './removal';
import { exitCode, listOf, proof, reportText } from './report';
import { kinds, useOf, type Kind } from './resources';
import { openSession } from './session';
import { tokenOf } from './token';
import { tryCases, type CaseResult } from './tryCases';
import type { Case } from './cases/case';
import type { TokenCredential } from '@azure/core-auth';

const root = path.join(__dirname, '..', '..');
const say = (line: string): void => console.log(line);
const hour = 3_600_000;
/** A group is anybody's to clean up when its run must have ended: by its own limit, and the time that a removal takes. */
const removalTime = hour;

const providers = [
  'MachineLearningServices',
  'ContainerRegistry',
  'ContainerInstance',
  'Storage',
  'KeyVault',
  'ManagedIdentity',
];

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), root);
  if (!options) {
    say(help);
    return 0;
  }
  const chosen = chosenCases(options.only);
  if (options.list) {
    say(listOf(chosen));
    return 0;
  }
  say(proof);
  const cloud = await findCloud();
  const credential = ownCredential(cloud);
  const arm = new Arm(cloud.resourceManagerUrl, undefined, () => tokenOf(cloud, credential));
  try {
    const account = await findAccount(
      async (path) => (await arm.must('GET', path)).json as never,
      options.subscription,
    );
    say(`Cloud ${cloud.name}, subscription ${account.subscriptionId} (${account.subscriptionName})`);
    const runs = new LiveRuns(path.join(options.folder, 'live'));
    const removal = new Removal(arm, account.subscriptionId, say);
    const left = await removeLeftovers(removal, runs, options.cleanUp);
    if (options.cleanUp) return left.length > 0 ? 1 : 0;
    await checkProviders(arm, account);
    if (!(await consents(chosen, options))) return 1;
    return await run({ options, chosen, cloud, credential, account, runs, removal });
  } finally {
    await arm.close();
  }
}

async function removeLeftovers(removal: Removal, runs: LiveRuns, all: boolean): Promise<Left[]> {
  const { removed, left, spared } = await removal.leftovers(runs, all);
  for (const what of removed) say(`Removed what an earlier run had left: ${what}`);
  for (const name of spared)
    say(
      `Another run may be going on in ${name}: it stays. (--clean-up removes it where this machine does not know of one.)`,
    );
  sayLeft(left);
  if (all && removed.length + left.length === 0) say('No run has left anything.');
  return left;
}

function sayLeft(left: readonly Left[]): void {
  for (const { what, why, command } of left) say(`STILL THERE: ${what}: ${why}\n  Remove it by: ${command}`);
}

/** A registration would stay behind, so it is left to the owner. */
async function checkProviders(arm: Arm, { subscriptionId }: Account): Promise<void> {
  const missing: string[] = [];
  for (const name of providers) {
    const { json } = await arm.ask(
      'GET',
      `/subscriptions/${subscriptionId}/providers/Microsoft.${name}?api-version=2021-04-01`,
    );
    if (json?.registrationState !== 'Registered')
      missing.push(`az provider register --namespace Microsoft.${name} --subscription ${subscriptionId}`);
  }
  if (missing.length > 0)
    throw new Error(`Register these first; it costs nothing, and stays:\n  ${missing.join('\n  ')}`);
}

async function consents(chosen: readonly Case[], { hours, yes }: Options): Promise<boolean> {
  const needed = new Set<Kind>(chosen.flatMap(({ needs }) => needs));
  const shared = kinds
    .filter((kind) => needed.has(kind) || (kind === 'registry' && needed.size > 0))
    .map((kind) => useOf[kind]);
  const minutes = chosen.reduce((sum, each) => sum + each.minutes, 10);
  say(estimate(sumOf([...shared, ...chosen.map(({ use }) => use)]), minutes, hours));
  if (yes) return true;
  if (!process.stdin.isTTY) {
    say('Nothing was made: nobody is here to be asked. Give --yes where the cost is agreed.');
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Go on? [y/N] ');
  terminal.close();
  if (/^y(es)?$/i.test(answer.trim())) return true;
  say('Nothing was made.');
  return false;
}

interface Run {
  options: Options;
  chosen: readonly Case[];
  cloud: Cloud;
  credential: TokenCredential;
  account: Account;
  runs: LiveRuns;
  removal: Removal;
}

async function run({ options, chosen, cloud, credential, account, runs, removal }: Run): Promise<number> {
  const interruption = new Interruption(
    'Ending: all that was made is removed, which takes some minutes. Again to leave it to `--clean-up`.',
  );
  const limit = new AbortController();
  // Longer than a timer takes as a number, no run can be asked for.
  const timer = setTimeout(() => limit.abort(new Error(`The ${options.hours} hours are over.`)), options.hours * hour);
  const signal = AbortSignal.any([interruption.signal, limit.signal]);
  const belongings = newBelongings(account.subscriptionId, options.location, options.hours * hour + removalTime);
  const folder = path.join(options.folder, belongings.id);
  const started = new Date().toISOString();
  interruption.onForce(() =>
    say(
      `\nStill there: az group delete --name ${groupName(belongings.id)} --subscription ${account.subscriptionId} --yes`,
    ),
  );
  let results: CaseResult[] = [];
  let left: Left[] = [];
  const session = await openSession({
    ...{
      cloud,
      account,
      credential,
      belongings,
      folder,
      signal,
      say,
      source: `${cloud.name}, ${options.location}, ${started}`,
    },
    connection: readConnection(cloud, account),
  });
  const { recorder } = session.world;
  // Before anything is made: whatever ends this process, the next start knows.
  runs.begin(belongings.id);
  try {
    await session.world.resources.makeGroup();
    results = await tryCases(session.world, chosen);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    if (limit.signal.aborted) say(messageOf(limit.signal.reason));
    left = await removal.run(belongings.id);
    if (left.length === 0) runs.end(belongings.id);
    sayLeft(left);
    await session.close();
  }
  const interrupted = interruption.signal.aborted;
  const comparison = options.comparison && !interrupted ? await compareLocally(chosen, options, folder, recorder, interruption.signal) : undefined; // prettier-ignore
  interruption.dispose();
  const report = {
    cloud: cloud.name,
    location: options.location,
    started,
    results,
    denied: recorder.denied,
    comparison,
    left,
    folder,
  };
  const text = reportText(report);
  writeFileSync(path.join(folder, 'report.md'), `${text}\n`);
  say(`\n${text}`);
  return exitCode(report, interrupted || limit.signal.aborted);
}

async function compareLocally(
  chosen: readonly Case[],
  { location }: Options,
  folder: string,
  { recordings }: { recordings: Parameters<typeof compareRecordings>[0] },
  signal: AbortSignal,
) {
  say('\nThe same against local Azure, to compare ...');
  const cache = path.join(root, '.local', 'cache');
  const own = await recordLocally(chosen, { folder: path.join(folder, 'local'), cache, location, signal, say: (line) => say(`  ${line}`) }); // prettier-ignore
  return compareRecordings(recordings, own);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`Error: ${messageOf(error)}`);
    process.exit(1);
  },
);
