import path from 'node:path';
import { limits } from './limits';
import type { StepAction } from './plan';
import type { Section } from './section';

/** Reads `checkout: self` and what it says about the sources. */
export function readCheckout(step: Section, warnings: string[]): StepAction {
  const repository = step.text('checkout')!;
  if (repository !== 'self') {
    throw step.error(`checkout '${repository}': ${limits.checkoutOther.text}`, 'checkout');
  }
  step.boolean('clean', false);
  if (step.boolean('persistCredentials', false)) {
    warnings.push(`${step.place}: 'persistCredentials' ${limits.persistCredentials.text}`);
  }
  if (step.boolean('lfs', false)) warnings.push(`${step.place}: 'lfs' ${limits.lfs.text}`);
  const sparse = step.keys.find((key) => key.startsWith('sparseCheckout'));
  if (sparse) warnings.push(`${step.place}: '${sparse}' ${limits.sparseCheckout.text}`);
  return {
    kind: 'checkout',
    path: folderOf(step),
    fetchDepth: step.number('fetchDepth') || undefined,
    fetchTags: step.boolean('fetchTags', true),
    submodules: submodulesOf(step),
  };
}

function folderOf(step: Section): string | undefined {
  const written = step.text('path');
  if (!written) return undefined;
  const folder = path.posix.normalize(written.replaceAll('\\', '/'));
  if (folder === '.' || folder.startsWith('..') || folder.startsWith('/')) {
    throw step.error(`'path' must lie beneath $(Agent.BuildDirectory), as s/name does, and is '${written}'.`, 'path');
  }
  return folder;
}

function submodulesOf(step: Section): 'none' | 'direct' | 'recursive' {
  const written = step.text('submodules')?.toLowerCase();
  if (written === 'recursive') return 'recursive';
  return step.boolean('submodules', false) ? 'direct' : 'none';
}
