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
    text: 'templates of other repositories are not available here; copy the file into this repository and refer to it without @.',
  },
  container: {
    construct: '`container` of a job',
    verdict: 'refused',
    text: 'jobs run on this machine, not in a container; remove it, or select it with ${{ if }} and a parameter.',
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
    text: 'this is the syntax of 2018, which Azure Pipelines has replaced; write jobs.',
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
    text: 'nothing from other pipelines, feeds or servers is on this machine; for artifacts of this run, write `download: current` or `publish`.',
  },
  anchors: {
    construct: 'YAML anchors and aliases',
    verdict: 'refused',
    text: 'Azure Pipelines does not read them either; use a template.',
  },
  group: {
    construct: 'a variable group without `--variables`',
    verdict: 'said',
    text: 'is not on this machine; provide its variables with --variables <file>, --set name=value or --secret name.',
  },
  resources: {
    construct: '`resources`',
    verdict: 'said',
    text: 'is not read: other pipelines, repositories, containers and packages are not on this machine.',
  },
  manual: {
    construct: '`trigger: manual` of a stage',
    verdict: 'said',
    text: 'waits to be started by hand and is skipped; run only this stage with --stage.',
  },
  persistCredentials: {
    construct: '`persistCredentials` of a checkout',
    verdict: 'said',
    text: 'has no effect: there is no server to push the sources to.',
  },
  lfs: {
    construct: '`lfs` of a checkout',
    verdict: 'said',
    text: 'has no effect: files are used as they are on this disk; run git lfs pull first.',
  },
  sparseCheckout: {
    construct: '`sparseCheckoutDirectories` and `sparseCheckoutPatterns` of a checkout',
    verdict: 'said',
    text: 'has no effect: all files are checked out.',
  },
  triggers: {
    construct: '`trigger`, `pr`, `schedules`',
    verdict: 'nothing',
    text: 'your command starts a run; --pull-request makes it the run of a pull request.',
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
  said: 'Read but not obeyed; a warning says so:',
  nothing: 'Read, but nothing needs to be done on this machine:',
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
