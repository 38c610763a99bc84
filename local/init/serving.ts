import path from 'node:path';
import type { ProjectFiles } from './projectFiles';

/** How a project serves its model, as far as its files tell. */
export type Serving =
  | {
      kind: 'dockerfile';
      dockerfile: string;
      folder: string;
      port?: string;
      scoringPath?: string;
      readinessPath?: string;
    }
  | { kind: 'scoringScript'; script: string; folder: string }
  | { kind: 'mlflow' }
  /** Nothing is there: a scoring script is to be written. */
  | { kind: 'none' };

export function findServing(files: ProjectFiles, isMLflowModel: boolean): Serving {
  const script = files.find(/^score\.py$/) ?? files.python().find(({ text }) => isScoringScript(text))?.file;
  if (script) return { kind: 'scoringScript', script: path.posix.basename(script), folder: path.posix.dirname(script) };
  const dockerfile = files.paths.find((file) => /(^|\/)Dockerfile$/.test(file) && isServer(files.text(file)));
  if (dockerfile) return ownServer(files, dockerfile);
  return { kind: isMLflowModel || files.find(/^MLmodel$/) ? 'mlflow' : 'none' };
}

/** Azure ML's inference server calls a script by these two names, whatever its file is called. */
export function isScoringScript(text: string): boolean {
  return /^(async )?def init\(\)/m.test(text) && /^(async )?def run\(/m.test(text);
}

function isServer(dockerfile: string): boolean {
  return /^\s*EXPOSE\b|uvicorn|gunicorn|flask|waitress/im.test(dockerfile);
}

function ownServer(files: ProjectFiles, dockerfile: string): Serving {
  const folder = path.posix.dirname(dockerfile);
  const inside = files.python().filter(({ file }) => folder === '.' || file.startsWith(`${folder}/`));
  const routes = inside.map(({ text }) => text).join('\n');
  const posted = /@\w+\.(?:post|route)\(\s*["']([^"']+)["']/.exec(routes)?.[1];
  const health =
    /@\w+\.(?:get|route)\(\s*["'](\/(?:health|healthz|ready|readyz|live|livez|ping|status)[^"']*)["']/.exec(
      routes,
    )?.[1];
  const port = /^\s*EXPOSE\s+(\d+)/im.exec(files.text(dockerfile))?.[1];
  return { kind: 'dockerfile', dockerfile, folder, port, scoringPath: posted, readinessPath: health };
}
