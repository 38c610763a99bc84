import assert from 'node:assert/strict';
import type { ContainerGroup, ContainerState } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { findCause, type CauseName, type Evidence } from '../../../tasks/common/deployment/causes';
import { definitionOf } from './fakeContainerInstances';

const image = 'r.azurecr.io/estimator@sha256:1';
const definition = definitionOf(image);

interface Seen {
  now?: ContainerState;
  before?: ContainerState;
  events?: Array<{ name: string; message: string; count?: number; lastTimestamp?: Date }>;
}

function group({ now, before, events = [] }: Seen): ContainerGroup {
  const [container] = definition.containers;
  return {
    ...definition,
    containers: [
      {
        ...container!,
        livenessProbe: { httpGet: { path: '/live', port: 5001 } },
        instanceView: { restartCount: 2, currentState: now, previousState: before, events },
      },
    ],
  };
}

const ended = (exitCode: number, detailStatus = ''): Seen => ({
  now: { state: 'Waiting', detailStatus: 'CrashLoopBackOff' },
  before: { state: 'Terminated', exitCode, detailStatus },
});

interface Case {
  title: string;
  evidence: Partial<Evidence>;
  cause: CauseName;
  problem?: RegExp;
  remedy?: RegExp;
}

/** Texts as the service gives them; sources in the facts on ACI, §4. */
const cases: Case[] = [
  {
    title: 'a taken DNS label',
    evidence: {
      error: {
        code: 'DnsNameLabelAlreadyTaken',
        message: "The DNS name label 'estimator' in container group 'x' is not available. Try using a different label.",
      },
    },
    cause: 'dnsLabelTaken',
    problem: /"estimator" is taken in eastus/,
    remedy: /dnsNameLabelReuse/,
  },
  {
    title: 'the quota of groups or cores',
    evidence: {
      error: {
        code: 'ContainerGroupQuotaReached',
        message:
          "Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota 'StandardCores' exceeded in region 'eastus'. Limit: '100', Usage: '100' Requested: '1'.",
      },
    },
    cause: 'quota',
    problem: /Limit: '100'/,
  },
  {
    title: 'a region without capacity',
    evidence: {
      error: {
        code: 'ServiceUnavailable',
        message:
          "The requested resource with '1' CPU and '1.5' GB memory is not available in the location 'eastus' at this moment.",
      },
    },
    cause: 'capacity',
    problem: /no room now for 1 CPU and 1.5 GB/,
  },
  {
    title: 'a group that stayed in transition',
    evidence: {
      error: {
        code: 'ContainerGroupTransitioning',
        message: "The container group 'x' is still transitioning, please retry later.",
      },
    },
    cause: 'transitioning',
  },
  {
    title: "Docker Hub's rate limit",
    evidence: {
      error: {
        code: 'RegistryErrorResponse',
        message: "An error response is received from the docker registry 'index.docker.io'. Please retry later.",
      },
    },
    cause: 'rateLimit',
    problem: /r\.azurecr\.io limits/,
    remedy: /your own container registry/,
  },
  {
    title: 'a rate limit told by an event',
    evidence: {
      group: group({ events: [{ name: 'Failed', message: 'Failed to pull image: toomanyrequests: limit' }] }),
    },
    cause: 'rateLimit',
  },
  {
    title: 'an image that is not accessible',
    evidence: {
      error: {
        code: 'InaccessibleImage',
        message: `The image '${image}' in container group 'x' is not accessible. Please check the image and registry credential.`,
      },
    },
    cause: 'imageNotAccessible',
    problem: /r\.azurecr\.io\/estimator@sha256:1 could not be pulled: The image/,
  },
  {
    title: 'pulls that fail again and again',
    evidence: {
      reason: 'pullFailed',
      group: group({ events: [{ name: 'Failed', message: 'Failed to pull image "x": unauthorized', count: 3 }] }),
    },
    cause: 'imageNotAccessible',
    problem: /unauthorized/,
  },
  {
    title: 'an image for another processor, by its log',
    evidence: { group: group(ended(1)), logs: { scoring: ['exec /usr/bin/python: exec format error'] } },
    cause: 'architecture',
    remedy: /linux\/amd64/,
  },
  {
    title: 'an image for another processor, by its manifest',
    evidence: { group: group({ events: [{ name: 'Failed', message: 'no matching manifest for linux/amd64' }] }) },
    cause: 'architecture',
  },
  {
    title: 'too little memory',
    evidence: { group: group(ended(137)) },
    cause: 'outOfMemory',
    problem: /given 1.5 GB/,
    remedy: /memoryInGB/,
  },
  {
    title: 'too little memory, as the service names it',
    evidence: { group: group(ended(1, 'OOMKilled')) },
    cause: 'outOfMemory',
  },
  {
    title: 'a container that Azure ended for no reason of its own, by the recorded texts',
    evidence: {
      group: group({
        ...ended(137),
        events: [{ name: 'Killing', message: 'Killing container dab (platform initiated).' }],
      }),
    },
    cause: 'killed',
    problem: /It says: Killing container dab \(platform initiated\)\.$/,
  },
  {
    title: 'an old failure of the liveness probe, long before it ran out of memory',
    evidence: {
      group: group({
        now: { state: 'Waiting' },
        before: { state: 'Terminated', exitCode: 137, finishTime: new Date('2026-01-02T00:00:00Z') },
        events: [
          {
            name: 'Unhealthy',
            message: 'Liveness probe failed: x',
            lastTimestamp: new Date('2026-01-01T00:00:00Z'),
          },
          { name: 'Killing', message: 'Killing container x.', lastTimestamp: new Date('2026-01-01T00:00:05Z') },
        ],
      }),
    },
    cause: 'outOfMemory',
  },
  {
    title: 'no crash in what the container of the former deployment left behind',
    evidence: {
      reason: 'timeout',
      before: group({ now: { state: 'Running', startTime: new Date('2026-01-01T00:00:00Z') } }),
      group: group({
        now: { state: 'Running', startTime: new Date('2026-01-02T00:00:00Z') },
        before: { state: 'Terminated', exitCode: 137, startTime: new Date('2026-01-01T00:00:00Z') },
      }),
    },
    cause: 'slow',
  },
  {
    title: 'a failing liveness probe, which kills with the same exit code',
    evidence: {
      group: group({
        ...ended(137),
        events: [
          { name: 'Unhealthy', message: 'Liveness probe failed: HTTP probe failed with statuscode: 503' },
          { name: 'Killing', message: 'Killing container with id 05fe39c26403cd9797a5.' },
        ],
      }),
    },
    cause: 'probeFailing',
    problem: /\/live on port 5001/,
  },
  {
    title: "the inference server's exit code for a broken init()",
    evidence: {
      group: group(ended(3)),
      logs: {
        scoring: ['Traceback (most recent call last):', 'FileNotFoundError: [Errno 2] model.pkl', 'Worker exiting'],
      },
    },
    cause: 'crashInInit',
    problem: /init\(\): FileNotFoundError: \[Errno 2\] model\.pkl\./,
  },
  {
    title: 'another crash',
    evidence: { group: group(ended(2)), logs: { scoring: ['ValueError: bad flag'] } },
    cause: 'crash',
    problem: /exit code 2: ValueError: bad flag/,
  },
  {
    title: 'a container that does not stay',
    evidence: { reason: 'ended', group: group({ now: { state: 'Terminated', exitCode: 0 } }) },
    cause: 'ended',
  },
  {
    title: 'a wrong port, with the right one in the log',
    evidence: {
      group: group({ now: { state: 'Running' } }),
      answer: { fault: 'ECONNREFUSED', message: '' },
      logs: { scoring: ['[INFO] Listening at: http://0.0.0.0:8080 (7)'] },
    },
    cause: 'wrongPort',
    problem: /listens at port 8080/,
    remedy: /Set port to 8080/,
  },
  {
    title: 'a wrong port behind the gateway',
    evidence: { group: group({ now: { state: 'Running' } }), answer: { status: 502 } },
    cause: 'wrongPort',
  },
  {
    title: 'a wrong health route',
    evidence: { answer: { status: 404 }, url: 'http://x:5001/ready' },
    cause: 'wrongPath',
    problem: /http:\/\/x:5001\/ready gives HTTP 404/,
  },
  { title: 'a server that says it is not well', evidence: { answer: { status: 503 } }, cause: 'unhealthy' },
  {
    title: 'a certificate that is not trusted',
    evidence: { answer: { fault: 'DEPTH_ZERO_SELF_SIGNED_CERT', message: 'self-signed' } },
    cause: 'certificate',
  },
  {
    title: 'a gateway that gets no certificate and lets calls wait',
    evidence: {
      answer: { fault: 'ETIMEDOUT', message: 'no answer within 5 s' },
      url: 'https://estimator/health',
      logs: {
        gateway: [
          '{"level":"error","logger":"tls.obtain","msg":"could not get certificate from issuer","identifier":"estimator","issuer":"ca","error":"HTTP 400 urn:ietf:params:acme:error:connection - \\"estimator\\" refused"}',
        ],
      },
    },
    cause: 'certificate',
    problem: /no certificate .* for https:\/\/estimator\/health: HTTP 400 \S+:connection - "estimator" refused\.$/,
    remedy: /ports 80 and 443/,
  },
  {
    title: "the certificate authority's rate limit",
    evidence: {
      answer: { fault: 'EPROTO', message: 'tlsv1 alert internal error' },
      logs: { gateway: ['urn:ietf:params:acme:error:rateLimited - too many certificates (5) already issued'] },
    },
    cause: 'certificate',
    problem: /rate limit/,
  },
  {
    title: 'a name that is not known',
    evidence: { answer: { fault: 'ENOTFOUND', message: '' } },
    cause: 'nameNotFound',
  },
  {
    title: 'a private address out of reach',
    evidence: {
      answer: { fault: 'ETIMEDOUT', message: 'no answer' },
      definition: { ...definition, subnetIds: [{ id: '/s' }] },
    },
    cause: 'unreachable',
    remedy: /agent in that network/,
  },
  { title: 'a group that somebody deleted', evidence: { reason: 'gone' }, cause: 'gone' },
  {
    title: 'any other refusal',
    evidence: { error: { code: 'VirtualNetworkNotFound', message: 'no such network' } },
    cause: 'refused',
    problem: /VirtualNetworkNotFound\): no such network/,
  },
  { title: 'nothing but time', evidence: { reason: 'timeout' }, cause: 'slow', problem: /after 10 minutes/ },
];

