import { expandPairs, expandWord, expandWords } from '../dockerfile/expand';
import type { Instruction } from '../dockerfile/parse';
import { BuildError } from '../engine';
import { readEnvironment, writeEnvironment } from '../imageConfig';
import { readHealthcheck } from './healthcheck';
import type { Stage } from './stage';
import { engineSays } from './systemPrograms';

/** What an instruction works with. */
interface Given {
  stage: Stage;
  instruction: Instruction;
  /** The Dockerfile's escape character. */
  escape: string;
  log: (line: string) => void;
}

/** The instructions that change only the image's config, by keyword. */
export const configInstructions: Record<string, (given: Given) => void> = {
  ENV: ({ stage, instruction, escape }) => {
    const set = Object.fromEntries(expandPairs(instruction.text, stage.variables, escape));
    stage.config.Env = writeEnvironment({ ...readEnvironment(stage.config.Env), ...set });
  },
  LABEL: ({ stage, instruction, escape }) => {
    const set = Object.fromEntries(expandPairs(instruction.text, stage.variables, escape));
    stage.config.Labels = { ...stage.config.Labels, ...set };
  },
  EXPOSE: ({ stage, instruction, escape }) => {
    const ports = expandWords(instruction.text, stage.variables, escape).flatMap(portsOf);
    stage.config.ExposedPorts = {
      ...stage.config.ExposedPorts,
      ...Object.fromEntries(ports.map((port) => [port, {}])),
    };
  },
  VOLUME: ({ stage, instruction: { exec, text }, escape }) => {
    const paths = exec
      ? exec.map((path) => expandWord(path, stage.variables, escape))
      : expandWords(text, stage.variables, escape);
    stage.config.Volumes = { ...stage.config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
  },
  USER: ({ stage, instruction, escape, log }) => {
    stage.config.User = expandWord(instruction.text, stage.variables, escape);
    log(`${engineSays} USER ${stage.config.User} is recorded; processes run as the user of local Azure\n`);
  },
  CMD: ({ stage, instruction: { exec, text } }) => {
    stage.config.Cmd = exec ?? stage.inShell(text);
    stage.hasOwnCommand = true;
  },
  ENTRYPOINT: ({ stage, instruction: { exec, text } }) => {
    stage.config.Entrypoint = exec ?? stage.inShell(text);
    // The base's command was meant for the base's entry point.
    if (!stage.hasOwnCommand) delete stage.config.Cmd;
  },
  SHELL: ({ stage, instruction: { exec, line } }) => {
    if (!exec) throw new BuildError(`SHELL requires the arguments to be in JSON form (line ${line})`);
    stage.config.Shell = exec;
  },
  STOPSIGNAL: ({ stage, instruction, escape }) => {
    stage.config.StopSignal = expandWord(instruction.text, stage.variables, escape);
  },
  HEALTHCHECK: ({ stage, instruction, log }) => {
    stage.config.Healthcheck = readHealthcheck(instruction, (command) => stage.inShell(command));
    log(`${engineSays} HEALTHCHECK is recorded; Azure Container Instances obeys only the group's probes\n`);
  },
  ONBUILD: ({ stage, instruction }) => {
    stage.config.OnBuild = [...(stage.config.OnBuild ?? []), instruction.text];
  },
  MAINTAINER: () => {},
};

function portsOf(text: string): string[] {
  const [, first = '', last = first, protocol = 'tcp'] = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp|sctp))?$/i.exec(text) ?? [];
  if (!first || Number(last) < Number(first) || Number(last) > 65535)
    throw new BuildError(`Invalid containerPort: ${text}`);
  return Array.from(
    { length: Number(last) - Number(first) + 1 },
    (_, index) => `${Number(first) + index}/${protocol.toLowerCase()}`,
  );
}
