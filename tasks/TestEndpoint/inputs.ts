import { validateHeaderValue } from 'node:http';
import type { ServiceConnection } from '../common/azure/http/serviceConnection';
import type { DockerRegistryConnection } from '../common/dockerRegistryConnection';
import { readSigningKey, type SigningKey } from '../common/evidence/signingKey';
import type { TrustedKey } from '../common/evidence/trustedKeys';
import { readTrustedKeys } from '../common/evidence/trustedKeysInput';
import type { InputReader } from '../common/task/inputReader';
import { negativeKinds, type NegativeKind } from './robustness/badRequests';
import { parseThresholds, withErrorLimit, type Threshold } from './load/thresholds';
import { parseTolerance, toleranceProblem, type Tolerance } from '../common/requestsFile/tolerance';
import type { Secret } from '../common/secret';

export interface Inputs {
  readonly connection?: ServiceConnection;
  readonly resourceGroup?: string;
  readonly workspace?: string;
  readonly recordFile?: string;
  readonly scoringUri?: URL;
  readonly requestsFile?: string;
  readonly tolerance: Tolerance;
  readonly apiKey?: Secret;
  readonly thresholds: readonly Threshold[];
  readonly loadDurationMs: number;
  readonly loadConnections: number;
  readonly loadRate?: number;
  /** Whether bad requests that are not refused are told, fail the step, or are not tried. */
  readonly robustness: 'report' | 'fail' | 'off';
  readonly negativeTests: readonly NegativeKind[];
  readonly startupTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly rollbackOnFailure: boolean;
  readonly promoteToChampion: boolean;
  readonly publishTestResults: boolean;
  /** Whose signatures count; undefined where none is asked for. */
  readonly trustedKeys?: readonly TrustedKey[];
  readonly signingKey?: SigningKey;
  /** Of the registry in which the image is, where that is none of Azure's. */
  readonly imageConnection?: DockerRegistryConnection;
}

export function readInputs(reader: InputReader): Inputs {
  const connection = reader.serviceConnection('azureSubscription', reader.subscriptionId('subscription'));
  const apiKey = readApiKey(reader);
  const thresholds = parseThresholds(reader.lines('thresholds'), (problem) => reader.problem('thresholds', problem));
  const loadSeconds = reader.number('loadDurationInSeconds', { min: 0, max: 3600, unit: 'seconds' }) ?? 0;
  const loadRate = reader.number('loadRate', { min: 0.1, max: 100_000, unit: 'requests a second' });
  const rollbackOnFailure = reader.flag('rollbackOnFailure');
  const promoteToChampion = reader.flag('promoteToChampion');
  if (thresholds.length > 0 && loadSeconds === 0) {
    reader.problem('loadDurationInSeconds', 'thresholds need a load test: give it a duration above 0.');
  }
  if (loadRate !== undefined && loadSeconds > 0 && loadRate * loadSeconds < 2) {
    reader.problem(
      'loadRate',
      `within ${loadSeconds} s fewer than two requests would be due; raise it, or loadDurationInSeconds.`,
    );
  }
  const trustedKeys = readTrustedKeys(reader);
  const signingKey = readSigningKey(reader);
  for (const [name, wanted] of [
    ['rollbackOnFailure', rollbackOnFailure],
    ['promoteToChampion', promoteToChampion],
    ['requireSignature', trustedKeys !== undefined],
    ['signWith', signingKey !== undefined],
  ] as const) {
    if (wanted && !connection && reader.text('azureSubscription') === undefined) {
      reader.problem(name, 'it needs Azure: choose a service connection in azureSubscription.');
    }
  }
  return {
    connection,
    resourceGroup: reader.text('resourceGroup'),
    workspace: reader.text('workspace'),
    recordFile: reader.file('recordFile'),
    scoringUri: readUri(reader),
    requestsFile: reader.file('requestsFile'),
    tolerance: readTolerance(reader),
    apiKey,
    thresholds: loadSeconds > 0 ? withErrorLimit(thresholds) : thresholds,
    loadDurationMs: loadSeconds * 1000,
    loadConnections: reader.number('loadConnections', { min: 1, max: 1000, integer: true }) ?? 4,
    loadRate,
    robustness: reader.choice('robustness', ['report', 'fail', 'off']),
    negativeTests: readNegativeTests(reader),
    startupTimeoutMs: (reader.number('startupTimeoutInSeconds', { min: 0, max: 3600, unit: 'seconds' }) ?? 120) * 1000,
    requestTimeoutMs: (reader.number('requestTimeoutInSeconds', { min: 1, max: 3600, unit: 'seconds' }) ?? 60) * 1000,
    rollbackOnFailure,
    promoteToChampion,
    publishTestResults: reader.flag('publishTestResults'),
    trustedKeys,
    signingKey,
    imageConnection: reader.dockerRegistryConnection('imageConnection'),
  };
}

function readUri(reader: InputReader): URL | undefined {
  const text = reader.text('scoringUri');
  if (text === undefined) return undefined;
  const uri = URL.canParse(text) ? new URL(text) : undefined;
  if (!uri || !/^https?:$/.test(uri.protocol)) {
    reader.problem(
      'scoringUri',
      `"${text}" is not an http or https address, such as http://name.region.azurecontainer.io:5001/score.`,
    );
    return undefined;
  }
  if (uri.username || uri.password) {
    reader.problem(
      'scoringUri',
      'it contains a user name or a password, which would not be sent; give the key in apiKey.',
    );
  }
  return uri;
}

function readApiKey(reader: InputReader): Secret | undefined {
  const apiKey = reader.secret('apiKey');
  try {
    if (apiKey !== undefined) validateHeaderValue('authorization', apiKey.reveal());
  } catch {
    reader.problem('apiKey', 'it contains a character that an HTTP header cannot contain, such as a line end.');
  }
  return apiKey;
}

function readTolerance(reader: InputReader): Tolerance {
  const text = reader.text('tolerance') ?? '1e-6';
  const tolerance = parseTolerance(text);
  if (!tolerance) reader.problem('tolerance', toleranceProblem(text));
  return tolerance ?? { absolute: 0, relative: 0 };
}

function readNegativeTests(reader: InputReader): NegativeKind[] {
  const text = reader.text('negativeTests') ?? 'none';
  if (text.toLowerCase() === 'none') return [];
  if (text.toLowerCase() === 'all') return [...negativeKinds];
  return text.split(/[\s,]+/).flatMap((word) => {
    const kind = negativeKinds.find((each) => each.toLowerCase() === word.toLowerCase());
    if (!kind) reader.problem('negativeTests', `"${word}" is not one of all, none, ${negativeKinds.join(', ')}.`);
    return kind ?? [];
  });
}
