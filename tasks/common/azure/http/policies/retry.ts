import type { Readable } from 'node:stream';
import type { PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { systemClock, type Clock } from '../../../clock';
import { isAnotherOperation } from '../anotherOperation';
import { isRepeatable, traitsOf } from '../requestTraits';

export interface RetryOptions {
  /** How often a request is sent at most; 9 unless told, which takes three quarters of a minute. */
  readonly mostTries?: number;
  /** Whether a refusal because another operation is in progress is waited out here; not where the caller does so itself. */
  readonly waitsForOthers?: boolean;
  /**
   * For the client that fetches tokens: every POST may be sent twice, every answer is JSON, and a service that is known to be there
   * may answer 404 for a moment.
   */
  readonly fetchesTokens?: boolean;
  readonly clock?: Clock;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

type Outcome = { readonly response: PipelineResponse } | { readonly error: Error & { readonly code?: unknown } };

/** Nothing was sent: any request may be sent again. ENOTFOUND as well as EAI_AGAIN may be a name server that is down. */
const notSent = /^(EAI_[A-Z]+|ENOTFOUND|ECONNREFUSED|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|ENETRESET)$/;
/** Sent perhaps, and carried out perhaps: no answer came, or not the whole of one. */
const notAnswered = /^(ECONNRESET|ECONNABORTED|EPIPE|E(SOCKET)?TIMEDOUT|UNREADABLE_ANSWER)$/;
/** The service says that it has not carried out the request. Source: RFC 9110, 15.5.9 and 15.6.4; RFC 6585, 4. */
const refusedForNow = [408, 429, 503];

const longestPause = 8_000;
/** Azure's reads are eventually consistent; for some seconds what is there may be missing, and a new permission not yet hold. */
const triesUntilBelieved = 4;
/** Who refuses a connection is there and does not listen: more often than not the address is wrong. */
const triesWhereNobodyListens = 5;
/** A service that wants more patience than this gets none here: whoever called decides. */
const mostAskedFor = 5 * 60_000;
/** Another operation takes longer than a fault: about three minutes in all. */
const triesWhileOthersWork = 9;
const longestPauseForOthers = 30_000;

/**
 * Sends a request again where a fault met it that passes by itself: a reset connection, a name server that is down, a service
 * or gateway that is busy, an answer that was cut. What may have been carried out is sent again only where that does no harm.
 */
export function retry({
  mostTries = 9,
  waitsForOthers = true,
  fetchesTokens = false,
  clock = systemClock,
  random = Math.random,
}: RetryOptions = {}): PipelinePolicy {
  const isMissed = (outcome: Outcome, request: PipelineRequest, tries: number): boolean =>
    (isMissing(outcome) && (fetchesTokens || (traitsOf(request).isThere === true && tries < triesUntilBelieved))) ||
    (isRefusedByStorage(outcome) && tries < triesUntilBelieved);
  const pauseAfter = (outcome: Outcome, request: PipelineRequest, tries: number): number | undefined => {
    if (waitsForOthers && isConflict(outcome)) {
      if (tries >= triesWhileOthersWork) return undefined;
      return askedFor(outcome) ?? backOff(tries + 1, longestPauseForOthers, random);
    }
    const isUnheard = 'error' in outcome && outcome.error.code === 'ECONNREFUSED';
    if (isUnheard && tries >= triesWhereNobodyListens) return undefined;
    if (
      tries >= mostTries ||
      !(mayPass(outcome, fetchesTokens || isRepeatable(request)) || isMissed(outcome, request, tries))
    )
      return undefined;
    return askedFor(outcome) ?? backOff(tries, longestPause, random);
  };
  return {
    name: 'retry',
    async sendRequest(request, next) {
      for (let tries = 1; ; tries++) {
        const outcome = await next(request).then(
          (response): Outcome => ({ response }),
          (error: Error): Outcome => ({ error }),
        );
        const pause = request.abortSignal?.aborted ? undefined : pauseAfter(outcome, request, tries);
        if (pause === undefined || pause > mostAskedFor) {
          if ('error' in outcome) throw outcome.error;
          return outcome.response;
        }
        // Emptied, so that its connection can be used again.
        if ('response' in outcome) (outcome.response.readableStreamBody as Readable | undefined)?.resume();
        await clock.sleep(pause, request.abortSignal as AbortSignal | undefined);
      }
    },
  };
}

function mayPass(outcome: Outcome, repeatable: boolean): boolean {
  if ('error' in outcome) {
    const { code, message } = outcome.error;
    // The handshake had not ended: the request had not begun.
    const isUnsent = notSent.test(String(code)) || /before secure TLS connection was established/.test(message);
    return isUnsent || (repeatable && notAnswered.test(String(code)));
  }
  const { status } = outcome.response;
  if (refusedForNow.includes(status)) return true;
  return repeatable && status >= 500 && status !== 501 && status !== 505;
}

function isMissing(outcome: Outcome): boolean {
  return 'response' in outcome && outcome.response.status === 404;
}

/**
 * A permission in the URL, refused by its time or its signature: by a clock that lags behind it holds a moment later. Source:
 * learn.microsoft.com/azure/storage/common/storage-sas-overview, best practices ("clock skew").
 */
function isRefusedByStorage(outcome: Outcome): boolean {
  if (!('response' in outcome) || outcome.response.status !== 403) return false;
  return outcome.response.headers.get('x-ms-error-code') === 'AuthenticationFailed';
}

function isConflict(outcome: Outcome): boolean {
  if (!('response' in outcome) || outcome.response.status !== 409) return false;
  return isAnotherOperation(outcome.response.bodyAsText ?? '');
}

/** Milliseconds that the service wants to be left alone. */
function askedFor(outcome: Outcome): number | undefined {
  if (!('response' in outcome)) return undefined;
  const { headers } = outcome.response;
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const value = headers.get(name);
    if (value && /^\d+$/.test(value)) return Number(value);
  }
  const value = headers.get('retry-after');
  if (!value) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

/** One second, doubled with each try, and up to a fifth more or less, so that many agents do not come back all at once. */
function backOff(tries: number, longest: number, random: () => number): number {
  return Math.min(longest, 1_000 * 2 ** (tries - 1)) * (0.8 + 0.4 * random());
}
