import { isAzureFailure } from '../../common/azure/http/azureFailure';
import type { RegistryContents } from '../../common/azure/registry/containerRegistryContents';
import type { SelfTestResult } from '../../common/record/record';
import { buildLabel } from './imageLabels';

/** Annotations by which an image says how its test ended. The build in which that was is that of the image. */
const outcomeNote = 'mlops.selftest';
const textNote = 'mlops.selftest.text';

const outcomes = ['passed', 'notTested', 'off'] as const;

/** What is written down on the image, for whoever uses it again. */
export function selfTestNotes({ outcome, text }: SelfTestResult): Record<string, string> {
  if (outcome === 'unknown') return {};
  return { [outcomeNote]: outcome, ...(text === undefined ? {} : { [textNote]: text }) };
}

/** How the test of an image that is there already ended, and in which build, as far as the image says. */
export async function readSelfTestNotes(
  contents: Pick<RegistryContents, 'manifest'>,
  repository: string,
  digest: string,
  signal: AbortSignal,
): Promise<SelfTestResult> {
  try {
    const { annotations = {} } = await contents.manifest(repository, digest, signal);
    const outcome = outcomes.find((each) => each === annotations[outcomeNote]) ?? 'unknown';
    return { outcome, text: annotations[textNote], build: annotations[buildLabel] };
  } catch (error) {
    if (!isAzureFailure(error)) throw error;
    return { outcome: 'unknown' };
  }
}
