import { setMaxListeners } from 'node:events';

/** Aborts as soon as one of them does. Many requests wait for it at once, which Node would take for a leak and warn of. */
export function sharedStop(...signals: AbortSignal[]): AbortSignal {
  const stop = AbortSignal.any(signals);
  setMaxListeners(0, stop);
  return stop;
}
