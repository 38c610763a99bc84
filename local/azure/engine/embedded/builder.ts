import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { BuildError, type BaseImage, type BuildRequest } from '../engine';
import { expandWord, expandWords } from '../dockerfile/expand';
import { DockerfileError, parseDockerfile, type Instruction } from '../dockerfile/parse';
import type { StageBase } from './stage';
import { Stage, type StageTools } from './stage';
import { addEntries } from './addFiles';
import { stepKey } from './buildCache';
import { BuildContext, fingerprint, type ContextSource } from './buildContext';
import { configInstructions } from './configInstructions';
import { copyEntries } from './copyFiles';
import { resolveInLayers } from './layeredFiles';
import { RootFileReader } from './rootFileReader';
import { assembleRootFileSystem } from './rootFileSystem';
import { runInstruction } from './runInstruction';
import { engineSays } from './systemPrograms';

export interface BuilderTools extends StageTools {
  stateDir: string;
  cacheDir: string;
  /** Finds or pulls a base image, or a stand-in for it. */
  resolveBase(name: string, request: BuildRequest): Promise<StageBase & { image?: BaseImage }>;
}

export interface BuildOutcome {
  stage: Stage;
  baseImages: BaseImage[];
  layers: number;
  cachedLayers: number;
}

/** Arguments that need no ARG, as Docker's. */
const predefined = /^(https?_proxy|ftp_proxy|no_proxy|all_proxy)$/i;

/** Builds a Dockerfile as Docker's classic builder does: stage by stage up to the target. Throws a BuildError. */
export class Builder {
  private readonly stages: Stage[] = [];
  private readonly stageNames = new Map<string, Stage>();
  private readonly globalArguments: Record<string, string> = {};
  private readonly consumed = new Set<string>();
  private readonly baseImages: BaseImage[] = [];
  private readonly context: BuildContext;
  private escape = '\\';
  private layers = 0;
  private cachedLayers = 0;
  /** What layers are made from, until the build has ended. */
  private readonly folders: string[] = [];

  constructor(
    private readonly tools: BuilderTools,
    private readonly request: BuildRequest,
  ) {
    this.context = new BuildContext(request.contextDirectory);
  }

  async build(): Promise<BuildOutcome> {
    try {
      const instructions = this.read();
      for (const [index, instruction] of instructions.entries()) {
        this.request.signal.throwIfAborted();
        this.request.log(`Step ${index + 1}/${instructions.length} : ${instruction.source}\n`);
        await this.carryOut(instruction);
      }
      const unknown = Object.keys(this.request.buildArguments).filter((name) => !this.consumed.has(name));
      if (unknown.length > 0)
        this.request.log(`[Warning] One or more build-args [${unknown.join(' ')}] were not consumed\n`);
      const stage = this.stages.at(-1) as Stage;
      return { stage, baseImages: this.baseImages, layers: this.layers, cachedLayers: this.cachedLayers };
    } catch (error) {
      if (error instanceof DockerfileError) throw new BuildError(`dockerfile parse error: ${error.message}`);
      throw error;
    } finally {
      this.stages.forEach((stage) => stage.leaveRoot());
      this.folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
    }
  }

  /** The instructions up to the end of the target stage. */
  private read(): Instruction[] {
    const { contextDirectory, dockerfile, target } = this.request;
    const file = join(contextDirectory, dockerfile);
    if (posix.normalize(dockerfile).startsWith('..') || !existsSync(file)) {
      throw new BuildError(
        `unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat ${dockerfile}: no such file or directory`,
      );
    }
    const { instructions, escape } = parseDockerfile(readFileSync(file, 'utf8'));
    this.escape = escape;
    if (!target) return instructions;
    const starts = instructions.flatMap((instruction, index) => (instruction.keyword === 'FROM' ? [index] : []));
    const wanted = starts.findIndex((start, stage) => {
      const name = stageName(instructions[start] as Instruction);
      return name?.toLowerCase() === target.toLowerCase() || String(stage) === target;
    });
    if (wanted < 0) throw new BuildError(`failed to reach build target ${target} in Dockerfile`);
    return instructions.slice(0, starts[wanted + 1] ?? instructions.length);
  }

