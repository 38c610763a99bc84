import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PipelineRunOptions } from '../../../local/agent/run/pipelineRun';
import type { RunRecord, StepRecord } from '../../../local/agent/run/runRecord';
import { startSecureServer } from '../../support/secureServer';
import { Agent } from './pipelineAgent';

/** Runs steps in a repository with these files, and gives them by their display names. */
async function run(
  steps: string,
  files: Record<string, string> = {},
  options: Partial<PipelineRunOptions> & { skipTasks?: string[] } = {},
): Promise<{ agent: Agent; record: RunRecord; step(name: string): StepRecord; log(name: string): string }> {
  const agent = new Agent();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(agent.root, name)), { recursive: true });
    writeFileSync(path.join(agent.root, name), text);
  }
  const record = await agent.run(`steps:\n${steps}`, options);
  const all = record.stages[0]!.jobs[0]!.steps;
  const step = (name: string): StepRecord => all.find(({ displayName }) => displayName === name)!;
  return { agent, record, step, log: (name) => agent.log(step(name)) };
}

const refused = (steps: string): Promise<unknown> => run(steps);

describe('the tasks of Azure DevOps itself', () => {
  it('run Bash by file with arguments, and inline, in the folder that is asked for', async () => {
    const { record, log, step } = await run(
      `
- task: Bash@3
  displayName: By file
  inputs: {filePath: scripts/say.sh, arguments: 'one "two three"', workingDirectory: scripts}
- task: bash@3
  displayName: Inline
  inputs: {targetType: inline, script: 'echo "##vso[task.setvariable variable=x]forty-two"'}
- task: CmdLine@2
  displayName: Line
  inputs: {script: 'echo it is $(x)'}
- task: PythonScript@0
  displayName: Python
  inputs: {scriptSource: inline, script: 'import sys; print(sys.argv[1:])', arguments: 'a "b c"'}
- task: Bash@3
  displayName: Complains
  continueOnError: true
  inputs: {targetType: inline, script: 'echo careful >&2', failOnStderr: true}
- task: Bash@3
  displayName: No file
  condition: always()
  inputs: {filePath: nosuch.sh}
`,
      { 'scripts/say.sh': 'echo "$1|$2|$(basename "$PWD")"\n' },
    );
    assert.match(log('By file'), /one\|two three\|scripts/);
    assert.match(log('Line'), /it is forty-two/);
    assert.match(log('Python'), /\['a', 'b c'\]/);
    assert.equal(step('Complains').result, 'succeededWithIssues');
    assert.equal(step('Complains').issues[0]!.message, 'careful');
    assert.match(step('No file').issues[0]!.message, /Input filePath: the file .*nosuch\.sh does not exist/);
    assert.equal(record.result, 'failed');
  });

  it('copy, delete and pack files by patterns', async () => {
    const { record, agent } = await run(
      `
- task: CopyFiles@2
  inputs:
    SourceFolder: src
    Contents: |
      **/*.py
      !**/test_*
      # a comment
    TargetFolder: $(Build.ArtifactStagingDirectory)/kept
- task: ArchiveFiles@2
  inputs: {rootFolderOrFile: src, archiveFile: $(Build.ArtifactStagingDirectory)/src.zip}
- task: ArchiveFiles@2
  inputs:
    rootFolderOrFile: src
    includeRootFolder: false
    archiveType: tar
    archiveFile: $(Build.ArtifactStagingDirectory)/src.tar.gz
- task: DeleteFiles@1
  inputs: {SourceFolder: src, Contents: deep}
- bash: ls -R src > $(Build.ArtifactStagingDirectory)/left.txt
- task: PublishBuildArtifacts@1
  inputs: {ArtifactName: out}
- task: DownloadBuildArtifacts@1
  inputs: {artifactName: out, itemPattern: 'out/kept/**', downloadPath: $(Build.BinariesDirectory)}
- bash: cd $(Build.BinariesDirectory) && find . -type f > list.txt
- task: PublishPipelineArtifact@1
  inputs: {targetPath: $(Build.BinariesDirectory)/list.txt, artifact: list}
`,
      { 'src/a.py': 'a', 'src/test_a.py': 't', 'src/deep/b.py': 'b', 'src/deep/c.txt': 'c' },
    );
    assert.equal(record.result, 'succeeded', JSON.stringify(record, null, 1));
    const out = record.artifacts.find(({ name }) => name === 'out')!.files.map(({ path: file }) => file);
    assert.deepEqual(out, ['kept/a.py', 'kept/deep/b.py', 'left.txt', 'src.tar.gz', 'src.zip']);
    const artifacts = path.join(agent.folder, 'artifacts');
    assert.doesNotMatch(readFileSync(path.join(artifacts, 'out/left.txt'), 'utf8'), /deep/);
    const packed = execFileSync('tar', ['tzf', path.join(artifacts, 'out/src.tar.gz')], { encoding: 'utf8' });
    assert.match(packed, /^deep\/b\.py$/m);
    const zipped = execFileSync('python3', ['-m', 'zipfile', '-l', path.join(artifacts, 'out/src.zip')]);
    assert.match(String(zipped), /src\/deep\/c\.txt/);
    const list = readFileSync(path.join(artifacts, 'list/list.txt'), 'utf8').trim().split('\n').sort();
    assert.deepEqual(list, ['./list.txt', './out/kept/a.py', './out/kept/deep/b.py']);
  });

  it('publish test results, and fail by them where that is asked for', async () => {
    const { step } = await run(
      `
- task: PublishTestResults@2
  displayName: Results
  inputs: {testResultsFiles: 'out/TEST-*.xml', failTaskOnFailedTests: true, testRunTitle: Units}
- task: PublishTestResults@2
  displayName: None
  condition: always()
  inputs: {testResultsFormat: JUnit, testResultsFiles: '**/nosuch.xml'}
`,
      {
        'out/TEST-a.xml':
          '<testsuite name="s"><testcase name="ok"/><testcase name="bad"><failure/></testcase></testsuite>',
      },
    );
    const [run1] = step('Results').testRuns;
    assert.deepEqual([run1!.title, run1!.cases.map(({ outcome }) => outcome)], ['Units', ['passed', 'failed']]);
    assert.equal(step('Results').result, 'failed');
    assert.match(step('None').issues[0]!.message, /No test result files matching '\*\*\/nosuch\.xml'/);
  });

  it('set up what this machine has, and say what it has not', async () => {
    const { record, log, step } = await run(`
- task: UsePythonVersion@0
  name: python
  displayName: Python
  inputs: {versionSpec: '3.x'}
- bash: python -c 'import sys; print("runs", sys.version_info[0])' && echo "at $(python.pythonLocation)"
  displayName: Runs
- task: UsePythonVersion@0
  displayName: Old Python
  inputs: {versionSpec: '2.7'}
- task: NodeTool@0
  displayName: Node
  inputs: {versionSpec: '>=20'}
- task: UseNode@1
  displayName: Old Node
  inputs: {version: 0.10.x}
- task: Cache@2
  displayName: Cache
  inputs: {key: 'pip | "$(Agent.OS)"', path: .pip, cacheHitVar: HIT}
- task: PipAuthenticate@1
  displayName: Pip
  inputs: {artifactFeeds: feed}
- bash: echo "hit is $(HIT)"
  displayName: Hit
`);
    assert.equal(record.result, 'succeeded', JSON.stringify(record, null, 1));
    assert.match(log('Runs'), /runs 3[\s\S]*at \/.*Python/);
    assert.match(step('Old Python').issues[0]!.message, /No Python 2\.7 is on this machine.*Python 3\.\S+ is used/);
    assert.match(log('Node'), /Node \d+\.\d+\.\d+ \(/);
    assert.match(step('Old Node').issues[0]!.message, /No Node 0\.10\.x is on this machine/);
    assert.match(log('Cache'), /nothing is restored/);
    assert.match(log('Pip'), /Nothing is done here/);
    assert.match(log('Hit'), /hit is false/);
  });

  it('say which program is missing', async () => {
    const { step } = await run(
      `
- task: AzureCLI@2
  displayName: No connection
  inputs: {azureSubscription: $(nosuch), scriptType: bash, scriptLocation: inlineScript, inlineScript: az version}
`,
      {},
      { environment: { PATH: '/nowhere' } },
    );
    assert.match(step('No connection').issues[0]!.message, /az is not installed on this machine.*--skip-task AzureCLI/);
  });

  it('sign az in to the cloud of the service connection', async () => {
    const asked: Array<string | undefined> = [];
    const server = await startSecureServer(({ url, headers }, response) => {
      asked.push(url, headers.authorization);
      response.end(JSON.stringify({ oidcToken: 'an-assertion' }));
    });
    const folder = new Agent().root;
    writeFileSync(path.join(folder, 'ca.pem'), server.certificateAuthorities);
    // Stands in for az: it says how it was called.
    writeFileSync(path.join(folder, 'az'), '#!/bin/sh\necho "az $*, configured in ${AZURE_CONFIG_DIR##*.}"\n');
    chmodSync(path.join(folder, 'az'), 0o755);
    const connection = {
      id: '75000000-0000-4000-8000-000000000001',
      name: 'sc',
      type: 'azurerm',
      url: 'https://localhost:1/',
      auth: {
        scheme: 'WorkloadIdentityFederation',
        parameters: { tenantid: 'a-tenant', serviceprincipalid: 'a-client' },
      },
      data: { subscriptionId: 'a-subscription' },
    };
    const { record, log } = await run(
      `
- task: AzureCLI@2
  displayName: Az
  inputs: {azureSubscription: sc, scriptType: bash, scriptLocation: inlineScript, inlineScript: az group list}
`,
      {},
      {
        environment: {
          PATH: `${folder}${path.delimiter}${process.env.PATH}`,
          NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem'),
        },
        oidcRequestUri: `${server.url}/oidctoken`,
        accessToken: 'a-token',
        endpoints: [connection],
      },
    );
    server.close();
    assert.equal(record.result, 'succeeded', JSON.stringify(record, null, 1));
    assert.deepEqual(asked, [`/oidctoken?api-version=7.1&serviceConnectionId=${connection.id}`, 'Bearer a-token']);
    const calls = log('Az').match(/az [a-z].*(?=, configured in azure)/g);
    assert.deepEqual(calls, [
      'az cloud register --name LocalAzure --endpoint-resource-manager https://localhost:1',
      'az cloud set --name LocalAzure',
      'az login --service-principal --username a-client --tenant a-tenant --allow-no-subscriptions --output none --federated-token ***',
      'az account set --subscription a-subscription',
      'az group list',
    ]);
  });

  it('are refused all at once when they are not here, before anything runs', async () => {
    const steps = `
- bash: touch ran
- task: AzureKeyVault@2
- task: Bash@2
  inputs: {script: x}
- task: PublishTestResults@2
  inputs: {testRunner: NUnit}
- task: DownloadPipelineArtifact@2
  inputs: {buildType: specific}
`;
    await assert.rejects(refused(steps), ({ message }: Error) => {
      assert.equal(message.split('\n').length, 4, message);
      assert.match(message, /step 2: the local agent has no task AzureKeyVault@2\. .*--skip-task AzureKeyVault/);
      assert.match(message, /step 3: the local agent has no task Bash@2\. It has Bash@3\./);
      assert.match(message, /step 4: .*NUnit cannot be read here; JUnit can/);
      assert.match(message, /step 5: .*another run cannot be downloaded here/);
      return true;
    });
  });

  it('stop no run where their step is off, left out or not expected to run', async () => {
    const steps = `
- task: AzureKeyVault@2
  enabled: false
- task: Docker@2
  displayName: Docker
  condition: eq(variables['Build.Reason'], 'PullRequest')
- task: vendor.extension.Scan@4
- bash: touch ran && echo "##vso[task.setvariable variable=late]true"
- task: Docker@2
  displayName: Late
  condition: eq(variables['late'], 'true')
`;
    const { record, step } = await run(steps, {}, { skipTasks: ['Scan'] });
    assert.equal(step('Docker').result, 'skipped');
    assert.match(record.warnings.join('\n'), /step 3: the task vendor\.extension\.Scan@4 is left out/);
    assert.equal(step('Late').result, 'failed');
    assert.match(step('Late').issues[0]!.message, /has no task Docker@2/);
    assert.equal(existsSync(path.join(process.cwd(), 'ran')), false);
  });
});
