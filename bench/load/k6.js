/* global __ENV */
import http from 'k6/http';

const { ORIGIN, CONNECTIONS, SECONDS, RATE } = __ENV;
const duration = `${SECONDS}s`;
const vus = Number(CONNECTIONS);

export const options = {
  scenarios: {
    load: RATE
      ? {
          executor: 'constant-arrival-rate',
          rate: Number(RATE),
          timeUnit: '1s',
          duration,
          preAllocatedVUs: vus,
          maxVUs: vus,
        }
      : { executor: 'constant-vus', vus, duration },
  },
  summaryTrendStats: ['p(50)', 'p(75)', 'p(90)', 'p(95)', 'p(99)', 'max'],
};

export default function () {
  http.post(`${ORIGIN}/score`, '{"data":[{"a":1}]}', { headers: { 'content-type': 'application/json' } });
}

export function handleSummary({ metrics }) {
  const { max, ...latency } = metrics.http_req_duration.values;
  const percentiles = Object.fromEntries(
    Object.entries(latency).map(([name, value]) => [name.replace(/[()]/g, ''), value]),
  );
  return { stdout: JSON.stringify({ ...percentiles, max, perSecond: metrics.http_reqs.values.rate }) };
}
