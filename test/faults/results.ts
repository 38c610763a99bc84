import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Operation } from './operations';
import type { Judged } from './matrix';
import type { Measured } from './sizes';

/** What runs have found so far. */
export interface Results {
  judged: Judged[];
  measured: Measured[];
  /** How many cells there are, those too that have not run. */
  drawn: number;
  /** Operations by scenario. */
  operations: Record<string, Operation[]>;
}

export const resultsFile = path.join(__dirname, '..', '..', '.local', 'test', 'faults.json');

export const noResults = (): Results => ({ judged: [], measured: [], drawn: 0, operations: {} });

export function readResults(): Results {
  return existsSync(resultsFile) ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as Results) : noResults();
}
