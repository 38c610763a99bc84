import type { ServiceConnection } from '../azure/http/serviceConnection';
import type { InputReader } from './inputReader';

/** What a post-job step needs that ends work in Azure which its main step left behind. */
export interface PostJobInputs {
  readonly connection: ServiceConnection;
}

/** The main step has judged the other inputs; here they would only be judged a second time. */
export function readPostJobInputs(reader: InputReader): PostJobInputs {
  return { connection: reader.requiredServiceConnection('azureSubscription', reader.subscriptionId('subscription')) };
}
