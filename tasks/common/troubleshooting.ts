/**
 * What needs more than a sentence to be mended: each an anchor of docs/guides/troubleshooting.md, to which the message of the failure
 * leads. A remedy that a sentence holds needs none.
 */
export const helpTopics = [
  'signing-in',
  'roles',
  'azure-cannot-be-reached',
  'quota-and-capacity',
  'the-compute',
  'the-model-is-not-among-the-outputs',
  'the-champion',
  'the-decision-cannot-be-made',
  'the-model-record',
  'acr-tasks-are-not-permitted',
  'a-registry-behind-a-firewall',
  'the-registry-does-not-take-the-image',
  'a-private-base-image',
  'the-self-test-failed',
  'the-image-cannot-be-pulled',
  'the-container-does-not-serve',
  'certificates',
  'what-ran-before-is-not-restored',
  'signed-evidence',
] as const;

export type HelpTopic = (typeof helpTopics)[number];

/** The address of each topic: packaging makes them of the repository's address, and esbuild puts them in. */
declare const TROUBLESHOOTING_LINKS: Record<HelpTopic, string> | undefined;

/** Where a topic is treated. */
export function helpLink(topic: HelpTopic): string {
  const page = `docs/guides/troubleshooting.md#${topic}`;
  return typeof TROUBLESHOOTING_LINKS === 'undefined' ? page : TROUBLESHOOTING_LINKS[topic];
}