  private async carryOut(instruction: Instruction): Promise<void> {
    const { keyword, text } = instruction;
    if (keyword === 'FROM') return this.from(instruction);
    const stage = this.stages.at(-1);
    if (!stage) return this.declareArguments(text, undefined);
    switch (keyword) {
      case 'ARG':
        this.declareArguments(text, stage);
        stage.key = stepKey(stage.key, stage.buildArguments);
        stage.history.push({ created: stage.created, created_by: `ARG ${text}`, empty_layer: true });
        return;
      case 'RUN':
        return this.run(stage, instruction);
      case 'COPY':
      case 'ADD':
        return this.copy(stage, instruction);
      case 'WORKDIR':
        return this.changeDirectory(stage, expandWord(text, stage.variables, this.escape), instruction);
      default:
        configInstructions[keyword]?.({ stage, instruction, escape: this.escape, log: this.request.log });
        stage.configure(instruction.source);
    }
  }

  private async from(instruction: Instruction): Promise<void> {
    const { name, alias } = readFrom(instruction);
    const base = expandWord(name, this.globalArguments, this.escape);
    if (base === '') throw new BuildError(`base name (${name}) should not be blank`);
    const stage = await this.begin(base);
    const triggers = stage.config.OnBuild ?? [];
    delete stage.config.OnBuild;
    this.stages.push(stage);
    this.stageNames.set(String(this.stages.length - 1), stage);
    if (alias) this.stageNames.set(alias.toLowerCase(), stage);
    if (triggers.length > 0) this.request.log(`# Executing ${triggers.length} build triggers\n`);
    for (const trigger of triggers) {
      const { instructions } = parseDockerfile(`FROM scratch\n${trigger}`);
      await this.carryOut(instructions[1] as Instruction);
    }
  }

  private async begin(base: string): Promise<Stage> {
    const earlier = this.stageNames.get(base.toLowerCase());
    this.stages.at(-1)?.leaveRoot();
    if (earlier) return new Stage(this.tools, earlier);
    const found = await this.tools.resolveBase(base, this.request);
    if (found.image) this.baseImages.push(found.image);
    return new Stage(this.tools, found);
  }

  private declareArguments(text: string, stage: Stage | undefined): void {
    const scope = stage?.variables ?? this.globalArguments;
    for (const word of text.split(/\s+(?=[A-Za-z_]\w*(?:=|\s|$))/)) {
      const [, name = '', , value] = /^([A-Za-z_]\w*)(=([\s\S]*))?$/.exec(word.trim()) ?? [];
      if (!name) throw new BuildError(`dockerfile parse error: ARG names can not be blank or hold spaces: ${word}`);
      this.consumed.add(name);
      const given = this.request.buildArguments[name];
      const standard = value === undefined ? undefined : expandWord(value, scope, this.escape);
      const result = given ?? standard ?? (stage ? this.globalArguments[name] : undefined);
      if (result !== undefined) (stage?.buildArguments ?? this.globalArguments)[name] = result;
    }
  }

  private async run(stage: Stage, instruction: Instruction): Promise<void> {
    refuseFlags(instruction, ['mount', 'network', 'security']);
    for (const name of Object.keys(this.request.buildArguments)) {
      if (!predefined.test(name)) continue;
      this.consumed.add(name);
      stage.buildArguments[name] = this.request.buildArguments[name] as string;
    }
    const { workingDirectory: directory, variables, config } = stage;
    const inputs = ['RUN', instruction.text, directory, variables, config.Shell, config.User];
    const notes: string[] = [];
    await this.change(
      stage,
      inputs,
      shellHistory(stage, instruction),
      () => {
        this.request.log(` ---> Running by the ${engineSays.replace(/:$/, '')}\n`);
        const log = (line: string): void => {
          if (line.startsWith(engineSays)) notes.push(line);
          this.request.log(line);
        };
        return runInstruction(stage, instruction, {
          stateDir: this.tools.stateDir,
          cacheDir: this.tools.cacheDir,
          temporary: this.folder('tmp'),
          plannedExitCode: this.request.endCommandsWith,
          signal: this.request.signal,
          log,
        });
      },
      notes,
    );
  }

