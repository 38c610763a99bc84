import { accessSync, constants, existsSync, lstatSync, statSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';

/** Which paths are translated: in a build all of them, so that no command of a Dockerfile touches this machine's own files. */
export type TranslationRule = 'all' | 'existing';

/** Folders of this machine whose programs an image on a stand-in may use, as the stand-in has no system of its own. */
export const hostProgramFolders = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin', '/opt/homebrew/bin'];

const deviceOrProcess = /^\/(dev|proc)(\/|$)/;
/** An absolute path in a shell text: at the start of a word, after `=`, `:` or a redirection, inside quotes; no URL. */
const pathInText = /(^|[\s=:"'`([,;|&<>{])(\/(?!\/)[^\s"'`;|&<>(){}[\],$*?\\:]*)/g;
const beforeCommand = /(^|&&|\|\||[;|(&]|\b(exec|then|do|else|time)\s|!\s)\s*$/;

/**
 * Paths of an image as those of the folder that holds it. A process of the embedded engine runs on this machine's file
 * system, so what it is told of the image's files must name them where they lie. Translated are words of commands and
 * values of environment variables that are absolute paths; paths inside of programs and files are not.
 */
export class ImagePaths {
  constructor(
    /** Absolute path of the image's files, free of spaces and quotes. */
    readonly root: string,
    /** Folder of the stand-ins for system programs; set when programs of this machine may be used. */
    private readonly programs: string | undefined,
  ) {}

  /** A path inside the image, e.g. /app, as the one on this machine. */
  toHost(path: string): string {
    if (deviceOrProcess.test(path)) return path;
    return path === '/' ? this.root : this.root + path;
  }

  /** Text with the image's paths as they look inside of it. */
  toImage(text: string): string {
    return text.replaceAll(`${this.root}/`, '/').replaceAll(this.root, '/');
  }

  /** A text for the shell. */
  shellText(text: string, rule: TranslationRule): string {
    return text.replace(pathInText, (_match, before: string, path: string, at: number) => {
      if (!beforeCommand.test(text.slice(0, at) + before)) return before + this.path(path, rule);
      const program = this.program(path, rule);
      // A stand-in comes first on the PATH; the folder that it lies in may have spaces in its name.
      return before + (this.programs && dirname(program) === this.programs ? basename(program) : program);
    });
  }

  /** One argument of a command: a path, or one after `=`. */
  argument(text: string, rule: TranslationRule): string {
    const [, before = '', path] = /^([\w.-]*=)?(\/(?!\/).*)$/.exec(text) ?? [];
    return path === undefined ? text : before + this.path(path, rule);
  }

  /** The value of an environment variable: a path, or a list of paths. */
  environmentValue(value: string, rule: TranslationRule): string {
    const parts = value.split(delimiter);
    if (!parts.every((part) => part === '' || /^\/(?!\/)/.test(part))) return value;
    return parts.map((part) => (part === '' ? part : this.path(part, rule))).join(delimiter);
  }

  /** PATH: the stand-ins for system programs, the image's own folders, and this machine's where they may be used. */
  searchPath(value: string | undefined): string {
    const own = (value ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
    const inImage = own.map((folder) => this.root + folder);
    return [...(this.programs ? [this.programs] : []), ...inImage, ...(this.programs ? hostProgramFolders : [])].join(
      delimiter,
    );
  }

  /**
   * The program that a command's first word means, as a path on this machine; undefined if there is none. A stand-in goes
   * before the system's own program; a relative path begins at `directory`, a folder on this machine.
   */
  findProgram(name: string, searchPath: string, directory: string): string | undefined {
    if (name.includes('/')) {
      const path = name.startsWith('/') ? this.program(name, 'all') : join(directory, name);
      return isProgram(path) ? path : undefined;
    }
    return searchPath
      .split(delimiter)
      .map((folder) => join(folder, name))
      .find(isProgram);
  }

  private path(path: string, rule: TranslationRule): string {
    if (rule === 'all' || this.exists(path)) return this.toHost(path);
    // A new file in a folder of the image.
    const parent = dirname(path);
    return parent !== '/' && this.exists(parent) ? this.toHost(path) : path;
  }

  /** A path in the place of a command: one that the image lacks is this machine's program, as the stand-in has none. */
  private program(path: string, rule: TranslationRule): string {
    const standIn = this.programs && join(this.programs, basename(path));
    if (this.programs && !this.exists(path) && hostProgramFolders.includes(dirname(path))) {
      if (standIn && existsSync(standIn)) return standIn;
      if (isProgram(path)) return path;
    }
    return this.path(path, rule);
  }

  private exists(path: string): boolean {
    return lstatSync(this.toHost(path), { throwIfNoEntry: false }) !== undefined;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
