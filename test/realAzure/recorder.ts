import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exchange, Sanitiser, SanitisedExchange } from './sanitiser';

/** As one file of recordings holds it; see the README beside those that the tests read. */
export interface KeptRecording {
  source: string;
  request: string;
  requestBody: unknown;
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/**
 * Keeps the traffic of a run, sanitised: all of it in `traffic.jsonl`, and of each scene (the chain, a case) the first exchange of
 * each kind as a recording of its own, by the name of the scene and the kind.
 */
export class Recorder {
  /** By name, in the order in which they came. */
  readonly recordings = new Map<string, KeptRecording>();
  /** Operations that were refused for want of a right, by scene. */
  readonly denied: Array<{ scene: string; request: string }> = [];
  scene = 'preparation';

  constructor(
    private readonly folder: string,
    private readonly sanitiser: Sanitiser,
    private readonly source: string,
  ) {
    mkdirSync(join(folder, 'recordings'), { recursive: true });
  }

  add(raw: Exchange): void {
    const exchange = this.sanitiser.exchange(raw);
    const { method, url, requestBody, status, headers, body } = exchange;
    appendFileSync(join(this.folder, 'traffic.jsonl'), `${JSON.stringify({ scene: this.scene, ...exchange })}\n`);
    if (status === 403) this.denied.push({ scene: this.scene, request: `${method} ${new URL(url).pathname}` });
    const name = `${this.scene}.${kindOf(exchange)}`;
    if (this.recordings.has(name)) return;
    const request = `${method} ${url}`;
    const recording = { source: `${this.source}, ${this.scene}`, request, requestBody, status, headers, body };
    this.recordings.set(name, recording);
    writeFileSync(join(this.folder, 'recordings', `${name}.json`), `${JSON.stringify(recording, null, 2)}\n`);
  }
}

/** e.g. `get_containergroups_200_updating`: the method, the types of what was asked for, the status and the state that was told. */
export function kindOf({ method, url, status, body }: SanitisedExchange): string {
  const { pathname } = new URL(url);
  const [, provided] = /.*\/providers\/(?:Microsoft\.)?(.+)$/i.exec(pathname) ?? [];
  const words = (provided ?? pathname.replace(/^\//, '')).split('/').filter(Boolean);
  // After a provider come type, name, type, name; elsewhere ids and numbers are the names.
  const types = provided ? words.filter((_, index) => index === 0 || index % 2 === 1) : words;
  const named = types.filter((word) => !/\d/.test(word));
  const place = /\/(history|mlflow|artifact|modelregistry)\/v/i.exec(pathname)?.[1];
  const { properties, status: operation, error } = (body ?? {}) as Record<string, Record<string, unknown> | string>;
  const told = [error && (error as { code?: string }).code, propertyOf(properties, 'status'), propertyOf(properties, 'provisioningState'), operation]; // prettier-ignore
  const state = told.find((each) => typeof each === 'string');
  return [method, place, ...named.slice(-3), status, state]
    .filter(Boolean)
    .join('_')
    .toLowerCase()
    .replace(/[^\w-]+/g, '-')
    .slice(0, 120);
}

function propertyOf(properties: unknown, name: string): unknown {
  return typeof properties === 'object' && properties !== null
    ? (properties as Record<string, unknown>)[name]
    : undefined;
}
