import type { Container, ContainerEvent, ContainerGroup } from '../azure/containerGroups/containerGroups';
import type { HealthAnswer } from '../azure/containerGroups/healthRequest';
import { sizeOf } from '../azure/containerGroups/regions';
import { gatewayContainer, mainContainer } from './containers';
import { instanceViewSince, newEvents } from './instanceViewSince';
import type { NotReady } from './readiness';

/** All that is known of a deployment that failed. */
export interface Evidence {
  /** What Azure answered, at once or at the end of its operation. */
  readonly error?: { readonly code: string; readonly message: string };
  readonly reason?: NotReady['reason'];
  readonly group?: ContainerGroup;
  /** The group as it was before, where there was one. */
  readonly before?: ContainerGroup;
  /** The last lines of each container. */
  readonly logs: Readonly<Record<string, readonly string[]>>;
  readonly answer?: HealthAnswer;
  readonly url?: string;
  readonly definition: ContainerGroup;
  readonly minutes: number;
}

export type CauseName =
  | 'dnsLabelTaken'
  | 'quota'
  | 'capacity'
  | 'transitioning'
  | 'rateLimit'
  | 'architecture'
  | 'imageNotAccessible'
  | 'outOfMemory'
  | 'killed'
  | 'crashInInit'
  | 'probeFailing'
  | 'crash'
  | 'ended'
  | 'certificate'
  | 'nameNotFound'
  | 'wrongPort'
  | 'wrongPath'
  | 'unhealthy'
  | 'unreachable'
  | 'gone'
  | 'refused'
  | 'slow';

/** One sentence that says what is wrong, and one that says what to do. */
export interface Cause {
  readonly name: CauseName;
  readonly problem: string;
  readonly remedy: string;
}

type Rule = (evidence: Evidence) => Omit<Cause, 'name'> | undefined;

/**
 * The known causes, the surest first. Each goes by a code, a state or a text that the services are known to send.
 * Sources: facts on ACI, §4 of Azure's errors; recorded container groups for events; the scoring server's exit codes.
 */
