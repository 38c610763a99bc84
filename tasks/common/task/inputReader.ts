import * as fs from 'node:fs';
import * as path from 'node:path';
import * as tl from 'azure-pipelines-task-lib/task';
import type { ServiceConnection } from '../azure/http/serviceConnection';
import type { DockerRegistryConnection } from '../dockerRegistryConnection';
import type { GitHubConnection } from '../hosts/gitHubConnection';
import { TaskFailure } from '../taskFailure';
import { readTextFile } from '../textFile';
import { readDockerRegistryConnection } from './agentDockerRegistry';
import { readGitHubConnection } from './agentGitHub';
import { readServiceConnection } from './agentServiceConnection';
import { withNames, type Place } from './fileNames';
import { registerSecret } from './registerSecret';
import { parseSecretValues } from './secretText';
import { messageOf } from '../messageOf';
import { Secret } from '../secret';

/** A place in a multi-line input, counted from 1, for messages such as "criteria, line 2". */
export interface InputLine {
  line: number;
  text: string;
}

/** The agent leaves $(name) as it stands where no variable has that name. */
const undefinedMacro = /\$\([A-Za-z_][\w.-]*\)/;
const macroLeft =
  'which the agent has left as it is because no such variable is set. It is passed on as that text; set the variable, or see to its spelling.';

/** The harmless value of a connection that was not given. */
const noConnection: ServiceConnection = {
  id: '',
  name: '',
  resourceManagerUrl: '',
  authorityUrl: '',
  audience: '',
  subscriptionId: '',
  tenantId: '',
  authentication: { scheme: 'ManagedIdentity' },
  defaults: {},
};

const noRegistry: DockerRegistryConnection = { server: '', userName: '', password: new Secret('') };

/**
 * Reads a task's inputs with their types. A wrong input is noted and reading goes on, so that the user sees every problem
 * at once; `finish` throws them all. A getter that noted a problem answers with a harmless value of its type.
 */
export class InputReader {
  private readonly problems: string[] = [];
  /** What is odd and may be meant. */
  readonly warnings: string[] = [];

  /** Notes that the input is wrong: `problem` is a sentence that follows "Input name: ". */
  problem(name: string, problem: string): void {
    this.problems.push(`Input ${name}: ${problem}`);
  }

  /** @throws TaskFailure with every problem noted so far, one a line */
  finish(): void {
    if (this.problems.length === 0) return;
    if (this.problems.length === 1) throw new TaskFailure(this.problems[0]!);
    throw new TaskFailure(
      `${this.problems.length} inputs are wrong:\n${this.problems.map((each) => `  - ${each}`).join('\n')}`,
    );
  }

  /** Line ends are those of Linux, on which a job or a container would take a carriage return for a part of the line. */
  text(name: string): string | undefined {
    return tl.getInput(name, false)?.replaceAll('\r\n', '\n').trim() || undefined;
  }

  /** A text that the task cannot do without. */
  required(name: string): string {
    const text = this.text(name);
    if (text === undefined) this.problem(name, 'it is required but empty. Set it in the task.');
    return text ?? '';
  }

