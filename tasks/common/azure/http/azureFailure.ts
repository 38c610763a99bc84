import { TaskFailure } from '../../taskFailure';
import type { HelpTopic } from '../../troubleshooting';
import { readErrorBody } from './errorBody';
import { UnreadableAnswer } from './policies/readableAnswer';

/** What Azure answered when it refused, kept for callers that decide by status or code. */
export class AzureFailure extends TaskFailure {
  constructor(
    problem: string,
    remedy: string | undefined,
    readonly status: number | undefined,
    /** Azure's error code, e.g. ResourceNotFound; for network faults Node's, e.g. ECONNREFUSED. */
    readonly code: string,
    /** Azure's own message, nothing else. */
    readonly serviceMessage: string,
    cause: unknown,
    help?: HelpTopic,
  ) {
    super(problem, remedy, { cause, help });
    this.name = 'AzureFailure';
  }
}

export function isAzureFailure(error: unknown, ...statuses: number[]): error is AzureFailure {
  return error instanceof AzureFailure && (statuses.length === 0 || statuses.includes(error.status ?? -1));
}

interface SdkError {
  message?: string;
  name?: string;
  code?: string;
  statusCode?: number;
  /** The body of the answer, parsed where it was JSON. */
  details?: unknown;
  response?: { bodyAsText?: string | null };
  errorResponse?: { error?: string; errorDescription?: string };
}

/**
 * Turns whatever an Azure SDK or our own request threw into a failure that says what was asked, what Azure answered and
 * what to do. Errors that are not Azure's (a bug, an abort) come back as they are.
 */
export function azureFailure(error: unknown, asked: string): Error {
  if (error instanceof TaskFailure || !(error instanceof Error)) return error as Error;
  const sdk = error as SdkError & Error;
  if (sdk.name === 'AbortError') return error;
  if (error instanceof UnreadableAnswer) return unreadable(error, asked);
  const said = readErrorBody(sentBody(sdk));
  const code = said.code ?? ownCode(sdk) ?? sdk.name;
  const message = (said.message ?? ownMessage(sdk)).trim();
  const { statusCode: status } = sdk;
  const isSignIn = signInErrors.test(sdk.name);
  const isNetwork = status === undefined && networkCodes.test(code);
  if (status === undefined && !isSignIn && !isNetwork && !said.code) return error;
  const problem = problemOf(isSignIn, status, code, message, asked);
  const known = [code, status, `${asked} ${message}`, isSignIn, isNetwork] as const;
  return new AzureFailure(problem, remedy(...known), status, code, message, error, topic(...known));
}

/** An SDK gives a body that is not the JSON that it calls itself as a code of its own, with a parser's complaint. */
function ownCode({ code, errorResponse }: SdkError): string | undefined {
  return (code === 'PARSE_ERROR' ? undefined : code) ?? errorResponse?.error;
}

function ownMessage({ errorResponse, message }: SdkError & Error): string {
  return errorResponse?.errorDescription ?? message ?? '';
}

const signInErrors =
  /^(AuthenticationError|AuthenticationRequiredError|CredentialUnavailableError|AggregateAuthenticationError)$/;
const networkCodes = /^(E[A-Z]+|REQUEST_SEND_ERROR|CERT_|UNABLE_|SELF_SIGNED|DEPTH_ZERO)/;

function problemOf(
  isSignIn: boolean,
  status: number | undefined,
  code: string,
  message: string,
  asked: string,
): string {
  if (isSignIn) return `Signing in to Azure failed: ${message}`;
  if (status === undefined) return `Azure could not be reached (${asked}): ${message}`;
  return `Azure answered ${status} ${code} to ${asked}: ${message}`;
}

/** As the service sent it: the models of an SDK drop what is within an error. */
function sentBody({ response, details }: SdkError): unknown {
  const text = response?.bodyAsText;
  if (!text) return details;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Without a status: nobody knows what the service did, as where it gave no answer. */
function unreadable(error: UnreadableAnswer, asked: string): AzureFailure {
  return new AzureFailure(
    `Azure could not be understood (${asked}): ${error.message}.`,
    'Something between the agent and Azure, such as a proxy that wants a sign-in, may have answered in its place.',
    undefined,
    error.code,
    error.message,
    error,
    'azure-cannot-be-reached',
  );
}

/** What the guide says more of: as `remedy` tells them apart. */
function topic(
  code: string,
  status: number | undefined,
  text: string,
  isSignIn: boolean,
  isNetwork: boolean,
): HelpTopic | undefined {
  if (isNetwork || (isSignIn && code === 'Unreachable')) return 'azure-cannot-be-reached';
  if (isSignIn || status === 401) return 'signing-in';
  if (status === 403 || code === 'AuthorizationFailed') return 'roles';
  return /quota/i.test(`${code} ${text}`) && status !== 404 ? 'quota-and-capacity' : undefined;
}

function remedy(
  code: string,
  status: number | undefined,
  text: string,
  isSignIn: boolean,
  isNetwork: boolean,
): string | undefined {
  if (isSignIn) {
    if (code === 'Unreachable')
      return "Check the agent's network, proxy and firewall, and the authority that the service connection names.";
    if (/AADSTS7000222/.test(text))
      return "The service principal's secret has expired: renew it in the service connection.";
    if (/AADSTS70021|AADSTS700213|AADSTS700016/.test(text)) {
      return 'Check the federated credential of the app registration: its issuer and subject must be those that the service connection shows.';
    }
    return 'Check the service connection: verify it in the project settings.';
  }
  if (isNetwork) return "Check the connection's resource manager URL, the agent's network, proxy and firewall.";
  if (status === 401) return 'Check the service connection: verify it in the project settings.';
  if (status === 403 || code === 'AuthorizationFailed') {
    const role = /Microsoft\.MachineLearningServices|\/(history|mlflow|artifact)\/v\d/i.test(text)
      ? 'the role "AzureML Data Scientist" on the workspace'
      : 'the role that allows this on the resource that the message names';
    return `Give the service connection's identity ${role}.`;
  }
  if (/quota/i.test(`${code} ${text}`) && status !== 404) {
    return 'Ask for more quota, or choose another size, fewer nodes or another region.';
  }
  if (code === 'SubscriptionNotFound') return 'Check the subscription of the service connection.';
  if (code === 'ResourceGroupNotFound') return 'Check the resource group, and that the service connection may read it.';
  return undefined;
}
