import * as fs from 'node:fs';
import * as path from 'node:path';
import { TaskFailure } from '../taskFailure';
import { readTextFile } from '../textFile';

/** One line of a requirements file, comments and continuations taken away. */
export type RequirementLine =
  | { readonly kind: 'plain'; readonly text: string }
  /** What the file of a `-c` asks, with the constraints that it names itself. */
  | { readonly kind: 'constraints'; readonly lines: readonly string[] }
  /** A package that lies on this machine: an archive or a folder. */
  | {
      readonly kind: 'local';
      readonly text: string;
      readonly place: string;
      /** What stands before and behind the path: `name @ `; `[extra]`, `; marker`, ` --hash=…`. */
      readonly before: string;
      readonly behind: string;
    }
  /** A folder of archives that pip may choose from. */
  | { readonly kind: 'links'; readonly text: string; readonly place: string };

const option = (...names: string[]) => new RegExp(`^(?:${names.join('|')})(?:\\s*=\\s*|\\s+|(?<=^-\\w))(.+)$`);
const requirements = option('-r', '--requirement');
const constraints = option('-c', '--constraint');
const links = option('-f', '--find-links');
const editable = option('-e', '--editable');
const isUrl = (text: string) =>
  /^[A-Za-z][A-Za-z0-9+.-]+:/.test(text) && !/^file:/i.test(text) && !/^[A-Za-z]:[\\/]/.test(text);

/**
 * Reads requirements as pip does: lines continue behind a backslash, `-r` and `-c` name files that lie beside the one that
 * names them, with a space or without. Sources: pip, req_file.py and requirements-file-format.
 * @param lines of the file, or of a Conda file's list for pip
 * @param directory where it lies; packages on this machine are looked for there
 * @param told where its user knows it to lie, if that is not where it was fetched to
 * @throws TaskFailure that names the line, where a file that it names is not there or names itself
 */
export function readRequirementLines(lines: readonly string[], directory: string, told = directory): RequirementLine[] {
  return new RequirementsReader(directory, told).read(lines, directory, []);
}

class RequirementsReader {
  constructor(
    private readonly root: string,
    private readonly told: string,
  ) {}

  read(lines: readonly string[], directory: string, within: readonly string[]): RequirementLine[] {
    return joined(lines).flatMap((line): RequirementLine[] => {
      const [, included] = requirements.exec(line) ?? [];
      if (included) return this.included(line, included, directory, within);
      const [, constraining] = constraints.exec(line) ?? [];
      if (constraining) return this.constraints(line, constraining, directory, within);
      const [, folder] = links.exec(line) ?? [];
      if (folder) return [this.links(line, unquoted(folder), directory)];
      return [this.requirement(line)];
    });
  }

  private included(line: string, name: string, directory: string, within: readonly string[]): RequirementLine[] {
    const file = this.fileOf(line, name, directory, within);
    if (!file) return [{ kind: 'plain', text: line }];
    return this.read(readTextFile(file).split(/\r?\n/), path.dirname(file), [...within, file]);
  }

  /** Constraints of constraints are constraints too; requirements that a file of constraints names are requirements. */
  private constraints(line: string, name: string, directory: string, within: readonly string[]): RequirementLine[] {
    const file = this.fileOf(line, name, directory, within);
    if (!file) return [{ kind: 'plain', text: line }];
    const own: string[] = [];
    const required: RequirementLine[] = [];
    for (const each of joined(readTextFile(file).split(/\r?\n/))) {
      if (!requirements.test(each) && !constraints.test(each)) {
        own.push(each);
        continue;
      }
      for (const found of this.read([each], path.dirname(file), [...within, file])) {
        if (found.kind === 'constraints') own.push(...found.lines);
        else if (found.kind === 'plain' && constraints.test(found.text)) own.push(found.text);
        else required.push(found);
      }
    }
    return [...required, { kind: 'constraints', lines: own }];
  }

