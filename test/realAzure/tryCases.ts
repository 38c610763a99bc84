import { messageOf } from '../../local/messageOf';
import type { Case, Outcome } from './cases/case';
import type { World } from './world';

export interface CaseResult extends Outcome {
  name: string;
  /** Where it could not be tried, or was left out. */
  tried: boolean;
}

/** How many times as long as usual a case may take before the next one is tried. */
const patience = 4;

const withLimit = (signal: AbortSignal, minutes: number): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(minutes * 60_000)]);

/** Tries the cases one after the other, each in its own scene of the recordings. It ends early only where it is broken off. */
export async function tryCases(world: World, cases: readonly Case[]): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const each of cases) {
    if (world.signal.aborted) break;
    const { name } = each;
    if (each.needsConnection && !world.connection) {
      results.push({ name, tried: false, holds: false, seen: 'left out: it needs a service principal of its own' });
      continue;
    }
    world.recorder.scene = 'resources';
    try {
      await world.resources.make(each.needs);
      world.recorder.scene = name;
      world.say(`Trying ${name} ...`);
      const { holds, seen } = await each.try({ ...world, signal: withLimit(world.signal, each.minutes * patience) });
      world.say(`  ${holds ? 'as assumed' : 'OTHERWISE'}: ${seen}`);
      results.push({ name, tried: true, holds, seen });
    } catch (error) {
      if (world.signal.aborted) break;
      world.say(`  could not be tried: ${messageOf(error)}`);
      results.push({ name, tried: false, holds: false, seen: messageOf(error).slice(0, 600) });
    }
  }
  return results;
}
