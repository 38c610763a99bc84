import { runCommand } from '../../engine/embedded/runCommand';
import { networkEnvironment } from '../../engine/embedded/hostEnvironment';
import { BuildError } from '../../engine/engine';
import type { TaskStep } from '../taskFile/taskFile';
import type { DockerCommand } from './dockerCommand';
import type { DockerSocket } from './dockerSocket';

/** Images that every build agent has, or that are known by an alias; programs of this machine stand in for what is in them. */
const programs: Readonly<Record<string, readonly string[]>> = {
  docker: ['docker'],
  bash: [],
  'mcr.microsoft.com/acr/bash': [],
  'mcr.microsoft.com/acr/curl': ['curl'],
};

export const isSystemImage = (image: string): boolean => withoutTag(image) in programs;

export interface SystemStepTools {
  readonly docker: DockerCommand;
  readonly socket: DockerSocket;
  /** Where the run's files lie, which a step sees as /workspace. */
  readonly workspace: string;
  /** Absolute, on this machine. */
  readonly directory: string;
  /** Containers by name. */
  readonly hosts: ReadonlyArray<[name: string, address: string]>;
  readonly stateDir: string;
  readonly signal: AbortSignal;
  output: (text: string) => void;
}

/** Runs a step of such an image as a process of this machine. @returns its exit code */
export async function runSystemStep(step: TaskStep, tools: SystemStepTools): Promise<number> {
  const { docker, socket, directory, workspace, hosts, output, stateDir, signal } = tools;
  const [image = '', ...rest] = step.words;
  const entryPoint = step.entryPoint === undefined ? programs[withoutTag(image)]! : [step.entryPoint];
  // As the entry point of bash's image has it.
  const shell = entryPoint.length === 0 && rest[0]?.startsWith('-') ? ['bash'] : [];
  const words = [...entryPoint, ...shell, ...rest].map((word) => onThisMachine(word, workspace, hosts));
  if (words[0] === 'docker') {
    const { stdout, stderr, exitCode } = await docker.run(words.slice(1), directory);
    output(stderr + stdout);
    return exitCode;
  }
  const [program, ...args] = words;
  if (program === undefined) return 0;
  const environment = {
    ...networkEnvironment(),
    ...step.environment,
    ...socket.environment,
    HOME: step.environment.HOME ?? workspace,
    PATH: `${socket.programs}:${process.env.PATH ?? '/usr/bin:/bin'}`,
  };
  const command = { program, args, directory, environment, name: `the step ${step.id}`, stateDir, signal, output };
  try {
    return await runCommand(command);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new BuildError(`exec: "${program}": executable file not found in $PATH: unknown`, 127);
  }
}

function withoutTag(image: string): string {
  return image.replace(/:[^/]*$/, '');
}

function onThisMachine(word: string, workspace: string, hosts: SystemStepTools['hosts']): string {
  const placed = word.replace(/(?<![\w.-])\/workspace(?=\/|$)/g, workspace);
  return hosts.reduce((text, [name, address]) => text.replaceAll(new RegExp(`//${name}(?=[:/?]|$)`, 'g'), `//${address}`), placed); // prettier-ignore
}
