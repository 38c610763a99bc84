import type { ClientChoice } from '../../tasks/common/azure/http/pipeline';
import { AzureSession } from '../../tasks/common/azure/http/session';

/** The session of a task that needs no sign-in, and whose pauses between two tries of an SDK's request take no time. */
export class PatientSession extends AzureSession {
  /** Milliseconds. */
  readonly pauses: number[] = [];

  override credential() {
    const getToken = async () => ({ token: 'token', expiresOnTimestamp: Date.now() + 9e6 });
    return Promise.resolve({ getToken, renew: () => undefined });
  }

  override clientOptions(choice: ClientChoice & { apiVersion?: string } = {}) {
    const sleep = (pause: number) => Promise.resolve(void this.pauses.push(pause));
    return super.clientOptions({ ...choice, clock: { now: Date.now, sleep }, random: () => 0.5 });
  }
}
