import type { RegistryLogin } from './registryClient';

/** What a build needs. */
export interface BuildRequest {
  contextDirectory: string;
  /** Relative to the context. */
  dockerfile: string;
  /** The stage to build; the last one unless told. */
  target?: string;
  buildArguments: Record<string, string>;
  noCache: boolean;
  /** As in an image's config, e.g. amd64. */
  architecture: string;
  /** How to sign in to the registry of a base image; undefined = no credentials. */
  login(server: string): RegistryLogin | undefined;
  /** A planned fault: commands that are not cached end with this exit code instead of running. */
  endCommandsWith?: number;
  /** Gets the build's log as it grows, whole lines with their line breaks. */
  log: (text: string) => void;
  signal: AbortSignal;
}

export interface BaseImage {
  registry: string;
  repository: string;
  tag?: string;
  digest?: string;
  /** A stand-in of this machine took its place. */
  standIn: boolean;
}

export interface BuiltImage {
  /** What the engine knows it by. */
  id: string;
  baseImages: BaseImage[];
  /** How many instructions changed the file system, and how many of those came from the cache. */
  layers: number;
  cachedLayers: number;
}

/** A build that failed by its own fault; the log has said why. */
export class BuildError extends Error {
  constructor(
    message: string,
    /** Of the command that failed. */
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

export interface PulledImage {
  reference: string;
  digest: string;
  os: string;
  architecture: string;
  /** What it starts, and the TCP ports that it exposes, as its config says. */
  entryPoint: string[];
  command: string[];
  ports: number[];
}

/** One container of a group, as it is to be started. */
export interface ContainerSpec {
  name: string;
  image: PulledImage;
  /** Replaces the image's entry point and command, as ACI's `command` does. Empty: the image's own. */
  command: string[];
  /** Takes the place of the image's working directory. */
  directory?: string;
  environment: Record<string, string>;
  /** TCP ports that it says it listens at. */
  ports: number[];
  /** Folders of this machine to be seen in the container at a path. */
  mounts: Array<{ path: string; source: string; readOnly: boolean }>;
  memoryInBytes: number;
  cpu: number;
  /** Gets what the container prints, and what the engine has to say about it, as it comes. */
  output(stream: 'stdout' | 'stderr', chunk: Buffer): void;
}

export interface ContainerExit {
  exitCode: number;
  finishTime: Date;
  /** It was ended because it went over its memory. */
  outOfMemory: boolean;
}

export interface RunningContainer {
  startTime: Date;
  exited: Promise<ContainerExit>;
  /** SIGTERM, and SIGKILL after the grace period. Resolves when it has ended. */
  stop(graceInSeconds: number): Promise<void>;
  /** Runs a command in the container and returns its exit code; 124 when it took longer than the timeout. */
  execute(command: string[], timeoutInSeconds: number): Promise<number>;
  /** Starts a program in the container, to be talked to; undefined where it is not there. */
  attach(program: string): AttachedProgram | undefined;
}

/** A program that somebody types to. */
export interface AttachedProgram {
  write(text: string): void;
  /** Says that nothing more will be typed. */
  close(): void;
  interrupt(): void;
  end(): void;
  /** @param show gets what it writes, as it comes */
  output(show: (chunk: Buffer) => void): void;
  readonly ended: Promise<void>;
}

/** A container could not be started at all, e.g. because its program is not in the image. */
export class ContainerStartError extends Error {}

/** The containers of one group: they share an address, and reach each other at localhost. */
export interface ContainerGroupSandbox {
  start(container: ContainerSpec): Promise<RunningContainer>;
  /** Removes what the group left on disk. Its containers must have ended. */
  remove(): Promise<void>;
}

export interface SandboxRequest {
  /** Unique among all groups; letters, digits and hyphens. */
  id: string;
  /** A loopback address that is the group's own for its ports. */
  address: string;
  /** TCP ports at which the group is reached there. */
  ports: number[];
}

/** What builds images, and what runs them. */
export interface ContainerEngine {
  readonly name: 'embedded' | 'podman';
  build(request: BuildRequest): Promise<BuiltImage>;
  /** Pushes under a tag; returns the manifest's digest and its size in bytes. */
  push(
    image: BuiltImage,
    reference: string,
    login: RegistryLogin,
    log: (text: string) => void,
    signal: AbortSignal,
  ): Promise<{ digest: string; size: number }>;
  /** What was built here, ready to be started without a registry. */
  asPulled(image: BuiltImage): Promise<PulledImage>;
  /** Throws a RegistryError when the registry refuses or lacks it. */
  pull(reference: string, login: RegistryLogin | undefined): Promise<PulledImage>;
  createSandbox(request: SandboxRequest): Promise<ContainerGroupSandbox>;
  close(): Promise<void>;
}
