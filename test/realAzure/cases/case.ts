import type { Use } from '../cost';
import type { Kind } from '../resources';
import type { World } from '../world';

export interface Outcome {
  /** Whether Azure does what is assumed. */
  holds: boolean;
  /** What it did, in a line. */
  seen: string;
}

/** Something that the project relies on, or leaves open, and that no recording and no documentation proves. */
export interface Case {
  name: string;
  assumed: string;
  /** Where it stands that it is not proven, or what relies on it. */
  from: string;
  needs: readonly Kind[];
  /** It is left out where no service principal is given; see the guide. */
  needsConnection?: true;
  minutes: number;
  use: Use;
  /** Makes its requests and compares; what it throws is told as an outcome, too. */
  try(world: World): Promise<Outcome>;
}

export const outcome = (holds: boolean, seen: string): Outcome => ({ holds, seen });

/** The first line of an answer's error, for people. */
export function told({ status, json, text }: { status: number; json: unknown; text: string }): string {
  if (status < 300) return String(status);
  const { error, errors } = (json ?? {}) as {
    error?: { code?: string; message?: string };
    errors?: Array<{ code?: string; message?: string }>;
  };
  const { code, message } = error ?? errors?.[0] ?? {};
  return [String(status), code, (message ?? (code ? '' : text)).split('\n')[0]?.slice(0, 240)]
    .filter(Boolean)
    .join(' ');
}
