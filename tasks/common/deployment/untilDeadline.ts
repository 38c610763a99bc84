import { AzureFailure } from '../azure/http/azureFailure';
import type { Clock } from '../clock';

/**
 * Makes a call that must not outlast a deadline, be the network silent or the service busy.
 * @param deadline milliseconds since the epoch
 * @throws AzureFailure without a status where the deadline has passed first: nobody knows what the service has done
 */
export async function untilDeadline<T>(
  call: (signal: AbortSignal) => Promise<T>,
  deadline: number,
  { clock, signal }: { readonly clock: Pick<Clock, 'now'>; readonly signal: AbortSignal },
): Promise<T> {
  const milliseconds = Math.max(1, deadline - clock.now());
  const late = AbortSignal.timeout(milliseconds);
  try {
    return await call(AbortSignal.any([signal, late]));
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
    const text = `Azure gave no whole answer in the ${Math.round(milliseconds / 1000)} s that were left`;
    throw new AzureFailure(`${text}.`, "Check the agent's network.", undefined, 'ETIMEDOUT', text, error);
  }
}
