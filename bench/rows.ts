import path from 'node:path';

/** Where benches keep what they install and make; ignored by git. */
export const cacheDir = path.join(__dirname, '..', '.local', 'cache', 'bench');

/** One measurement of `npm run bench`. */
export interface Row {
  area: 'train' | 'evaluate' | 'package' | 'deploy' | 'test' | 'chain' | 'size';
  name: string;
  ours: number;
  unit: string;
  /** What ours is held against, measured in the same run. */
  reference: string;
  referenceValue: number;
  /** ours / referenceValue. */
  ratio: number;
  goal: string;
  holds: boolean;
  /** How it was measured, in one sentence. */
  method: string;
}