const rules: Record<CauseName, Rule> = {
  dnsLabelTaken: ({ error, definition }) =>
    when(says(error, /DnsNameLabelAlreadyTaken|DNS name label .* not available/i), () => ({
      problem: `The DNS name label "${definition.ipAddress?.dnsNameLabel}" is taken in ${definition.location}.`,
      remedy:
        'Choose another dnsNameLabel, or set dnsNameLabelReuse to ResourceGroupReuse: Azure then puts a hash into the name that makes it yours.',
    })),
  quota: ({ error, definition }) =>
    when(says(error, /QuotaReached|QuotaExceeded|\bquota\b/i), () => ({
      problem: `The subscription's quota for container instances in ${definition.location} is reached: ${error!.message}`,
      remedy:
        'Delete container groups that are not needed, choose another location, or ask for more quota in the portal.',
    })),
  capacity: ({ error, definition }) =>
    when(says(error, /not available in the location|ServiceUnavailable|InsufficientCapacity|capacity/i), () => ({
      problem: `${definition.location} has no room now for ${sizeText(definition)}: ${error!.message}`,
      remedy: 'Choose another location or a smaller size, or try later.',
    })),
  transitioning: ({ error, minutes }) =>
    when(says(error, /ContainerGroupTransitioning|still transitioning/i), () => ({
      problem: `The container group was changing for the whole ${minutes} minutes, so that Azure took no change from us.`,
      remedy: 'Check in the portal who else deploys to this group; if no one does, delete the group and run again.',
    })),
  rateLimit: (evidence) =>
    when(says(evidence.error, /RegistryErrorResponse/) ?? inEvents(evidence, /toomanyrequests|rate limit/i), () => ({
      problem: `The registry ${registries(evidence.definition)} limits how often images are pulled, and that limit is reached.`,
      remedy:
        'Import the image into your own container registry and deploy it from there, or sign in with registryAuthentication credentials, or try later.',
    })),
  architecture: (evidence) =>
    when(
      inLogs(evidence, /exec format error/i) ??
        inEvents(evidence, /exec format error|no matching manifest|exec user process/i) ??
        says(evidence.error, /OsVersionNotSupported|ImageOsTypeNotMatchContainerGroup|no matching manifest/i),
      () => ({
        problem: 'The image is built for another processor or operating system; container instances run linux/amd64.',
        remedy: 'Build the image for the platform linux/amd64.',
      }),
    ),
  imageNotAccessible: (evidence) =>
    when(
      says(evidence.error, /InaccessibleImage|InvalidImageRegistry|FailedIdentityOperation|not accessible/i) ??
        (evidence.reason === 'pullFailed' || inEvents(evidence, /failed to pull/i)),
      () => ({
        problem: `The image ${images(evidence.definition)} could not be pulled${because(pullMessage(evidence))}.`,
        remedy: 'Check that the image exists and that registryAuthentication lets the group pull it.',
      }),
    ),
  outOfMemory: (evidence) =>
    whenContainer(
      evidence,
      // The kernel ends a container that has no memory left with signal 9, and no event tells of it.
      ({ exitCode, detail, killedByProbe, killing }) =>
        /OOMKilled/i.test(detail) || (exitCode === 137 && !killedByProbe && !killing),
      ({ container }) => ({
        problem: `The container ${container.name} ran out of memory: it was given ${container.resources.requests.memoryInGB} GB and was killed (exit code 137).`,
        remedy: 'Raise memoryInGB.',
      }),
    ),
  probeFailing: (evidence) =>
    whenContainer(
      evidence,
      ({ killedByProbe }) => killedByProbe,
      ({ container }) => ({
        problem: `Azure restarts the container ${container.name} because its liveness probe fails at ${container.livenessProbe?.httpGet?.path} on port ${container.livenessProbe?.httpGet?.port}.`,
        remedy: 'Check readinessPath and port, or give init() more time with startTimeoutInMinutes.',
      }),
    ),
  killed: (evidence) =>
    whenContainer(
      evidence,
      ({ exitCode, killing }) => (exitCode === 137 || exitCode === 143) && killing !== undefined,
      ({ container, exitCode, killing }) => ({
        problem: `Azure ended the container ${container.name} itself (exit code ${exitCode}). It says: ${killing}`,
        remedy: 'Run the pipeline again; if it happens again, ask Azure support why the platform ended the container.',
      }),
    ),
  crashInInit: (evidence) =>
    whenContainer(
      evidence,
      ({ exitCode, lines }) =>
        exitCode === 3 ||
        (exitCode !== 0 && exitCode !== undefined && lines.some((line) => /\bin init\b|init\(\)/.test(line))),
      ({ container, lines }) => ({
        problem: `The scoring script crashed while it was loaded, in its import or init()${because(lastException(lines))}.`,
        remedy: `Correct the scoring script or its packages; the log of the container ${container.name} above shows where it stopped.`,
      }),
    ),
  crash: (evidence) =>
    whenContainer(
      evidence,
      ({ exitCode }) => exitCode !== undefined && exitCode !== 0,
      ({ container, exitCode, lines }) => ({
        problem: `The container ${container.name} ended with exit code ${exitCode}${because(lastException(lines))}.`,
        remedy: `The log of the container ${container.name} above shows its last lines.`,
      }),
    ),
  ended: (evidence) =>
    whenContainer(
      evidence,
      ({ exitCode }) => exitCode === 0,
      ({ container }) => ({
        problem: `The container ${container.name} ended by itself (exit code 0) instead of serving.`,
        remedy: "Check the image's command: it must start a server that stays.",
      }),
    ),
  gone: ({ reason }) =>
    when(reason === 'gone', () => ({
      problem: 'The container group was deleted by someone else while it was being deployed.',
      remedy: 'See who deploys to this name as well, e.g. in the activity log of the resource group.',
    })),
  certificate: (evidence) =>
    // While the gateway waits for its certificate it lets a call wait too, until that gives up.
    when(fault(evidence, /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO|EPROTO/i) ?? certificateFailure(evidence), () => {
      const limited = inLogs(evidence, /rateLimited|too many certificates/i);
      return limited
        ? {
            problem:
              'The certificate authority gives no more certificates for this name for now: its rate limit is reached.',
            remedy: 'Wait, choose another dnsNameLabel, or name another authority in certificateAuthority.',
          }
        : {
            problem: `The gateway has no certificate that is trusted here for ${evidence.url}${because(certificateFailure(evidence) ?? faultMessage(evidence))}.`,
            remedy:
              'Look at the log of the container gateway: the certificate authority must reach ports 80 and 443 of this name.',
          };
    }),
  nameNotFound: (evidence) =>
    when(fault(evidence, /ENOTFOUND|EAI_AGAIN/), () => ({
      problem: `The name in ${evidence.url} is not known to the agent's DNS.`,
      remedy: "Check the agent's DNS, or deploy without dnsNameLabel to call the group by its address.",
    })),
  wrongPort: (evidence) =>
    // A gateway that finds nobody behind it says 502.
    when(
      fault(evidence, /ECONNREFUSED|ECONNRESET|REQUEST_SEND_ERROR/) ?? status(evidence, (code) => code === 502),
      () => {
        const main = mainContainer(evidence.definition);
        const port = main?.ports?.[0]?.port;
        const heard = listeningPorts(evidence).find((each) => each !== port);
        return {
          problem: heard
            ? `Nothing listens at port ${port}; by its log the container listens at port ${heard}.`
            : `The container runs, but nothing answers at port ${port}.`,
          remedy: heard
            ? `Set port to ${heard}.`
            : 'Set port to the port at which the container listens; it must listen at 0.0.0.0.',
        };
      },
    ),
  wrongPath: (evidence) =>
    when(
      status(evidence, (code) => code >= 300 && code < 500),
      (code) => ({
        problem: `The container answers, but its health route does not exist: ${evidence.url} gives HTTP ${code}.`,
        remedy: 'Set readinessPath to the route by which the image tells that it is ready.',
      }),
    ),
  unhealthy: (evidence) =>
    when(
      status(evidence, (code) => code >= 500),
      (code) => ({
        problem: `The health route ${evidence.url} still answers HTTP ${code} after ${evidence.minutes} minutes.`,
        remedy:
          'The log of the containers above shows what the server waits for; raise startTimeoutInMinutes if it needs longer.',
      }),
    ),
  unreachable: (evidence) =>
    when(fault(evidence, /./), () => ({
      problem: `The agent cannot reach ${evidence.url}${because(faultMessage(evidence))}.`,
      remedy: evidence.definition.subnetIds?.length
        ? 'The group has a private address: run this task on an agent in that network or one peered with it.'
        : "Check the agent's network, proxy and firewall.",
    })),
  refused: ({ error }) =>
    when(error, ({ code, message }) => ({
      problem: `Azure refused the container group (${code}): ${message}`,
      remedy: 'Correct the input that the message speaks of.',
    })),
  slow: ({ minutes, group }) => ({
    problem: `The containers were not ready after ${minutes} minutes; the group is ${group?.instanceView?.state ?? group?.provisioningState ?? 'pending'}.`,
    remedy: 'Raise startTimeoutInMinutes: a large image takes minutes to pull.',
  }),
};

