/** The config of an OCI image, as far as the engine deals with it. Source: OCI image specification 1.1, config.md. */
export interface ImageConfig {
  created: string;
  architecture: string;
  os: string;
  config: ContainerConfig;
  rootfs: { type: 'layers'; diff_ids: string[] };
  history: HistoryEntry[];
}

export interface ContainerConfig {
  User?: string;
  ExposedPorts?: Record<string, Record<string, never>>;
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  Volumes?: Record<string, Record<string, never>>;
  WorkingDir?: string;
  Labels?: Record<string, string>;
  StopSignal?: string;
  /** Docker's; durations in nanoseconds. */
  Healthcheck?: { Test: string[]; Interval?: number; Timeout?: number; StartPeriod?: number; Retries?: number };
  Shell?: string[];
  OnBuild?: string[];
}

export interface HistoryEntry {
  created: string;
  created_by: string;
  empty_layer?: true;
  comment?: string;
}

/** In an image that was built on a stand-in: what for. Such an image runs only on this machine. */
export const standInLabel = 'local-azure.stand-in-for';

export const isOnStandIn = (config: ContainerConfig): boolean => config.Labels?.[standInLabel] !== undefined;

/** "A=1" lines as a record; later ones win. */
export function readEnvironment(lines: string[] | undefined): Record<string, string> {
  return Object.fromEntries(
    (lines ?? []).map((line) => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}

export const writeEnvironment = (variables: Record<string, string>): string[] =>
  Object.entries(variables).map(([name, value]) => `${name}=${value}`);

/** What of an image's config says how it is started. */
export function startOf(config: ContainerConfig): { entryPoint: string[]; command: string[]; ports: number[] } {
  const ports = Object.keys(config.ExposedPorts ?? {}).filter((port) => !port.endsWith('/udp'));
  return {
    entryPoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    ports: ports.map((port) => Number.parseInt(port)),
  };
}