  private links(line: string, name: string, directory: string): RequirementLine {
    if (isUrl(name)) return { kind: 'plain', text: line };
    const local = name.replace(/^file:(\/\/)?/i, '');
    const found = [directory, this.root].map((each) => path.resolve(each, local)).find((each) => fs.existsSync(each));
    if (found) return { kind: 'links', text: line, place: found };
    if (mayLieInTheImage(local)) return { kind: 'plain', text: line };
    throw this.missing(line, path.resolve(directory, local));
  }

  private requirement(line: string): RequirementLine {
    const [, edited] = editable.exec(line) ?? [];
    if (edited === undefined && line.startsWith('-')) return { kind: 'plain', text: line };
    const { before, place, behind } = partsOf(edited ?? line);
    const isFile = /^file:/i.test(place);
    if (place === '' || isUrl(place) || (before !== '' && !isFile)) return { kind: 'plain', text: line };
    if (edited === undefined && !isFile && !this.isPath(place)) return { kind: 'plain', text: line };
    const local = place.replace(/^file:(\/\/(localhost)?)?/i, '');
    const found = path.resolve(this.root, local);
    if (fs.existsSync(found)) return { kind: 'local', text: line, place: found, before, behind };
    if (mayLieInTheImage(local)) return { kind: 'plain', text: line };
    throw this.missing(line, found);
  }

  /** @returns undefined where it is an address, or a name that only the build knows */
  private fileOf(line: string, name: string, directory: string, within: readonly string[]): string | undefined {
    const written = unquoted(name.trim());
    if (isUrl(written)) return undefined;
    const file = path.resolve(directory, written);
    if (within.includes(file)) throw new TaskFailure(`The requirements file ${this.place(file)} includes itself.`);
    if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) throw this.missing(line, file);
    return file;
  }

  private missing(line: string, file: string): TaskFailure {
    return new TaskFailure(
      `The requirements name a file ${this.place(file)} ("${line}"), which does not exist.`,
      'Correct the path; it starts at the folder of the file that names it.',
    );
  }

  private place(file: string): string {
    return path.join(this.told, path.relative(this.root, file));
  }

  /** As pip tells a path from a name: by its start, by its ending, or by a folder of that name with a slash in it. */
  private isPath(text: string): boolean {
    return /^\.{0,2}[\\/]|^\.{1,2}$|^[A-Za-z]:[\\/]/.test(text) || /\.(whl|zip|tar(\.\w+)?|tgz|tbz|txz)$/i.test(text) || /[\\/]/.test(text); // prettier-ignore
  }
}

/** A requirement's name with its @ (empty where it has none), the place, and the extras, markers and options after it. */
function partsOf(requirement: string): { before: string; place: string; behind: string } {
  const [, before = '', written = ''] = /^([A-Za-z0-9][\w.-]*\s*(?:\[[^\]]*\])?\s*@\s*)?(.*)$/.exec(requirement)!;
  const [, place = '', behind = ''] =
    /^(.+?)((?:\[[^\]]*\])?(?:#\S*)?(?:\s*;.*|\s+;.*|\s+--\w.*)?)$/.exec(written.trim()) ?? [];
  return { before, place: unquoted(place.trim()), behind };
}

/** Lines without comments, empty ones left out, continued ones joined. */
function joined(lines: readonly string[]): string[] {
  const whole: string[] = [];
  let open = '';
  for (const raw of lines) {
    const isComment = /^\s*#/.test(raw);
    const line = isComment ? '' : raw;
    if (!isComment && /\\$/.test(line)) {
      open += line.slice(0, -1).trimStart();
      continue;
    }
    whole.push(open + line);
    open = '';
  }
  if (open !== '') whole.push(open);
  return whole.map((line) => line.replace(/(^|\s)#.*$/, '').trim()).filter((line) => line !== '');
}

/** Absolute paths, and those with a variable that pip fills in, may be meant where the packages are installed. */
function mayLieInTheImage(name: string): boolean {
  return path.isAbsolute(name) || /\$\{\w+\}/.test(name);
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2');
}