/** The surest cause that the evidence fits. There is always one. */
export function findCause(evidence: Evidence): Cause {
  for (const [name, rule] of Object.entries(rules) as [CauseName, Rule][]) {
    const cause = rule(evidence);
    if (cause) return { ...cause, name, problem: cause.problem.replace(/[^.!?]$/, '$&.') };
  }
  throw new Error('The last rule fits everything.');
}

function when<T, R>(found: T | undefined | false, then: (found: T) => R): R | undefined {
  return found === undefined || found === false ? undefined : then(found);
}

function says(error: Evidence['error'], pattern: RegExp): true | undefined {
  return error && (pattern.test(error.code) || pattern.test(error.message)) ? true : undefined;
}

function allEvents({ group, before }: Evidence) {
  const ofContainers =
    group?.containers.flatMap((container) => instanceViewSince(container, before).events ?? []) ?? [];
  return [...newEvents(group?.instanceView?.events ?? [], before?.instanceView?.events ?? []), ...ofContainers];
}

function inEvents(evidence: Evidence, pattern: RegExp): true | undefined {
  return allEvents(evidence).some(({ message }) => pattern.test(message ?? '')) || undefined;
}

function inLogs({ logs }: Evidence, pattern: RegExp): true | undefined {
  return Object.values(logs).some((lines) => lines.some((line) => pattern.test(line))) || undefined;
}

interface Death {
  container: Container;
  exitCode: number | undefined;
  detail: string;
  lines: readonly string[];
  /** Its liveness probe had failed when Azure killed it. */
  killedByProbe: boolean;
  /** What Azure said when it killed it; undefined where it came to its end otherwise. */
  killing: string | undefined;
}