  private async copy(stage: Stage, instruction: Instruction): Promise<void> {
    const { keyword, flags } = instruction;
    refuseFlags(instruction, ['chmod', 'link', 'parents', 'exclude', 'checksum', 'keep-git-dir']);
    const flag = (name: string): string | undefined => {
      const value = flags.find((entry) => entry[0] === name)?.[1];
      return value === undefined ? undefined : expandWord(value, stage.variables, this.escape);
    };
    const unknown = flags.find(([name]) => name !== 'chown' && !(name === 'from' && keyword === 'COPY'));
    if (unknown) throw new BuildError(`dockerfile parse error: unknown flag: ${unknown[0]}`);
    if (flag('chown'))
      this.request.log(`${engineSays} --chown=${flag('chown')} is ignored: all files of a layer belong to root\n`);
    const words = instruction.exec
      ? instruction.exec.map((word) => expandWord(word, stage.variables, this.escape))
      : expandWords(instruction.text, stage.variables, this.escape);
    if (words.length < 2) throw new BuildError(`dockerfile parse error: ${keyword} requires at least two arguments`);
    const destination = absolute(words.at(-1) as string, stage.workingDirectory);
    const names = words.slice(0, -1);
    const from = flag('from');
    if (from !== undefined) return this.copyFromImage(stage, from, names, destination, instruction);
    const url = names.find((name) => /^(https?|ftp|git):/i.test(name));
    if (url) {
      throw new BuildError(
        keyword === 'ADD'
          ? `${engineSays} ADD of a URL is not carried out: download ${url} before the build and COPY it`
          : `COPY failed: source can't be a URL for COPY`,
      );
    }
    const sources = names.flatMap((name) => this.context.find(name));
    const inputs = [keyword, destination, await fingerprint(sources)];
    await this.change(stage, inputs, `${instruction.source} # local`, async () => {
      const layers = await stage.unpackedLayers();
      return keyword === 'ADD'
        ? addEntries(layers, sources, destination, this.folder('add'))
        : copyEntries(layers, sources, destination);
    });
  }

  private async copyFromImage(
    stage: Stage,
    from: string,
    names: string[],
    destination: string,
    instruction: Instruction,
  ): Promise<void> {
    const earlier = this.stageNames.get(from.toLowerCase());
    if (earlier === stage)
      throw new BuildError(`COPY failed: invalid from flag value ${from}: refers to current build stage`);
    const image = earlier ?? (await this.tools.resolveBase(from, this.request));
    await this.change(stage, ['COPY', image.key, names, destination], instruction.source, async () => {
      const root = this.folder('copy');
      // Of an image with thousands of files those that are named are enough, unless a link leads to others.
      await assembleRootFileSystem(this.tools.store, image.layers, root, names.map(withoutWildcards));
      const find = (): ContextSource[] => {
        const context = new BuildContext(root, { ignoreFile: false });
        return names.flatMap((name) => context.find(name));
      };
      let sources: ContextSource[];
      try {
        sources = find();
      } catch (error) {
        if (!(error instanceof BuildError)) throw error;
        await assembleRootFileSystem(this.tools.store, image.layers, root);
        sources = find();
      }
      return copyEntries(await stage.unpackedLayers(), relocate(sources, new RootFileReader(root)), destination);
    });
  }

