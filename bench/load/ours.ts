/** Test-Endpoint's load generator in a process of its own: `ours.js <LoadOptions as JSON>`. Prints what it found. */
import { generateLoad } from '../../tasks/TestEndpoint/load/loadGenerator';
import { Client } from '../../tasks/TestEndpoint/load/undici';
import type { LoadOptions } from './generators';

async function main(): Promise<void> {
  const { origin, connections, seconds, rate, warmUpSeconds = 0 } = JSON.parse(process.argv[2]!) as LoadOptions;
  const request = {
    url: new URL('/score', origin),
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"data":[{"a":1}]}'),
  };
  const result = await generateLoad(
    {
      requests: [request],
      connections,
      rate,
      durationMs: seconds * 1000,
      warmUpMs: warmUpSeconds * 1000,
      drainMs: 10_000,
    },
    () => new Client(origin),
    new AbortController().signal,
  );
  const { perSecond, percentile, max, requests } = result.latencies.figures(result.seconds);
  const [p50, p75, p90, p95, p99] = [50, 75, 90, 95, 99].map(percentile);
  const megabytes = process.memoryUsage.rss() / 1024 / 1024;
  console.log(JSON.stringify({ perSecond, p50, p75, p90, p95, p99, max, requests, megabytes }));
}

void main();
