import type { FaultsApi, RequestsApi } from '../../local/azure/connection/administrationClient';

/** Where faults are planned and requests counted. */
export interface Surface {
  faults: Omit<FaultsApi, 'named'>;
  requests: RequestsApi;
}