  private async changeDirectory(stage: Stage, path: string, instruction: Instruction): Promise<void> {
    const directory = posix.resolve(stage.workingDirectory, path);
    stage.config.WorkingDir = directory;
    await this.change(stage, ['WORKDIR', directory], instruction.source, async () => {
      const layers = await stage.unpackedLayers();
      const missing: string[] = [];
      for (let at = directory.slice(1); at !== '' && at !== '.'; at = posix.dirname(at)) {
        if (resolveInLayers(layers, at).file?.kind !== 'directory') missing.unshift(at);
      }
      return missing.map((at) => ({ type: 'directory', path: at, mode: 0o755 }));
    });
  }

  private async change(
    stage: Stage,
    inputs: unknown[],
    createdBy: string,
    make: Parameters<Stage['change']>[1],
    notes: string[] = [],
  ): Promise<void> {
    const before = stage.layers.length;
    const cached = await stage.change(
      { inputs, createdBy, useCache: !this.request.noCache, inPlace: inputs[0] === 'RUN', notes },
      make,
    );
    if (cached) notes.forEach((note) => this.request.log(note));
    const made = stage.layers.length > before ? stage.layers.at(-1) : undefined;
    if (made) this.layers++;
    if (made && cached) this.cachedLayers++;
    const name = made ? made.diffId.slice('sha256:'.length, 'sha256:'.length + 12) : 'no file changed';
    this.request.log(cached ? ` ---> CACHED ${name}\n` : ` ---> ${name}\n`);
  }

  private folder(purpose: string): string {
    const folder = this.tools.work.reserve(purpose);
    this.folders.push(folder);
    return folder;
  }
}

const stageName = (from: Instruction): string | undefined => /\s+as\s+(\S+)\s*$/i.exec(from.text)?.[1];

/** How an image's history tells of a RUN; without the values of build arguments, which may be secret. */
const shellHistory = (stage: Stage, { exec, text }: Instruction): string => (exec ?? stage.inShell(text)).join(' ');

/** Docker's own message for options that its classic builder, as ACR Tasks runs it, does not know. */
function refuseFlags(instruction: Instruction, flags: string[]): void {
  const flag = instruction.flags.find(([name]) => flags.includes(name))?.[0];
  if (!flag) return;
  throw new BuildError(
    `the --${flag} option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled`,
  );
}

/** Absolute in the image, with the closing slash that makes it a folder. */
function absolute(destination: string, workingDirectory: string): string {
  const path = posix.resolve(workingDirectory, destination);
  return /(^|\/)\.?$/.test(destination) && path !== '/' ? `${path}/` : path;
}

/** The path, relative to the root, beneath which everything lies that a source of COPY can mean. */
function withoutWildcards(source: string): string {
  const parts = posix.normalize(source).split('/').filter(Boolean);
  const wildcard = parts.findIndex((part) => /[*?[]/.test(part));
  const path = (wildcard < 0 ? parts : parts.slice(0, wildcard)).join('/');
  return path === '.' ? '' : path;
}

/** Files of an image that was put together somewhere, as they are in the image itself. */
function relocate(sources: ContextSource[], reader: RootFileReader): ContextSource[] {
  return sources.map((source) => ({
    ...source,
    files: source.files.map((file) => {
      const entry = reader.entry([source.path, file.path].filter(Boolean).join('/'));
      if (entry?.type === 'symlink' && file.kind === 'symlink') return { ...file, target: entry.target };
      return entry?.type === 'file' && file.kind === 'file'
        ? { ...file, size: entry.size, source: entry.source }
        : file;
    }),
  }));
}

/** `FROM <base> [AS <alias>]`. */
function readFrom({ text, flags }: Instruction): { name: string; alias?: string } {
  const [name = '', as, alias, ...rest] = text.split(/\s+/);
  if ((as !== undefined && as.toLowerCase() !== 'as') || rest.length > 0 || (as && !alias)) {
    throw new BuildError('dockerfile parse error: FROM requires either one or three arguments');
  }
  for (const [flag] of flags) {
    if (flag !== 'platform') throw new BuildError(`dockerfile parse error: unknown flag: ${flag}`);
  }
  return { name, alias };
}
