/** Before the request is carried out; when it was, before the answer; or in the midst of the answer. */
export type Moment = 'before' | 'after' | 'within';

/** What happens to a request. Without any of these the cloud's own answer follows. */
export interface FaultAction {
  /** Milliseconds before all else. */
  delayMs?: number;
  /** This is answered and not the cloud's own answer. */
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** With a status: whether the request is carried out all the same; 'before' (not) unless told. */
  answered?: 'before' | 'after';
  /** The connection is reset. */
  reset?: Moment;
  /** Nothing more comes, and the connection stays open. */
  stall?: Moment;
  /** The connection ends in good order half-way through the answer. */
  cut?: boolean;
  /** The answer comes in ten pieces, so many milliseconds apart. */
  slowMs?: number;
}
