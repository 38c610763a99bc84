import { isAzureFailure, type AzureFailure } from '../../common/azure/http/azureFailure';
import type { ContainerRegistry } from '../../common/azure/registry/containerRegistry';
import { TaskFailure } from '../../common/taskFailure';
import type { HelpTopic } from '../../common/troubleshooting';
import { selfTestBrokeOff, selfTestOutcome } from './selfTestOutcome';

/** Known ends of a build, found in the last lines of its log: [pattern, what it means, what to do, what treats it at length]. */
const explanations: ReadonlyArray<[RegExp, string, string, HelpTopic?]> = [
  [
    /non-zero code: 137|exit (?:status|code):? 137|\bKilled\b|MemoryError|Cannot allocate memory/i,
    'The build ran out of memory (exit code 137).',
    'Pin the versions of your packages, so that the solver has fewer combinations to try; or name an agent pool with more memory in the input agentPool.',
  ],
  [
    /client with IP .* is not allowed access|denied: .*firewall|networkRuleBypass/i,
    'The registry keeps the build agents out by its network rules.',
    'Name an agent pool of the registry in the input agentPool, or set networkRuleBypassAllowedForTasks on the registry, or build with the builder "docker" on an agent inside the network.',
    'a-registry-behind-a-firewall',
  ],
  [
    /conda: (?:command )?not found|exec: "conda"/i,
    'The base image has no conda.',
    "Use a requirements file instead of the Conda file, or a base image with conda, such as Azure ML's own.",
  ],
  [
    /ResolutionImpossible|conflicting dependencies|LibMambaUnsatisfiableError|UnsatisfiableError/,
    'The packages that you ask for cannot be installed together.',
    'The log names the conflicting versions: loosen or align them.',
  ],
  [
    /No matching distribution found for (.+)|PackagesNotFoundError|ResolvePackageNotFound/,
    'A package does not exist in the version that you ask for, for this version of Python.',
    'The log names it. Check its name and version, and that the build reaches your package index.',
  ],
  [
    // What ACR Tasks log where a run may not push: microsoft/GitHub-Copilot-for-Azure#1106.
    /when specifying push, at least one credential is required/i,
    'The build may not push into the registry.',
    'The registry keeps the build from its images, as those with ABAC repository permissions do: give the service connection\'s identity the role Container Registry Repository Writer on it, or build with the builder "docker".',
    'the-registry-does-not-take-the-image',
  ],
  [
    /(?:The push refers to repository|\/blobs\/uploads\/)[^]*\b(?:unauthorized|denied):/,
    'The registry does not take the image.',
    "Give the service connection's identity the role AcrPush; on a registry with ABAC repository permissions, Container Registry Repository Writer.",
    'the-registry-does-not-take-the-image',
  ],
  [
    /pull access denied|manifest unknown|manifest for .* not found|failed to resolve reference|unauthorized: authentication required/i,
    'The build may not pull an image that it starts from, or that image does not exist.',
    'Check the base image; a private one needs the input baseImageConnection.',
    'a-private-base-image',
  ],
  [
    /No space left on device/i,
    'The build ran out of disk space.',
    'Make the image smaller, or use an agent pool with a bigger disk.',
  ],
];

/**
 * Says why a build failed, from what is known of its end.
 * @param status as the builder tells it, e.g. Failed or Timeout
 * @param log the last lines of its log; text of others, which only chooses among explanations or is quoted
 */
