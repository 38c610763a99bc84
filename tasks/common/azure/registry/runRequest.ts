import { Secret } from '../../secret';

/** What a run is given by name; a secret stands in nothing that the service tells. */
export interface RunValue {
  readonly name: string;
  readonly value: string | Secret;
}

/** What every kind of run needs. */
interface RunTerms {
  /** Where uploadContext left the files. */
  readonly sourceLocation: string;
  /** Logins to other registries that the run pulls from, by login server. */
  readonly customRegistries: Readonly<Record<string, { userName: string; password: Secret }>>;
  readonly agentPoolName?: string;
  /** Seconds, 300 to 28800. */
  readonly timeout: number;
}

/** What one build needs; names as in the service's DockerBuildRequest. */
export interface BuildRunRequest extends RunTerms {
  readonly dockerFilePath: string;
  /** repository:tag */
  readonly imageNames: readonly string[];
  readonly arguments: readonly RunValue[];
}

/** A task of several steps. */
export interface TaskRunRequest extends RunTerms {
  /** YAML. Source: Azure's "ACR Tasks reference: YAML". */
  readonly taskFile: string;
  /** What {{.Values.name}} in it stands for. */
  readonly values: readonly RunValue[];
}

export type RunRequest = BuildRunRequest | TaskRunRequest;

/**
 * The service's own form of it. Source: Microsoft.ContainerRegistry 2019-06-01-preview, DockerBuildRequest and
 * EncodedTaskRunRequest.
 * @param asCaller whether the run pulls and pushes as whoever asks for it
 */
export function runRequest(request: RunRequest, asCaller = false): Record<string, unknown> {
  const secret = (value: string) => ({ type: 'Opaque', value });
  const customRegistries = Object.fromEntries(
    Object.entries(request.customRegistries).map(([server, { userName, password }]) => [
      server,
      { userName: secret(userName), password: secret(password.reveal()) },
    ]),
  );
  return {
    ...('taskFile' in request ? taskOf(request) : buildOf(request)),
    platform: { os: 'Linux', architecture: 'amd64' },
    sourceLocation: request.sourceLocation,
    timeout: request.timeout,
    agentPoolName: request.agentPoolName,
    credentials: {
      sourceRegistry: asCaller ? { identity: '[caller]' } : { loginMode: 'Default' },
      customRegistries,
    },
  };
}

function buildOf({ dockerFilePath, imageNames, arguments: given }: BuildRunRequest): Record<string, unknown> {
  return { type: 'DockerBuildRequest', isPushEnabled: true, dockerFilePath, imageNames, arguments: toWire(given) };
}

function taskOf({ taskFile, values }: TaskRunRequest): Record<string, unknown> {
  return {
    type: 'EncodedTaskRunRequest',
    encodedTaskContent: Buffer.from(taskFile).toString('base64'),
    values: toWire(values),
  };
}

function toWire(values: readonly RunValue[]): Array<{ name: string; value: string; isSecret: boolean }> {
  return values.map(({ name, value }) =>
    value instanceof Secret ? { name, value: value.reveal(), isSecret: true } : { name, value, isSecret: false },
  );
}
