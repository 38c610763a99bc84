import assert from 'node:assert/strict';
import { followTrace, traces, type Followed } from '../../support/jobTraces';

/** Hours that the job runs to their end, the first of which costs more, as a short job's end is to be seen at once. */
const whole = ({ requests }: Followed): number[] => requests.slice(0, -1);

describe('Train: how often a job is asked for', () => {
  const minutes = (count: number): number => count * 60_000;
  const eachSecond = (duration: number): number[] =>
    Array.from({ length: duration / 1000 }, (_, index) => index * 1000 + 137);

  it('is at most 130 times an hour while it is silent', async () => {
    const followed = await followTrace(traces.silent);
    assert.ok(Math.max(...whole(followed).slice(1)) <= 130, String(followed.requests));
  });

  it('is at most 800 times an hour while it prints, and no line is later than five seconds', async () => {
    const followed = await followTrace(traces['a line each 10 s']);
    assert.ok(Math.max(...whole(followed)) <= 800, String(followed.requests));
    assert.ok(Math.max(...followed.delays) <= 5, String(Math.max(...followed.delays)));
  });

  it('is at most 800 times in an hour that brings a line each minute, after the first two', async () => {
    const followed = await followTrace(traces['a line each minute']);
    assert.ok(Math.max(...whole(followed).slice(2)) <= 800, String(followed.requests));
  });

  it('lets no line be later than thirty seconds after a silence, and five once it prints', async () => {
    const { requests, delays, delaysWhilePrinting } = await followTrace(traces.bursts);
    assert.ok(Math.max(...requests) <= 800, String(requests));
    assert.ok(Math.max(...delays) <= 30, String(Math.max(...delays)));
    assert.ok(delaysWhilePrinting.length > 0 && Math.max(...delaysWhilePrinting) <= 5);
  });

  it('sees the end of a short job soon, and of one that printed to its end', async () => {
    for (const [duration, latest] of [
      [minutes(0.5), 3],
      [minutes(10), 12],
    ] as const) {
      const { endDelay } = await followTrace([0], duration);
      assert.ok(endDelay <= latest, `${endDelay} s after a silent job of ${duration / 1000} s`);
    }
    const { endDelay } = await followTrace(eachSecond(minutes(60)), minutes(60));
    assert.ok(endDelay <= 20, `${endDelay} s after a job that printed`);
  });

  it('is seldom for a job of two minutes that prints each second, and the lines are soon there', async () => {
    const { requests, delays } = await followTrace(eachSecond(minutes(2)), minutes(2));
    // Half as late as azure-ai-ml's jobs.stream, with at most half as many requests more: see the bench of train.
    assert.ok(requests[0]! / 2 <= 34, String(requests[0]));
    assert.ok([...delays].sort((a, b) => a - b)[delays.length >> 1]! <= 1.3);
  });
});
