import { judge } from '../requests/answerVerdict';
import { exchange } from '../requests/exchange';
import type { RequestCase } from '../requests/requestCases';
import {
  isEndedConnection,
  NoReply,
  type HttpRequest,
  type Reply,
  type ScoringClient,
} from '../requests/scoringClient';
import type { BadRequest, NegativeKind } from './badRequests';

/** What a request was made for: a kind of bad request, or a service's description of itself. */
export type ProbeKind = NegativeKind | 'describedExample' | 'describedTypes' | 'describedIncomplete';

/** A request that nobody should send, or that a description allows, and what came of it. */
export interface Probe {
  readonly kind: ProbeKind;
  /** What was sent, for people. */
  readonly sent: string;
  /** Whether the service did what a careful one does; undefined where nothing was sent, and `answered` tells why. */
  readonly isHeld?: boolean;
  /** What came back, in a few words. */
  readonly answered: string;
  /** What a careful service answers. */
  readonly wanted?: string;
  readonly milliseconds?: number;
  /** Request and answer, cut, where the answer is not what is wanted. */
  readonly details?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const refusal = 'a status of 400 to 499';

/** Sends a bad request, and sees whether it is refused. */
export async function probeBadRequest(
  client: ScoringClient,
  { kind, name, request, why = '', mayClose = false }: BadRequest,
  good: RequestCase,
  signal: AbortSignal,
): Promise<Probe> {
  if (!request) return { kind, sent: name, answered: why };
  return probe(client, { kind, sent: name, wanted: refusal }, request, signal, (answer) => {
    if (answer instanceof NoReply) {
      const isClosed = mayClose && isEndedConnection(answer);
      return isClosed ? 'the connection was closed before all was read' : undefined;
    }
    const { status } = answer;
    if (isOf(4, status) || (kind === 'wrongMethod' && status === 501)) return `answered ${status}`;
    // To ignore what one does not know is common practice, and MLflow's; it must not change the answer.
    if (kind === 'extraColumn' && isOf(2, status) && judge(good, answer).problems.length === 0)
      return `answered ${status}, as without it`;
    return undefined;
  });
}

/** Sends a request that the service's description gives, or leaves incomplete. */
export async function probeDescribed(
  client: ScoringClient,
  { kind, sent, request }: { kind: ProbeKind; sent: string; request: HttpRequest },
  signal: AbortSignal,
): Promise<Probe> {
  const [wanted, classes] = {
    describedExample: ['a success', [2]] as const,
    // Of the right types, but the values are ours: the service may well refuse them, it must not break on them.
    describedTypes: ['a success or a refusal, a status of 200 to 299 or 400 to 499', [2, 4]] as const,
    describedIncomplete: [refusal, [4]] as const,
  }[kind as 'describedExample' | 'describedTypes' | 'describedIncomplete'];
  return probe(client, { kind, sent, wanted }, request, signal, (answer) =>
    !(answer instanceof NoReply) && classes.some((each) => isOf(each, answer.status))
      ? `answered ${answer.status}`
      : undefined,
  );
}

function isOf(statusClass: number, status: number): boolean {
  return Math.floor(status / 100) === statusClass;
}

/** @param held says what came back where that is well, else undefined */
async function probe(
  client: ScoringClient,
  about: Pick<Probe, 'kind' | 'sent' | 'wanted'>,
  request: HttpRequest,
  signal: AbortSignal,
  held: (answer: Reply | NoReply) => string | undefined,
): Promise<Probe> {
  let answer: Reply | NoReply;
  try {
    answer = await client.send(request, signal);
  } catch (error) {
    if (!(error instanceof NoReply)) throw error;
    answer = error;
  }
  const well = held(answer);
  const reply = answer instanceof NoReply ? undefined : answer;
  const { milliseconds, headers } = reply ?? {};
  if (well !== undefined) return { ...about, isHeld: true, answered: well, milliseconds, headers };
  const answered = answer instanceof NoReply ? answer.message : `answered ${answer.status}`;
  return { ...about, isHeld: false, answered, milliseconds, headers, details: exchange(request, reply) };
}
