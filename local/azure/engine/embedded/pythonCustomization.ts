import { delimiter, join } from 'node:path';

/** A PYTHONPATH by which Python keeps to its image: see python/sitecustomize.py. */
export const withImageCustomization = (pythonPath: string | undefined): string =>
  [join(__dirname, 'python'), ...(pythonPath ? [pythonPath] : [])].join(delimiter);