/** Seconds after the container's end. */
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
const killing = (seconds?: number) => ({
  name: 'Killing',
  message: 'Killing container x',
  lastTimestamp: seconds === undefined ? undefined : at(seconds),
});
const unhealthy = (seconds?: number, message = 'Liveness probe failed: x') => ({
  name: 'Unhealthy',
  message,
  lastTimestamp: seconds === undefined ? undefined : at(seconds),
});

/** A container that ended with this code at a time that is known, and what Azure tells of that. */
function endedAt(exitCode: number, events: NonNullable<Seen['events']>, probe?: object): ContainerGroup {
  const before = { state: 'Terminated', exitCode, finishTime: at(0) };
  const seen = group({ now: { state: 'Waiting' }, before, events });
  const [container] = seen.containers;
  return { ...seen, containers: [{ ...container!, livenessProbe: { ...container!.livenessProbe, ...probe } }] };
}
const slowProbe = { periodSeconds: 60, timeoutSeconds: 10 };

/** What tells one cause of an end from another: codes, and what Azure says near to it in time. */
const ends: Array<[title: string, evidence: Partial<Evidence>, cause: CauseName]> = [
  ['137 and nothing but that it was pulled', { group: endedAt(137, [{ name: 'Pulled', message: 'pulled' }]) }, 'outOfMemory'],
  ['137, killed 90 s before', { group: endedAt(137, [killing(-90)]) }, 'killed'],
  ['137, killed 91 s before', { group: endedAt(137, [killing(-91)]) }, 'outOfMemory'],
  ['143, killed', { group: endedAt(143, [killing()]) }, 'killed'],
  ['143, and nobody says why', { group: endedAt(143, []) }, 'crash'],
  ['1, killed', { group: endedAt(1, [killing()]) }, 'crash'],
  ['137, a probe failed 60 s before it was killed', { group: endedAt(137, [unhealthy(-60), killing(0)]) }, 'probeFailing'],
  ['137, a probe failed 61 s before it was killed', { group: endedAt(137, [unhealthy(-61), killing(0)]) }, 'killed'],
  ['137, a slow probe failed two periods before', { group: endedAt(137, [unhealthy(-140), killing(0)], slowProbe) }, 'probeFailing'],
  ['137, a slow probe failed long before', { group: endedAt(137, [unhealthy(-141), killing(0)], slowProbe) }, 'killed'],
  ['137, it was not ready', { group: endedAt(137, [unhealthy(0, 'Readiness probe failed: no liveness probe failed'), killing(0)]) }, 'killed'],
  ['137, something else speaks of a probe', { group: endedAt(137, [{ name: 'Noted', message: 'Liveness probe failed: x' }, killing(0)]) }, 'killed'],
  ['3', { group: group(ended(3)) }, 'crashInInit'],
  ['1, in init', { group: group(ended(1)), logs: { scoring: ['  File "score.py", line 3, in init'] } }, 'crashInInit'],
  ['1, in another function', { group: group(ended(1)), logs: { scoring: ['  File "score.py", line 3, in initialise'] } }, 'crash'],
  ['0, after it said something of init()', { group: group(ended(0)), logs: { scoring: ['init() is done'] } }, 'ended'],
  ['no end at all, after it said something of init()', { group: group({ now: { state: 'Running' } }), logs: { scoring: ['init() is slow'] } }, 'slow'],
  ['a status of 300', { answer: { status: 300 } }, 'wrongPath'],
  ['a status of 499', { answer: { status: 499 } }, 'wrongPath'],
  ['a status of 500', { answer: { status: 500 } }, 'unhealthy'],
  ['no pull, and no event of it', { reason: 'pullFailed', group: group({}) }, 'imageNotAccessible'],
  ['a pull that failed once, by its event', { group: group({ events: [{ name: 'Failed', message: 'Failed to pull image "x"' }] }) }, 'imageNotAccessible'],
  ['a rate limit, by an event of the group', { group: { ...group({}), instanceView: { state: 'Pending', events: [{ name: 'Failed', message: 'toomanyrequests' }] } } }, 'rateLimit'],
  ['a name that is taken, by the message only', { error: { code: 'BadRequest', message: "DNS name label 'x' in eastus is not available" } }, 'dnsLabelTaken'],
]; // prettier-ignore