export function buildFailure(status: string, message: string | undefined, log: string, link: string): TaskFailure {
  const selfTest = selfTestOutcome(log);
  if (selfTest?.kind === 'failed') {
    return new TaskFailure(
      `The image failed its self-test: ${selfTest.text}`,
      'Nothing was pushed. The log above has the details.',
      { help: 'the-self-test-failed' },
    );
  }
  if (status === 'Timeout') {
    return selfTestBrokeOff(log)
      ? new TaskFailure(
          'The self-test had not ended when the build reached the limit of the input buildTimeoutInMinutes.',
          'See in the log above what init() waits for; raise the limit if it is only slow.',
          { help: 'the-self-test-failed' },
        )
      : new TaskFailure(
          'The build took longer than the input buildTimeoutInMinutes allows.',
          'Raise it, or pin versions so that less must be resolved.',
        );
  }
  const said = message ? ` The builder says: ${message}` : '';
  if (status === 'Canceled') return new TaskFailure(`The build was cancelled by someone else.${said}`, link);
  const exitCode = /(?:exit (?:status|code):?|non-zero code:) (\d+)/.exec(log)?.[1];
  if (selfTestBrokeOff(log) && exitCode !== undefined && exitCode !== '137') {
    return new TaskFailure(
      `The image failed its self-test: the server's process ended while it started or answered (exit code ${exitCode}).`,
      'Nothing was pushed. A native library may have crashed, or the code calls os._exit(); the log above has what it printed.',
      { help: 'the-self-test-failed' },
    );
  }
  const known = explanations.find(([pattern]) => pattern.test(log) || pattern.test(message ?? ''));
  if (known) return new TaskFailure(`The image could not be built: ${known[1]}`, known[2], { help: known[3] });
  return new TaskFailure(`The image could not be built (${status}).${said}`, link);
}

/** Whether it is not known if Azure carried the request out. */
export function isUnanswered(error: unknown): error is AzureFailure {
  return isAzureFailure(error) && (error.status === undefined || error.status >= 500);
}

/** @param open ids of runs that began since the build was asked for */
export function unansweredFailure(error: AzureFailure, registry: string, open: readonly string[]): TaskFailure {
  const runs = open.length > 0 ? ` Open runs that began since: ${open.join(', ')}.` : '';
  return new TaskFailure(
    `${error.message} It is not known whether the build was scheduled: one may be running on the registry ${registry}.${runs}`,
    'It is not requested again, because that could build twice. See the runs of the registry and cancel the one that you do not want, then run the step again: an image that was pushed meanwhile is found by its content.',
    { cause: error },
  );
}

/** @param name of the task run that was asked for */
export function unansweredNameFailure(error: AzureFailure, registry: string, name: string): TaskFailure {
  return new TaskFailure(
    `${error.message} It is not known whether the build was scheduled: if so, it is the task run ${name} of the registry ${registry}.`,
    'The post-job step looks for it and cancels it. Run the step again: a build that is still under way is then followed, and an image that was pushed is found by its content.',
    { cause: error },
  );
}

/** Says what a refusal by ACR Tasks means; other errors come back as they are. */
export function schedulingFailure(error: unknown, registry: ContainerRegistry): unknown {
  if (!isAzureFailure(error)) return error;
  const { code, status, serviceMessage } = error;
  // Storage, to which the context is sent, answers by codes of its own.
  if (
    /^(AuthenticationFailed|AuthorizationFailure|AuthorizationPermissionMismatch|AuthorizationSourceIPMismatch|AuthorizationProtocolMismatch|AccountIsDisabled)$/.test(
      code,
    )
  ) {
    return new TaskFailure(
      `The storage of the registry ${registry.name} refuses the build context (${code}): ${serviceMessage}`,
      "The address that the registry gave for it has expired, or a proxy or firewall changes requests on their way. Run the step again; if it fails again, let the agent reach the registry's storage (*.blob.core.windows.net) unchanged.",
      { cause: error },
    );
  }
  if (code === 'TasksOperationsNotAllowed') {
    return new TaskFailure(
      `ACR Tasks are not permitted on the registry ${registry.name}: ${serviceMessage}`,
      'Azure pauses them on free and some trial subscriptions. Set the input builder to "docker" to build on the agent, or ask Azure support to enable them.',
      { cause: error, help: 'acr-tasks-are-not-permitted' },
    );
  }
  if (
    status === 403 &&
    /network|firewall|not allowed access|public/i.test(serviceMessage) &&
    registry.networkRestricted
  ) {
    return new TaskFailure(
      `The network rules of the registry ${registry.name} refuse the build: ${serviceMessage}`,
      'Name an agent pool of the registry in the input agentPool, or build with the builder "docker" on an agent inside the network.',
      { cause: error, help: 'a-registry-behind-a-firewall' },
    );
  }
  if (status === 403) {
    return new TaskFailure(
      `The service connection may not build on the registry ${registry.name}: ${serviceMessage}`,
      'Give its identity the role "Container Registry Tasks Contributor" on the registry; AcrPush is not enough.',
      { cause: error, help: 'roles' },
    );
  }
  return error;
}
