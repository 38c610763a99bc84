/** Test-Endpoint's load generator in a process of its own: `ours.js <origin> <connections> <seconds>`. Prints what it found. */
import { generateLoad } from '../../tasks/TestEndpoint/load/loadGenerator';
import { Client } from '../../tasks/TestEndpoint/undici';

async function main(): Promise<void> {
  const [origin, connections, seconds] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
  const request = {
    url: new URL('/score', origin),
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"data":[{"a":1}]}'),
  };
  const result = await generateLoad(
    { requests: [request], connections, durationMs: seconds * 1000, warmUpMs: 500, drainMs: 5000 },
    () => new Client(origin),
    new AbortController().signal,
  );
  const figures = result.latencies.figures(result.seconds);
  const { rss } = process.memoryUsage();
  console.log(
    JSON.stringify({
      perSecond: figures.perSecond,
      p50: figures.percentile(50),
      p99: figures.percentile(99),
      requests: figures.requests,
      megabytes: rss / 1024 / 1024,
    }),
  );
}

void main();