/** What of a failure is told in the sentence. */
const sentences: Array<[title: string, evidence: Partial<Evidence>, problem: string]> = [
  [
    'the exception that is the last',
    { group: group(ended(2)), logs: { scoring: ['KeyError: 1', '   ValueError: bad flag. ', 'exiting with an Error'] } },
    'The container scoring ended with exit code 2: ValueError: bad flag.',
  ],
  ['an exception without words', { group: group(ended(2)), logs: { scoring: ['MemoryError'] } }, 'The container scoring ended with exit code 2: MemoryError.'],
  ['no exception where there is none', { group: group(ended(2)) }, 'The container scoring ended with exit code 2.'],
  ['where nothing listens', { answer: { fault: 'ECONNREFUSED', message: '' }, logs: { scoring: ['Listening at: http://0.0.0.0:5001'] } }, 'The container runs, but nothing answers at port 5001.'],
  ['why it cannot be reached', { answer: { fault: 'ETIMEDOUT', message: 'no answer within 5 s' }, url: 'http://x/' }, 'The agent cannot reach http://x/: no answer within 5 s.'],
  [
    'what is wrong with a certificate',
    {
      answer: { fault: 'CERT_HAS_EXPIRED', message: 'certificate has expired' },
      url: 'https://x/',
      logs: { gateway: ['{"msg":"could not get certificate from issuer"}', '{"msg":"other","error":"of something else"}'] },
    },
    'The gateway has no certificate that is trusted here for https://x/: certificate has expired.',
  ],
  ['how far the group is, by its state', { reason: 'timeout', group: { ...group({}), instanceView: { state: 'Running' }, provisioningState: 'Succeeded' } }, 'The containers were not ready after 10 minutes; the group is Running.'],
  ['how far the group is, by its provisioning', { reason: 'timeout', group: { ...group({}), provisioningState: 'Creating' } }, 'The containers were not ready after 10 minutes; the group is Creating.'],
  ['that nothing is known of the group', { reason: 'timeout' }, 'The containers were not ready after 10 minutes; the group is pending.'],
  ['the images of all containers', { error: { code: 'InaccessibleImage', message: 'no' }, definition: withImages('a/one:1', 'two:1') }, 'The image a/one:1 or two:1 could not be pulled: no.'],
  ...(
    [
      ['index.docker.io', ['index.docker.io/library/m:1']],
      ['docker.io', ['library/m:1', 'm', 'library/m.x/y:1']],
      ['localhost:5000 or docker.io', ['localhost:5000/m', 'm:1']],
    ] as const
  ).map(
    ([registry, all]): (typeof sentences)[number] => [
      `the registry ${registry}`,
      { error: { code: 'RegistryErrorResponse', message: '' }, definition: withImages(...all) },
      `The registry ${registry} limits how often images are pulled, and that limit is reached.`,
    ],
  ),
]; // prettier-ignore

