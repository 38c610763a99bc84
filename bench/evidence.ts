import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { localCloud } from '../local/azure/context';
import { startLocalAzure, type LocalAzure } from '../local/azure/index';
import type { RecordedExchange } from '../local/azure/traffic/trafficRecorder';
import type { ModelRecord } from '../tasks/common/record/record';
import { runBuiltTask, TestJob } from '../test/support/agent';
import { reachFromHere } from '../test/support/azure';
import { approvedModel, packageSigned } from '../test/support/signedImage';
import { cacheDir, median, toRow, type Row } from './rows';

const rounds = 5;
const group = 'bench-evidence';

/** What signing adds to Package-Image, and verifying to Deploy-ACI, where nothing else is to be done; what Train asks for prices. */
export async function bench(): Promise<Row[]> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const stateDir = mkdtempSync(path.join(tmpdir(), 'bench-evidence-'));
  const traffic = path.join(stateDir, 'traffic.jsonl');
  const azure = await startLocalAzure({ stateDir, cacheDir: path.join(cacheDir, '..'), recordTrafficTo: traffic });
  reachFromHere(azure);
  try {
    const approved = await approvedModel(azure);
    const signed = () => packageSigned(azure, approved, { signWith: 'privateKey', privateKey: '$(signingKey)' }, privateKey); // prettier-ignore
    const unsigned = () => packageSigned(azure, approved, {});
    const { record } = await signed();
    const verified = () => deploy(azure, record, { requireSignature: 'true', trustedKeys: publicKey });
    const trusted = () => deploy(azure, record, {});
    await trusted();
    return [
      await row('signing an image that is there', unsigned, signed, 'Package-Image without signWith'),
      await row('verifying before an unchanged deployment', trusted, verified, 'Deploy-ACI without requireSignature'),
      await priceLookUps(azure, traffic),
    ];
  } finally {
    await azure.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function row(name: string, plain: () => Promise<unknown>, more: () => Promise<unknown>, reference: string) {
  const [without, within]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    without.push(await secondsOf(plain));
    within.push(await secondsOf(more));
  }
  return toRow('evidence', {
    name: `${name}: added`,
    ours: median(within) - median(without),
    unit: 's',
    goal: { atMost: 1 },
    method: `medians of ${rounds} steps in turn with and without, the whole step each; ${reference} took ${median(without).toFixed(2)} s`,
  });
}

/** A limited training that ends well: the check of its compute, the budget before it starts and the cost of its end. */
async function priceLookUps(azure: LocalAzure, traffic: string): Promise<Row> {
  const { serviceConnectionId: azureSubscription, resourceGroup, workspace, compute } = localCloud;
  const { result, log } = await runBuiltTask('Train', {
    job: new TestJob('build', azure),
    inputs: {
      ...{ azureSubscription, resourceGroup, workspace, compute, maxCost: '5' },
      ...{ sourceDirectory: 'src', command: 'python train.py' },
      environment: 'mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04',
    },
    files: { 'src/train.py': 'print("trained")' },
  });
  if (result !== 'succeeded' || !log.some((line) => /^Cost \(estimate\): about/.test(line)))
    throw new Error(log.join('\n'));
  const asked = readFileSync(traffic, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as RecordedExchange).request.url.split('?')[0]!)
    .filter((pathname) => /\/(computes(\/[^/]+)?|vmSizes)$/i.test(pathname));
  return toRow('evidence', {
    name: 'price look-ups of a training with maxCost',
    ours: asked.length,
    unit: 'requests',
    goal: { atMost: 2 },
    method: `requests for computes and price lists that local Azure saw, the check of the compute counted in: ${asked.map((pathname) => pathname.split('/').slice(-2).join('/')).join(', ')}`,
  });
}

async function secondsOf(step: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await step();
  return (performance.now() - started) / 1000;
}

async function deploy(azure: LocalAzure, record: ModelRecord, evidence: Record<string, string>): Promise<void> {
  const { serviceConnectionId: azureSubscription, resourceGroup, location } = localCloud;
  const { result, log } = await runBuiltTask('DeployACI', {
    job: new TestJob('build', azure),
    inputs: {
      ...{ azureSubscription, resourceGroup, location, containerGroup: group, dnsNameLabel: group },
      ...{ userAssignedIdentity: 'quick-starts-identity', recordFile: 'record/mlops-record.json' },
      ...evidence,
    },
    files: { 'record/mlops-record.json': JSON.stringify(record) },
  });
  if (result !== 'succeeded') throw new Error(log.join('\n'));
}