/** Looks at each container's last end: the current one, or the one before where it runs or waits again. */
function whenContainer<R>(
  evidence: Evidence,
  fits: (death: Death) => boolean,
  then: (death: Death) => R,
): R | undefined {
  for (const container of evidence.group?.containers ?? []) {
    const { currentState, previousState, events = [] } = instanceViewSince(container, evidence.before);
    const end = currentState?.state === 'Terminated' ? currentState : previousState;
    const death: Death = {
      container,
      exitCode: end?.exitCode,
      detail: `${currentState?.detailStatus ?? ''} ${end?.detailStatus ?? ''}`,
      lines: evidence.logs[container.name] ?? [],
      ...killedBy(container, events, end),
    };
    if (fits(death)) return then(death);
  }
  return undefined;
}

/**
 * Azure promises no text of a `Killing` event, and the recorded ones name no reason. A failed liveness probe shows by the
 * event `Unhealthy` before it. Source: MicrosoftDocs, container-instances-liveness-probe.md, "Verify liveness output".
 */
function killedBy(
  { livenessProbe }: Container,
  events: readonly ContainerEvent[],
  end: { finishTime?: Date } | undefined,
): Pick<Death, 'killedByProbe' | 'killing'> {
  const killing = events.findLast((event) => event.name === 'Killing' && isNear(event.lastTimestamp, end?.finishTime));
  if (!killing) return { killedByProbe: false, killing: undefined };
  const period = (livenessProbe?.periodSeconds ?? 10) + (livenessProbe?.timeoutSeconds ?? 1);
  const killedByProbe = events.some(
    ({ name, message = '', lastTimestamp }) =>
      name === 'Unhealthy' &&
      /^liveness probe failed/i.test(message) &&
      isNear(lastTimestamp, killing.lastTimestamp, Math.max(60, 2 * period)),
  );
  return { killedByProbe, killing: killing.message ?? '' };
}

/** Whether two times belong together; one that is not told may be any. */
function isNear(one: Date | undefined, other: Date | undefined, seconds = 90): boolean {
  return !one || !other || Math.abs(one.getTime() - other.getTime()) <= seconds * 1000;
}

function fault({ answer }: Evidence, pattern: RegExp): true | undefined {
  return answer && 'fault' in answer && pattern.test(answer.fault) ? true : undefined;
}

function faultMessage({ answer }: Evidence): string | undefined {
  return answer && 'fault' in answer ? answer.message : undefined;
}

/** What the gateway, which is Caddy, logs when an authority gives it no certificate. */
function certificateFailure({ answer, logs }: Evidence): string | undefined {
  if (!answer || !('fault' in answer)) return undefined;
  const line = logs[gatewayContainer]?.findLast((each) => each.includes('could not get certificate from issuer'));
  const error = line && /"error":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  return error && (JSON.parse(`"${error}"`) as string);
}

function status({ answer }: Evidence, fits: (code: number) => boolean): number | undefined {
  return answer && 'status' in answer && fits(answer.status) ? answer.status : undefined;
}

/** The last line that names an exception, as Python ends a traceback. */
function lastException(lines: readonly string[]): string | undefined {
  return lines.findLast((line) => /^\s*[\w.]*(Error|Exception|Exit)\b.*/.test(line))?.trim();
}

function listeningPorts({ logs }: Evidence): number[] {
  return Object.values(logs)
    .flat()
    .flatMap((line) => [...line.matchAll(/(?:listening|serving|running|bound)\b.*?:(\d{2,5})\b/gi)])
    .map((match) => Number(match[1]));
}

function pullMessage(evidence: Evidence): string | undefined {
  return (
    evidence.error?.message ?? allEvents(evidence).find(({ message }) => /failed to pull/i.test(message ?? ''))?.message
  );
}

function because(reason: string | undefined): string {
  return reason ? `: ${reason.replace(/\.$/, '')}` : '';
}

function images({ containers }: ContainerGroup): string {
  return containers.map(({ image }) => image).join(' or ');
}

function registries({ containers }: ContainerGroup): string {
  return [...new Set(containers.map(({ image }) => (/^[^/]*[.:][^/]*(?=\/)/.exec(image) ?? ['docker.io'])[0]))].join(
    ' or ',
  );
}

function sizeText(definition: ContainerGroup): string {
  const { cpu, memoryInGB } = sizeOf(definition);
  return `${cpu} CPU and ${memoryInGB} GB`;
}
