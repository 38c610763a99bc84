import { existsSync } from 'node:fs';
import { inBoxTask, type InBoxTask } from './inBoxTask';

/** Tasks that prepare what an agent in the cloud needs and this machine has, or has not, by itself. */
const prepared: Array<[id: string, name: string, version: number, inputs: string[], says: string]> = [
  [
    '5e3feff0-c5ae-11e8-a7d0-4bd3b8229800',
    'PipAuthenticate',
    1,
    ['artifactFeeds', 'pythonDownloadServiceConnections', 'onlyAddExtraIndex'],
    "pip asks the index of this machine's own settings (pip config list), not the feeds that this step names.",
  ],
  [
    'e4d58330-c771-11e8-8f8f-81fbb42e2824',
    'TwineAuthenticate',
    1,
    ['artifactFeed', 'pythonUploadServiceConnection'],
    'twine is not signed in to the feed that this step names.',
  ],
  [
    'ad884ca2-732e-4b85-b2d3-ed71bcbd2788',
    'npmAuthenticate',
    0,
    ['workingFile', 'customEndpoint'],
    "npm asks the registry of this machine's own settings.",
  ],
  [
    'f5fd8599-ccfa-4d6e-b965-4d14bed7097b',
    'NuGetAuthenticate',
    1,
    ['nuGetServiceConnections', 'forceReinstallCredentialProvider'],
    "NuGet asks the feeds of this machine's own settings.",
  ],
  ['2a7ebc54-c13e-490e-81a5-d7561ab7cd97', 'PublishCodeCoverageResults', 1, coverageInputs(), coverage()],
  ['2a7ebc54-c13e-490e-81a5-d7561ab7cd97', 'PublishCodeCoverageResults', 2, coverageInputs(), coverage()],
];

function coverageInputs(): string[] {
  return [
    'codeCoverageTool',
    'summaryFileLocation',
    'pathToSources',
    'reportDirectory',
    'additionalCodeCoverageFiles',
    'failIfCoverageEmpty',
  ];
}

function coverage(): string {
  return 'The page of a run shows no code coverage; the files are where they were.';
}

export const withoutEffect: InBoxTask[] = prepared.map(([id, name, version, inputs, says]) =>
  inBoxTask({
    id,
    name,
    version,
    description: 'Does nothing on this machine, and says so.',
    inputs: inputs.map((input) => ({ name: input })),
    run: async ({ context }) => context.write(`Nothing is done here. ${says}`),
  }),
);

export const cache = inBoxTask({
  id: 'd53ccab4-555e-4494-9d06-11db043fb4a9',
  name: 'Cache',
  version: 2,
  description: 'Restores nothing: what a step makes is made again.',
  inputs: [
    { name: 'key', required: true },
    { name: 'path', type: 'filePath', required: true },
    { name: 'cacheHitVar' },
    { name: 'restoreKeys' },
  ],
  async run({ context, inputs }) {
    const hit = inputs.text('cacheHitVar');
    if (hit) context.setVariable(hit, 'false', { secret: false, output: false, readOnly: false });
    const folder = inputs.text('path');
    const there = existsSync(folder) ? `${folder} stays as it is.` : `${folder} is not there yet.`;
    context.write(`The local agent keeps no cache of a pipeline: nothing is restored. ${there}`);
  },
});
