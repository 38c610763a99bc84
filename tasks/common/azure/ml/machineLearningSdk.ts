import type { AzureMachineLearningWorkspaces } from '@azure/arm-machinelearning';
import type { PipelineRequest } from '@azure/core-rest-pipeline';
import { azureFailure } from '../http/azureFailure';
import { noPollAtOnce } from '../http/policies/noPollAtOnce';
import { UnreadableAnswer } from '../http/policies/readableAnswer';
import { withTraits, type RequestTraits } from '../http/requestTraits';
import type { AzureSession } from '../http/session';
import { machineLearningApiVersion } from './workspaceAddress';

/** The typed client of Azure ML's control plane. */
export type MachineLearningSdk = AzureMachineLearningWorkspaces;

/** What every operation of the SDK takes last. */
export interface OperationOptions {
  readonly abortSignal?: AbortSignal;
  readonly requestOptions?: { readonly timeout?: number };
}

/** What an operation's requests are, beyond what the SDK knows of them. */
export interface Asking extends RequestTraits {
  readonly signal?: AbortSignal;
  /** Milliseconds that one try may take; two minutes unless told. */
  readonly timeout?: number;
}

/**
 * Calls Azure ML's control plane by its SDK: what is read or listed, and long-running operations. Its generated models are those of
 * 2022-10-01, and silently drop what they do not know (queue settings, a model's stage, kinds of job), and it refuses names that the
 * service takes when they are to be written: what is written, and what is read to be written back, goes by `Workspace.request`,
 * through the same policies. Run history, artifacts and MLflow are data planes, which it does not know at all.
 *
 * A client is made for each call, which costs nothing: so each request is known for what it is.
 * @throws AzureFailure that names the request, the status and Azure's own code and message, or what came in place of an answer
 */
export async function askMachineLearning<T>(
  session: AzureSession,
  operation: (sdk: MachineLearningSdk, options: OperationOptions) => Promise<T>,
  { signal, timeout, ...traits }: Asking = {},
): Promise<T> {
  const [{ AzureMachineLearningWorkspaces: Client }, { createHttpHeaders }, credential] = await Promise.all([
    import('@azure/arm-machinelearning'),
    import('@azure/core-rest-pipeline'),
    session.credential(),
  ]);
  const { httpClient, ...options } = session.clientOptions({ apiVersion: machineLearningApiVersion });
  let asked = 'Azure Machine Learning';
  const traitsOfRequest = ({ method, url }: PipelineRequest): RequestTraits => {
    const { origin, pathname } = new URL(url);
    asked = `${method} ${origin}${pathname}`;
    const isRead = method === 'GET' || traits.repeatable === true;
    return { ...traits, isThere: traits.isThere ?? isRead };
  };
  const sdk = new Client(credential, session.connection.subscriptionId, {
    ...options,
    httpClient: withTraits(httpClient, traitsOfRequest),
    additionalPolicies: [{ policy: noPollAtOnce(createHttpHeaders), position: 'perRetry' }],
  });
  try {
    return await operation(sdk, { abortSignal: signal, requestOptions: { timeout } });
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw azureFailure(
      isOtherSuccess(error) ? new UnreadableAnswer(`of the status ${error.statusCode}`) : error,
      asked,
    );
  }
}

/** The SDK fails by a success that the specification does not know, such as a proxy's 203, and quotes the whole of the answer. */
function isOtherSuccess(error: unknown): error is { statusCode: number } {
  const { statusCode = 0, code } = error as { statusCode?: number; code?: string };
  return statusCode >= 200 && statusCode <= 299 && code !== 'PARSE_ERROR';
}

/** The first of what a listing gives, all of it unless told; a page is asked for only where it is needed. */
export async function firstOf<T>(listing: AsyncIterable<T>, most = Infinity): Promise<T[]> {
  const found: T[] = [];
  for await (const each of listing) {
    found.push(each);
    if (found.length >= most) break;
  }
  return found;
}
