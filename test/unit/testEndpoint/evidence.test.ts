import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import { HiddenResource } from '../../../tasks/common/azure/rights/neededRole';
import { TooMuchAttached, type RegistryContents } from '../../../tasks/common/azure/registry/containerRegistryContents';
import { privateKeySigner } from '../../../tasks/common/evidence/signer';
import { TrustedKeys } from '../../../tasks/common/evidence/trustedKeys';
import { Secrets } from '../../../tasks/common/secrets';
import { TaskFailure } from '../../../tasks/common/taskFailure';
import { prepareSigning } from '../../../tasks/TestEndpoint/evidence/signRelease';
import { testEvidence } from '../../../tasks/TestEndpoint/evidence/testEvidence';
import { CaseLedger } from '../../../tasks/TestEndpoint/report/caseLedger';
import type { TestRun } from '../../../tasks/TestEndpoint/testRun';
import { taskContext } from '../../support/taskContext';
import { exampleRecord } from '../common/modelCard/exampleRecord';
import { MemoryRegistry } from '../common/evidence/memoryRegistry';
import { azureDoubles } from './azureDoubles';

const away = new AzureFailure('Azure answered 503.', undefined, 503, 'ServiceUnavailable', '', undefined);
const { privateKey: key } = generateKeyPairSync('ed25519');

describe('Test-Endpoint: signed evidence', () => {
  const record = exampleRecord();
  const subject = {
    ...{ record, requests: [], secrets: new Secrets([]) },
    target: { scoringUri: new URL(record.deployment!.scoringUri), isOfRecord: true },
  };
  const { context } = taskContext('.');

  for (const [title, error, isInconclusive] of [
    ['more is attached than is read', new TooMuchAttached('It does not end.'), true],
    ['Azure is away', away, true],
    ['nothing vouches for it', new TaskFailure('Nothing vouches for it.'), false],
  ] as const) {
    it(`${isInconclusive ? 'says nothing' : 'speaks'} against the deployment where ${title}`, async () => {
      const registry = Object.assign(new MemoryRegistry(), { referrers: () => Promise.reject(error) });
      const { azure } = azureDoubles();
      const services = {
        ...azure,
        registry: () => Promise.resolve(registry as unknown as RegistryContents),
        trustedKeys: () => new TrustedKeys([], { key: () => assert.fail() }),
      };
      const ledger = new CaseLedger(context.log, subject.secrets);
      const run = { inputs: { trustedKeys: [] }, subject, azure: services, ledger, context };
      await testEvidence(run as unknown as TestRun);
      assert.deepEqual(
        ledger.cases.map((each) => [each.outcome, each.isInconclusive, each.message]),
        [['failed', isInconclusive, error.message]],
      );
    });
  }

  describe('of what was tested', () => {
    /** Azure's answers when it is asked for the registry, one after another. */
    function prepare(...answers: Array<Error | MemoryRegistry>) {
      const registry = () => {
        const next = answers.shift()!;
        return next instanceof Error ? Promise.reject(next) : Promise.resolve(next as unknown as RegistryContents);
      };
      const signer = () => Promise.resolve(privateKeySigner(key));
      const services = { ...azureDoubles().azure, registry, signer };
      return prepareSigning({ signingKey: { kind: 'privateKey', key } }, subject, services, context);
    }
    const section = record.tests!;

    it('does not keep the tests from running while Azure is away', async () => {
      const sign = await prepare(away, away);
      assert.deepEqual(await sign(section), { failure: 'What was tested could not be signed: Azure answered 503.' });
    });

    it('does not keep the tests, and a roll-back, from running where no registry is shown', async () => {
      const hidden = new HiddenResource('It sees none.');
      const sign = await prepare(hidden, hidden);
      assert.deepEqual(await sign(section), { failure: 'What was tested could not be signed: It sees none.' });
    });

    it('is refused before the tests where the record names no image', () => {
      const image = `$(touch\${IFS}pwned).io/a@sha256:${'a'.repeat(64)}`;
      const forged = { ...record, deployment: { ...record.deployment!, image } };
      const made = prepareSigning({ signingKey: { kind: 'privateKey', key } }, { ...subject, record: forged }, azureDoubles().azure, context); // prettier-ignore
      return assert.rejects(made, /The record's deployment names "\$\(touch.*which is not a valid image reference/);
    });

    it('is signed where Azure is back after the tests', async () => {
      const sign = await prepare(away, new MemoryRegistry());
      assert.equal((await sign(section)).attestations!.statements.length, 1);
    });

    it('is refused before the tests where an input is wrong', () =>
      assert.rejects(prepare(new TaskFailure('Input imageConnection: it is of another.')), /imageConnection/));
  });
});