  /** A text of one line that must never show: it is registered before anything is said of it. */
  secret(name: string): Secret | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const secret = new Secret(text);
    registerSecret(secret);
    if (/[\r\n]/.test(text)) {
      this.problem(
        name,
        'it contains a line break, and must be one line. Check that the secret variable ends where its value does.',
      );
      return undefined;
    }
    return secret;
  }

  /** As secret, of any number of lines: the text itself, such as a key in PEM, or that of a file, such as a secure file. */
  secretText(name: string): Secret | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const file = path.resolve(this.workDirectory, text);
    // Unlike stat it takes no offence at a text that is too long for a path, which would be repeated in the error.
    const isFile = fs.existsSync(file) && fs.statSync(file).isFile();
    const found = isFile ? this.textOf(file, name, 64 * 1024) : text;
    if (found === undefined) return undefined;
    const secret = new Secret(found);
    registerSecret(secret);
    return secret;
  }

  flag(name: string): boolean {
    const text = (this.text(name) ?? 'false').toLowerCase();
    if (text !== 'true' && text !== 'false') this.problem(name, `"${text}" is neither true nor false.`);
    return text === 'true';
  }

  choice<const T extends string>(name: string, allowed: readonly T[]): T {
    const text = this.text(name) ?? '';
    const found = allowed.find((each) => each.toLowerCase() === text.toLowerCase());
    if (found === undefined) this.problem(name, `"${text}" is not one of ${allowed.join(', ')}.`);
    return found ?? allowed[0]!;
  }

  /** A number within [min, max]; undefined where the input is empty. */
  number(
    name: string,
    limits: { min?: number; max?: number; integer?: boolean; unit?: string } = {},
  ): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    const { min = -Infinity, max = Infinity, integer = false, unit = '' } = limits;
    if (!Number.isFinite(value) || (integer && !Number.isInteger(value)) || value < min || value > max) {
      const kind = integer ? 'a whole number' : 'a number';
      this.problem(name, `"${text}" is not ${kind}${rangeText(min, max)}${unit && ` ${unit}`}.`);
      return undefined;
    }
    return value;
  }

  /** The lines that hold something: blank ones and `#` comments are left out, line numbers are those that the user sees. */
  lines(name: string): InputLine[] {
    return (this.text(name) ?? '')
      .split(/\r?\n/)
      .map((text, index) => ({ line: index + 1, text: text.trim() }))
      .filter(({ text }) => text !== '' && !text.startsWith('#'));
  }

  /** Lines of `name=value`; a value may hold further `=` and may be empty. */
  keyValues(name: string): Record<string, string> {
    const values = new Map<string, string>();
    for (const { line, text } of this.lines(name)) {
      const at = text.indexOf('=');
      const key = text.slice(0, at).trim();
      if (at < 1 || key === '') this.problem(name, `line ${line}, "${text}", is not of the form name=value.`);
      else if (values.has(key)) this.problem(name, `line ${line} sets "${key}" a second time.`);
      else values.set(key, text.slice(at + 1).trim());
      const [macro] = undefinedMacro.exec(text) ?? [];
      if (macro) this.warnings.push(`Input ${name}: line ${line} contains ${macro}, ${macroLeft}`);
    }
    return Object.fromEntries(values);
  }

  /**
   * As keyValues, with values that must never show. One with line breaks stands between double quotes, which end at the end of a
   * line. Everything is registered before anything is said, and no problem repeats a word of it: what looks like a name may be a
   * line of a key.
   * @param problemOf what is wrong with a name, as a sentence that does not repeat it and follows "line 3: "
   */
  secretKeyValues(
    name: string,
    problemOf: (key: string) => string | undefined = () => undefined,
  ): Record<string, Secret> {
    const text = this.text(name) ?? '';
    registerSecret(new Secret(text));
    const { values, problems } = parseSecretValues(text);
    for (const { value } of values) registerSecret(new Secret(value));
    for (const problem of problems) this.problem(name, problem);
    const found = new Map<string, Secret>();
    for (const { line, name: key, value } of values) {
      if (undefinedMacro.test(value)) {
        this.warnings.push(`Input ${name}: line ${line} contains a variable in $( ), ${macroLeft}`);
      }
      const problem = found.has(key) ? 'this name is set in an earlier line already.' : problemOf(key);
      if (problem) this.problem(name, `line ${line}: ${problem}`);
      else found.set(key, new Secret(value));
    }
    return Object.fromEntries(found);
  }

  /**
   * The files that the input's lines name: paths, patterns (`reports/**`, `!` leaves out), or folders with all files of that ending
   * beneath them. Each once, with slashes, by a name that no other of them has.
   */
  files(name: string, ending: string): Array<{ path: string; name: string }> {
    const found = new Set<string>();
    const lines = this.lines(name);
    const leftOut = lines.filter(({ text }) => text.startsWith('!')).map(({ text }) => text);
    for (const { line, text } of lines) {
      if (text.startsWith('!')) continue;
      const there = fs.statSync(path.resolve(this.workDirectory, text), { throwIfNoEntry: false });
      const pattern = there?.isDirectory() ? path.posix.join(text.replace(/\\/g, '/'), '**', `*${ending}`) : text;
      const matches = there?.isFile()
        ? [path.resolve(this.workDirectory, text)]
        : tl
            .findMatch(this.workDirectory, [pattern, ...leftOut])
            .filter((each) => fs.statSync(each, { throwIfNoEntry: false })?.isFile());
      for (const each of matches) found.add(each);
      if (matches.length > 0) continue;
      this.problem(
        name,
        `line ${line}: no file ${path.resolve(this.workDirectory, pattern)} exists. ${this.whyMissing()}`,
      );
    }
    return withNames([...found], this.places());
  }

  private places(): Place[] {
    const folders = ['Pipeline.Workspace', 'Agent.WorkFolder'].flatMap((name) => {
      const folder = tl.getVariable(name);
      return folder ? [{ name, folder }] : [];
    });
    return [{ folder: this.workDirectory }, ...folders];
  }

  /** Where relative paths start. */
  get workDirectory(): string {
    return tl.getVariable('System.DefaultWorkingDirectory') ?? process.cwd();
  }

  /** An existing file, as an absolute path; undefined where none was given. */
  file(name: string): string | undefined {
    return this.path(name, 'file');
  }

  /** The text of the file that `file` found for the input; undefined where there is none, or it cannot be read. */
  textOf(file: string | undefined, name: string, mostBytes?: number): string | undefined {
    if (!file || !fs.statSync(file, { throwIfNoEntry: false })?.isFile()) return undefined;
    try {
      return readTextFile(file, mostBytes);
    } catch (error) {
      this.problem(name, messageOf(error));
      return undefined;
    }
  }

  /** An existing directory, as an absolute path; undefined where none was given. */
  directory(name: string): string | undefined {
    return this.path(name, 'directory');
  }

  private path(name: string, kind: 'file' | 'directory'): string | undefined {
    // The server turns an empty filePath input into the repository's root: only filePathSupplied tells.
    if (!tl.filePathSupplied(name)) return undefined;
    const text = this.text(name);
    if (text === undefined) return undefined;
    const absolute = path.resolve(this.workDirectory, text);
    const found = fs.statSync(absolute, { throwIfNoEntry: false });
    if (!found) {
      this.problem(name, `the ${kind} ${absolute} does not exist. ${this.whyMissing()}`);
    } else if (kind === 'file' ? !found.isFile() : !found.isDirectory()) {
      this.problem(name, `${absolute} is not a ${kind}.`);
    }
    return absolute;
  }

  /** A job without sources is the commonest reason, and the least visible: a deployment job never has them. */
  private whyMissing(): string {
    const entries = fs.existsSync(this.workDirectory) ? fs.readdirSync(this.workDirectory) : [];
    if (entries.length > 0 || tl.getVariable('System.HostType') !== 'build')
      return 'Check the path; it starts at the working directory.';
    return 'This job has no sources, because it says "checkout: none" or is a deployment job: add the step "- checkout: self", or give the path of a file that the job downloads.';
  }

  /**
   * The service connection that the input names; undefined where the input is empty.
   * @param subscription in place of the connection's own
   */
  serviceConnection(name: string, subscription?: string): ServiceConnection | undefined {
    return this.connection(name, (id) => readServiceConnection(id, subscription));
  }

  /** The id of a subscription; undefined where the input is empty. */
  subscriptionId(name: string): string | undefined {
    const id = this.text(name);
    if (id === undefined || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return id;
    this.problem(
      name,
      `"${id}" is not the id of a subscription, such as 00000000-0000-0000-0000-000000000000. "az account list" shows them.`,
    );
    return undefined;
  }

  /** The Docker registry service connection that the input names; undefined where the input is empty. */
  dockerRegistryConnection(name: string): DockerRegistryConnection | undefined {
    return this.connection(name, readDockerRegistryConnection);
  }

  /** The GitHub service connection that the input names; undefined where the input is empty. */
  gitHubConnection(name: string): GitHubConnection | undefined {
    return this.connection(name, readGitHubConnection);
  }

  private connection<T>(name: string, read: (id: string) => T): T | undefined {
    const id = this.text(name);
    if (id === undefined) return undefined;
    try {
      return read(id);
    } catch (error) {
      this.problem(name, messageOf(error));
      return undefined;
    }
  }

  /** The service connection of a task that cannot work without one. */
  requiredServiceConnection(name: string, subscription?: string): ServiceConnection {
    this.requireChoice(name, 'an Azure Resource Manager service connection');
    return this.serviceConnection(name, subscription) ?? noConnection;
  }

  /** As requiredServiceConnection, to a Docker registry. */
  requiredDockerRegistryConnection(name: string): DockerRegistryConnection {
    this.requireChoice(name, 'a Docker registry service connection');
    return this.dockerRegistryConnection(name) ?? noRegistry;
  }

  private requireChoice(name: string, kind: string): void {
    if (this.text(name) === undefined) this.problem(name, `no service connection is chosen. Choose ${kind}.`);
  }
}

function rangeText(min: number, max: number): string {
  if (min > -Infinity && max < Infinity) return ` between ${min} and ${max}`;
  if (min > -Infinity) return ` of at least ${min}`;
  return max < Infinity ? ` of at most ${max}` : '';
}
