import type { RollbackResult } from '../../common/deployment/rollback';
import type { TestsSection } from '../../common/record/record';
import type { TaskContext } from '../../common/task/taskContext';
import type { Inputs } from '../inputs';
import { promoteModel } from './promotion';
import { requireRecordedEndpoint } from '../recordedEndpoint';
import type { TestCase } from '../requests/testCase';
import type { Subject } from '../endpointToTest';
import type { AzureServices } from '../services';
import { undoDeployment } from './undoDeployment';

type FollowUpServices = Pick<AzureServices, 'subscriptionId' | 'models' | 'groups' | 'health'>;

/** What followed from the tests' result. */
export interface FollowUp {
  /** For the record. */
  readonly facts: Pick<TestsSection, 'rollback' | 'promotion'>;
  /** For people. */
  readonly notes: readonly string[];
  /** Why what was asked for could not be done. */
  readonly failure?: string;
}

/**
 * Promotes the model or brings the previous deployment back, whichever was asked for. What fails here is said beside what
 * the tests found, not in its place.
 */
export async function followUp(
  inputs: Inputs,
  subject: Subject,
  azure: FollowUpServices | undefined,
  cases: readonly TestCase[],
  context: TaskContext,
): Promise<FollowUp> {
  const failures = cases.filter(({ outcome }) => outcome === 'failed');
  if (failures.length === 0 && inputs.promoteToChampion) return promotion(inputs, subject, azure!, context);
  if (failures.length === 0 || !inputs.rollbackOnFailure) return { facts: {}, notes: [] };
  // A sound deployment is not undone because Azure could not be asked about it.
  if (failures.every(({ isInconclusive }) => isInconclusive)) {
    const note =
      'Not rolled back: no test failed but those that could not be made, which say nothing against the deployment.';
    return { facts: {}, notes: [note] };
  }
  return rollback(subject, azure!, context);
}

async function promotion(
  inputs: Inputs,
  { target, record }: Subject,
  azure: FollowUpServices,
  { clock, signal }: TaskContext,
): Promise<FollowUp> {
  try {
    requireRecordedEndpoint(record, target.scoringUri, 'promoteToChampion');
    const { champion, dethroned, isChampion } = await promoteModel(inputs, azure, record, clock);
    const name = `${champion.name}:${champion.version}`;
    const before = dethroned.length > 0 ? `, replacing version ${dethroned.join(', ')}` : '';
    return {
      facts: { promotion: { isChampion, champion: champion.version } },
      notes: [
        isChampion
          ? `${name} is now the champion${before}.`
          : `Another release promoted ${name} in the meantime; it is still the champion.`,
      ],
    };
  } catch (error) {
    return { facts: {}, ...failed(error, signal) };
  }
}

async function rollback({ target, record }: Subject, azure: FollowUpServices, context: TaskContext): Promise<FollowUp> {
  try {
    requireRecordedEndpoint(record, target.scoringUri, 'rollbackOnFailure');
    const { outcome, image } = await undoDeployment(azure, record, context);
    return {
      facts: { rollback: { outcome, image } },
      notes: [said[outcome](image, record!.deployment!.containerGroup)],
    };
  } catch (error) {
    return { facts: { rollback: { outcome: 'failed', image: null } }, ...failed(error, context.signal) };
  }
}

const said: Record<RollbackResult['outcome'], (image: string | null, group: string) => string> = {
  restored: (image) => `Rolled back: ${image} serves again.`,
  removed: (_image, group) => `Rolled back: nothing ran before, so the container group ${group} was removed.`,
  kept: (image, group) => `Not rolled back: ${group} ran ${image} already before this deployment, and was left alone.`,
};

/** Whatever went wrong is said, so that results are published all the same; only a cancelled step ends here. */
function failed(error: unknown, signal: AbortSignal): Pick<FollowUp, 'notes' | 'failure'> {
  if (signal.aborted || !(error instanceof Error)) throw error;
  return { notes: [error.message], failure: error.message };
}
