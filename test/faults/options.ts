import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Cell } from './outcome';

/** Which cells run, and how. */
export interface Options {
  shard: number;
  shards: number;
  only: RegExp;
  /** Names of scenarios. */
  scenarios: RegExp;
  /** Cells that meet the same code, too. */
  every: boolean;
  /** After so many no cell begins. */
  minutes: number;
  workers: number;
  resume: boolean;
  /** 'too' with all the cells. */
  sizes: 'alone' | 'too' | 'not';
  /** Whether the matrix goes into the guide. */
  docs: boolean;
}

export function readOptions(args = process.argv.slice(2)): Options {
  const { values } = parseArgs({
    args,
    options: {
      shard: { type: 'string', default: '1/1' },
      only: { type: 'string', default: '' },
      scenarios: { type: 'string', default: '' },
      every: { type: 'boolean', default: false },
      minutes: { type: 'string', default: 'Infinity' },
      workers: { type: 'string', default: '4' },
      resume: { type: 'boolean', default: false },
      sizes: { type: 'boolean', default: false },
      docs: { type: 'boolean', default: false },
    },
  });
  const [part = '', of = ''] = values.shard.split('/');
  const shards = Number(of);
  const shard = part === 'commit' ? shardOf(commit(), shards) : Number(part);
  if (!(shard >= 1 && shard <= shards)) throw new Error(`--shard ${values.shard}: write i/n, such as 3/20.`);
  const isAll = shards === 1 && values.only === '' && values.scenarios === '' && !values.resume;
  return {
    shard,
    shards,
    only: new RegExp(values.only, 'i'),
    scenarios: new RegExp(values.scenarios, 'i'),
    every: values.every,
    minutes: Number(values.minutes),
    workers: Number(values.workers),
    resume: values.resume,
    sizes: values.sizes ? 'alone' : isAll ? 'too' : 'not',
    docs: values.docs,
  };
}

/** The same commit always has the same part, and in the long run each part its turn. */
export function shardOf(sha: string, shards: number): number {
  return (parseInt(sha.slice(0, 8), 16) % shards) + 1;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', cwd: __dirname }).trim();
  } catch {
    return '0';
  }
}

export const textOf = ({ scenario, operation, fault }: Omit<Cell, 'id'>): string =>
  `${scenario} ${operation.name} ${fault}`;

/** Spreads cells over the shards, always the same way. */
export function inOrder<C extends Omit<Cell, 'id'>>(cells: C[]): C[] {
  const order = (cell: C): string => createHash('sha256').update(textOf(cell)).digest('hex');
  return cells
    .map((cell) => ({ cell, order: order(cell) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ cell }) => cell);
}
