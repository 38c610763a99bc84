/** What one build needs; names as in the service's DockerBuildRequest. */
export interface BuildRunRequest {
  /** Where uploadContext left the context. */
  readonly sourceLocation: string;
  readonly dockerFilePath: string;
  /** repository:tag */
  readonly imageNames: readonly string[];
  readonly arguments: ReadonlyArray<{ name: string; value: string; isSecret: boolean }>;
  /** Logins to other registries that the build pulls from, by login server. */
  readonly customRegistries: Readonly<Record<string, { userName: string; password: string }>>;
  readonly agentPoolName?: string;
  /** Seconds, 300 to 28800. */
  readonly timeout: number;
}

/**
 * The service's own form of it. Source: Microsoft.ContainerRegistry 2019-06-01-preview, DockerBuildRequest.
 * @param asCaller whether the run pulls and pushes as whoever asks for it
 */
export function buildRunRequest(request: BuildRunRequest, asCaller = false): Record<string, unknown> {
  const secret = (value: string) => ({ type: 'Opaque', value });
  const customRegistries = Object.fromEntries(
    Object.entries(request.customRegistries).map(([server, { userName, password }]) => [
      server,
      { userName: secret(userName), password: secret(password) },
    ]),
  );
  return {
    type: 'DockerBuildRequest',
    isPushEnabled: true,
    platform: { os: 'Linux', architecture: 'amd64' },
    sourceLocation: request.sourceLocation,
    dockerFilePath: request.dockerFilePath,
    imageNames: request.imageNames,
    arguments: request.arguments,
    timeout: request.timeout,
    agentPoolName: request.agentPoolName,
    credentials: {
      sourceRegistry: asCaller ? { identity: '[caller]' } : { loginMode: 'Default' },
      customRegistries,
    },
  };
}
