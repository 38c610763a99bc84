/**
 * What the local agent does not do as Azure DevOps does it. The messages of a run and the list in
 * docs/guides/running-locally.md both come from here.
 */
export interface Limit {
  /** As the guide names it. */
  construct: string;
  /** `refused` before anything runs; `said` by a warning; `nothing` to be done for it on this machine. */
  verdict: 'refused' | 'said' | 'nothing';
  /** Why, and what to write instead; a sentence that follows the name of the construct. */
  text: string;
}

export const limits = {
  templateRepository: {
    construct: 'a `template` of another repository (`x.yml@other`)',
    verdict: 'refused',
    text: 'templates of other repositories are not here; copy the file into this repository and name it without @.',
  },
  container: {
    construct: '`container` of a job',
    verdict: 'refused',
    text: 'jobs run on this machine and not in a container; remove it, or choose it by ${{ if }} and a parameter.',
  },
  services: {
    construct: '`services` of a job',
    verdict: 'refused',
    text: 'the local agent starts no service containers; start what the job needs in a step.',
  },
  target: {
    construct: '`target` of a step, other than `host`',
    verdict: 'refused',
    text: 'steps run on this machine; remove it, or write `target: host`.',
  },
  rolling: {
    construct: '`strategy: rolling`',
    verdict: 'refused',
    text: 'an environment has no machines here; use runOnce.',
  },
  canary: {
    construct: '`strategy: canary`',
    verdict: 'refused',
    text: 'an environment has no machines here; use runOnce.',
  },
  phases: {
    construct: '`phases`, `queue` and `server`',
    verdict: 'refused',
    text: 'this is the form of 2018, which Azure Pipelines replaced; write jobs.',
  },
  checkoutOther: {
    construct: '`checkout` of a repository other than `self` and `none`',
    verdict: 'refused',
    text: 'only this repository is on this machine; clone the other one in a script step.',
  },
  downloadOther: {
    construct: '`download` of another pipeline',
    verdict: 'refused',
    text: 'only artifacts of the same run (current) are on this machine.',
  },
  otherSteps: {
    construct: 'the steps `downloadBuild`, `getPackage`, `upload` and `reviewApp`',
    verdict: 'refused',
    text: 'nothing of other pipelines, feeds and servers is on this machine; for artifacts of this run write `download: current` or `publish`.',
  },
  anchors: {
    construct: 'YAML anchors and aliases',
    verdict: 'refused',
    text: 'Azure Pipelines does not read them either; use a template.',
  },
  group: {
    construct: 'a variable group without `--variables`',
    verdict: 'said',
    text: 'is not on this machine; give its variables by --variables <file>, --set name=value or --secret name.',
  },
  resources: {
    construct: '`resources`',
    verdict: 'said',
    text: 'is not read: other pipelines, repositories, containers and packages are not on this machine.',
  },
  manual: {
    construct: '`trigger: manual` of a stage',
    verdict: 'said',
    text: 'waits to be started by hand and is skipped; run it alone by --stage.',
  },
  persistCredentials: {
    construct: '`persistCredentials` of a checkout',
    verdict: 'said',
    text: 'has no effect: there is no server to which the sources could be pushed.',
  },
  lfs: {
    construct: '`lfs` of a checkout',
    verdict: 'said',
    text: 'has no effect: files are taken as they lie on this disk; run git lfs pull before.',
  },
  sparseCheckout: {
    construct: '`sparseCheckoutDirectories` and `sparseCheckoutPatterns` of a checkout',
    verdict: 'said',
    text: 'has no effect: all files are checked out.',
  },
  triggers: {
    construct: '`trigger`, `pr`, `schedules`',
    verdict: 'nothing',
    text: 'a run starts by your command; --pull-request makes it one of a pull request.',
  },
  pool: {
    construct: '`pool`, `demands`, `uses`',
    verdict: 'nothing',
    text: 'there is one agent, this machine.',
  },
  locks: {
    construct: '`lockBehavior`, `isSkippable`, `appendCommitMessageToRunName`, `maxParallel`, `workspace`',
    verdict: 'nothing',
    text: 'jobs run one after the other, each in an empty workspace.',
  },
  environment: {
    construct: '`environment` of a deployment, `checks` and `group` of a stage',
    verdict: 'nothing',
    text: 'its name is shown; approvals and checks are settings of the server.',
  },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof limits;

const headings = {
  refused: 'Refused before anything runs, all at once, with file and line:',
  said: 'Read and not obeyed; a warning says so:',
  nothing: 'Read, with nothing to be done for it on this machine:',
};

/** The list in the guide. */
export function limitsInMarkdown(): string {
  const all: Limit[] = Object.values(limits);
  return Object.entries(headings)
    .map(([verdict, heading]) => {
      const lines = all
        .filter((limit) => limit.verdict === verdict)
        .map(({ construct, text }) => `- ${construct}: ${text}`);
      return [heading, '', ...lines].join('\n');
    })
    .join('\n\n');
}
