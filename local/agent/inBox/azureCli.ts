import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import path from 'node:path';
import type { ServiceEndpoint } from '../../serviceEndpoint';
import { endpointsOf } from '../taskInputs';
import { inBoxTask, type InBoxStep } from './inBoxTask';
import { findProgram, runProgram } from './program';
import { bashFile, powerShellFile, runScript, scriptFile, temporaryFile, type Shell } from './script';

const inputs = [
  { name: 'connectedServiceNameARM', aliases: ['azureSubscription'], type: 'connectedService:AzureRM', required: true },
  { name: 'scriptType', required: true },
  { name: 'scriptLocation', defaultValue: 'scriptPath' },
  { name: 'scriptPath', type: 'filePath', required: true, visibleRule: 'scriptLocation = scriptPath' },
  { name: 'inlineScript', required: true, visibleRule: 'scriptLocation = inlineScript' },
  { name: 'scriptArguments', aliases: ['arguments'] },
  { name: 'powerShellErrorActionPreference', defaultValue: 'stop' },
  { name: 'addSpnToEnvironment', defaultValue: 'false' },
  { name: 'useGlobalConfig', defaultValue: 'false' },
  { name: 'cwd', aliases: ['workingDirectory'], type: 'filePath' },
  { name: 'failOnStandardError', defaultValue: 'false' },
  { name: 'powerShellIgnoreLASTEXITCODE' },
  { name: 'visibleAzLogin' },
  { name: 'keepAzSessionActive' },
];

export const azureCli = inBoxTask({
  id: '46e4be58-730b-4389-8a2f-ea10b3e5e815',
  name: 'AzureCLI',
  version: 2,
  description: 'Runs a script with az signed in to the local Azure.',
  inputs,
  refusal: (given) =>
    ['bash', 'pscore', ''].includes(given.text('scriptType').toLowerCase()) || given.text('scriptType').includes('$(')
      ? undefined
      : `scripts of type ${given.text('scriptType')} need Windows; bash and pscore can be run here.`,
  async run(step) {
    const az = findProgram(
      'az',
      step.environment,
      'Install the Azure CLI, or leave the task out by --skip-task AzureCLI.',
    );
    const [connection] = endpointsOf(step.inputs.text('connectedServiceNameARM'), step.context.options.endpoints);
    if (!connection) throw new Error('Input azureSubscription names no service connection of this run.');
    const configuration = temporaryFile(step, 'azure');
    step.environment.AZURE_CONFIG_DIR = configuration;
    step.environment.REQUESTS_CA_BUNDLE = step.environment.NODE_EXTRA_CA_CERTS ?? '';
    try {
      await signIn(step, az, connection);
      await runScript(step, scriptOf(step));
    } finally {
      rmSync(configuration, { recursive: true, force: true });
    }
  },
});

function scriptOf(step: InBoxStep): Parameters<typeof runScript>[1] {
  const shell: Shell = step.inputs.is('scriptType', 'pscore') ? 'pwsh' : 'bash';
  const args = step.inputs.text('scriptArguments');
  let file: string;
  if (step.inputs.is('scriptLocation', 'scriptPath')) file = scriptFile(step, 'scriptPath');
  else {
    file = temporaryFile(step, shell === 'bash' ? 'sh' : 'ps1');
    writeFileSync(file, step.inputs.script('inlineScript'));
  }
  return {
    shell,
    text: shell === 'bash' ? bashFile(file, args) : powerShellFile(file, args),
    workingDirectory: step.inputs.text('cwd'),
    failOnStderr: step.inputs.flag('failOnStandardError'),
  };
}

/** Registers the cloud of the connection with az, as the task does for Azure Stack, and signs in as the connection says. */
async function signIn(step: InBoxStep, az: string, connection: ServiceEndpoint): Promise<void> {
  const { tenantid = '', serviceprincipalid = '' } = connection.auth.parameters;
  const token = await federatedToken(step, connection);
  step.context.options.masker.add(token);
  if (step.inputs.flag('addSpnToEnvironment')) {
    Object.assign(step.environment, { servicePrincipalId: serviceprincipalid, tenantId: tenantid, idToken: token });
  }
  const resourceManager = connection.url.replace(/\/$/, '');
  const commands = [
    ['cloud', 'register', '--name', 'LocalAzure', '--endpoint-resource-manager', resourceManager],
    ['cloud', 'set', '--name', 'LocalAzure'],
    ['login', '--service-principal', '--username', serviceprincipalid, '--tenant', tenantid].concat([
      '--allow-no-subscriptions',
      '--output',
      'none',
      '--federated-token',
      token,
    ]),
    ['account', 'set', '--subscription', connection.data.subscriptionId ?? ''],
  ];
  for (const args of commands) {
    await runProgram(step, { name: `az ${args.slice(0, 2).join(' ')}`, file: az, args, cwd: step.folder });
  }
}

/** The assertion that the server hands to a task for a federated service connection. Source: azure-arm-rest, getIdToken. */
function federatedToken({ context, environment, signal }: InBoxStep, connection: ServiceEndpoint): Promise<string> {
  const { variables } = context.options;
  const address = `${variables.get('System.OidcRequestUri')}?api-version=7.1&serviceConnectionId=${connection.id}`;
  const authorities = environment.NODE_EXTRA_CA_CERTS;
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${variables.get('System.AccessToken')}`, 'content-length': '0' };
    const ca = authorities && readFileSync(path.resolve(authorities));
    const call = request(address, { method: 'POST', headers, ca, agent: false, signal }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve((JSON.parse(text) as { oidcToken: string }).oidcToken);
        else
          reject(new Error(`No token for the service connection ${connection.name}: status ${response.statusCode}.`));
      });
    });
    call.on('error', reject).end();
  });
}
