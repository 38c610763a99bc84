import type { ModelRecord } from '../common/record/record';
import { TaskFailure } from '../common/taskFailure';
import { shownUrl } from './requests/exchange';

/** Whether the record's deployment is what answers at this URI. */
export function isRecordedEndpoint(record: ModelRecord | undefined, scoringUri: URL): boolean {
  const recorded = record?.deployment?.scoringUri;
  return recorded !== undefined && URL.canParse(recorded) && new URL(recorded).href === scoringUri.href;
}

/** Whether the record has a deployment, and it is at another URI. One without (AKS, a managed online endpoint) says nothing of where its model serves. */
export function speaksOfOtherEndpoint(record: ModelRecord | undefined, scoringUri: URL): boolean {
  return record?.deployment !== undefined && !isRecordedEndpoint(record, scoringUri);
}

/**
 * Makes sure that the record's deployment was tested, before something is done to it or to its model.
 * @param input that asks for it
 */
export function requireRecordedEndpoint(record: ModelRecord | undefined, scoringUri: URL, input: string): void {
  if (!speaksOfOtherEndpoint(record, scoringUri)) return;
  throw new TaskFailure(
    `${input} did nothing: the tests were of ${shownUrl(scoringUri)}, but the record speaks of the deployment at ${record!.deployment!.scoringUri}.`,
    'Leave the input scoringUri empty, or name the record that belongs to it.',
  );
}
