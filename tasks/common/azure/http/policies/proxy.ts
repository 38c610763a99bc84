import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type * as RestPipeline from '@azure/core-rest-pipeline';
import { proxyFor, type NetworkSettings } from '../network';

/**
 * Chooses the agent's proxy or the direct way by each request's own URL: one client may call several hosts. Where the agent
 * has no proxy, the SDK's own policy, which reads the environment, stays in force.
 */
export function proxy(
  network: NetworkSettings,
  { proxyPolicy }: Pick<typeof RestPipeline, 'proxyPolicy'>,
): PipelinePolicy {
  const settings = network.proxy && proxyFor({ proxy: { ...network.proxy, bypass: [] } }, 'https://any.invalid/');
  const byProxy = settings && proxyPolicy(settings, { customNoProxyList: [] });
  return {
    name: 'proxyByUrl',
    sendRequest(request, next) {
      if (!byProxy) return next(request);
      // Of an earlier try, or of the environment, which the agent's own settings go before.
      request.agent = undefined;
      return proxyFor(network, request.url) ? byProxy.sendRequest(request, next) : next(request);
    },
  };
}