function withImages(...all: string[]): ContainerGroup {
  return { ...definition, containers: all.map((each) => ({ ...definition.containers[0]!, image: each })) };
}

describe('The cause of a failed deployment', () => {
  for (const [title, evidence, cause] of ends) {
    it(`is ${cause} by ${title}`, () => {
      assert.equal(findCause({ logs: {}, definition, minutes: 10, ...evidence }).name, cause);
    });
  }

  for (const [title, evidence, problem] of sentences) {
    it(`tells ${title}`, () => {
      assert.equal(findCause({ logs: {}, definition, minutes: 10, ...evidence }).problem, problem);
    });
  }

  it('tells what to do where the agent cannot reach a public address', () => {
    const answer = { fault: 'ETIMEDOUT', message: '' };
    const { remedy } = findCause({ logs: {}, definition, minutes: 10, answer });
    assert.equal(remedy, "Check the agent's network, proxy and firewall.");
  });

  for (const { title, evidence, cause, problem = /./, remedy = /./ } of cases) {
    it(`finds ${title}`, () => {
      const found = findCause({ logs: {}, definition, minutes: 10, ...evidence });
      assert.equal(found.name, cause);
      assert.match(found.problem, problem);
      assert.match(found.remedy, remedy);
      assert.match(found.problem, /^[^]*\.$/, 'a whole sentence');
    });
  }
});
