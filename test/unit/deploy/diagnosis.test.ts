import assert from 'node:assert/strict';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { ContainerGroup } from '../../../tasks/common/azure/containerGroups/containerGroups';
import { diagnose } from '../../../tasks/common/deployment/diagnosis';
import { withCircumstances } from '../../../tasks/common/deployment/circumstances';
import type { Cause } from '../../../tasks/common/deployment/causes';
import { NotReady } from '../../../tasks/common/deployment/readiness';
import { TaskFailure } from '../../../tasks/common/taskFailure';
import { azureError, definitionOf, FakeContainerInstances } from './fakeContainerInstances';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

describe('What is said of a deployment that failed', () => {
  let azure: FakeContainerInstances;
  beforeEach(() => {
    azure = new FakeContainerInstances();
  });
  const definition = definitionOf('one');
  const diagnosed = (error: unknown) =>
    diagnose(error, { groups: azure.groups, name: 'estimator', definition, minutes: 2 }, azure.ports);

  const crashed = (view: object = {}): ContainerGroup => ({
    ...definition,
    provisioningState: 'Succeeded',
    containers: [
      {
        ...definition.containers[0]!,
        instanceView: {
          restartCount: 3,
          currentState: { state: 'Waiting', detailStatus: 'CrashLoopBackOff' },
          previousState: {
            state: 'Terminated',
            exitCode: 0,
            startTime: at(1),
            finishTime: at(2),
            detailStatus: 'Error',
          },
          events: [
            { name: 'Pulled', type: 'Normal', message: 'pulled', count: 2, lastTimestamp: at(0) },
            { name: 'Killing', type: 'Warning', message: 'killed' },
          ],
          ...view,
        },
      },
    ],
  });
  const notReady = (group: ContainerGroup | undefined, failure?: AzureFailure) =>
    new NotReady('crashed', group, failure, undefined, undefined);

  it('is all that Azure shows of each container', async () => {
    azure.runs('estimator', definition);
    azure.behaviours['one'] = { log: ['first', 'second'] };
    const failure = await diagnosed(notReady(crashed()));
    assert.ok(failure instanceof TaskFailure);
    assert.ok(failure.cause instanceof NotReady);
    assert.deepEqual(azure.lines, [
      'Container scoring: state, events and the last 40 lines of its log',
      'image     one',
      'now       Waiting (CrashLoopBackOff)',
      'before    Terminated (Error) since 2026-01-01T00:00:01.000Z until 2026-01-01T00:00:02.000Z exit code 0',
      'restarts  3',
      'event     2026-01-01T00:00:00.000Z Normal Pulled (2): pulled',
      'event      Warning Killing (1): killed',
      'log       first',
      'log       second',
    ]);
  });

  it('is that nothing is known where Azure shows nothing', async () => {
    await diagnosed(notReady(crashed({ restartCount: undefined, currentState: undefined, previousState: { state: '' }, events: undefined }))); // prettier-ignore
    assert.deepEqual(azure.lines.slice(2), ['now       not known', 'before    not known', 'restarts  0']);
    azure.lines.length = 0;
    const [container] = definition.containers;
    await diagnosed(notReady({ ...definition, containers: [{ ...container!, instanceView: undefined }] }));
    assert.deepEqual(azure.lines.slice(4), ['restarts  0']);
    azure.lines.length = 0;
    await diagnosed(notReady(undefined));
    assert.deepEqual(azure.lines, []);
  });

  it('tells the exit code only of what has ended', async () => {
    await diagnosed(notReady(crashed({ currentState: { state: 'Running', exitCode: 0, startTime: at(3) } })));
    assert.equal(azure.lines[2], 'now       Running since 2026-01-01T00:00:03.000Z');
  });

  it('goes on without a log that cannot be read', async () => {
    Object.assign(azure.groups, { log: () => Promise.reject(new Error('no log now')) });
    const failure = await diagnosed(notReady(crashed()));
    assert.ok(failure instanceof TaskFailure);
    assert.deepEqual(azure.warnings, ['The log of the container scoring cannot be read: no log now']);
  });

  it('is nothing more once the run is cancelled', async () => {
    azure.controller.abort(new Error('cancelled'));
    Object.assign(azure.groups, { log: () => Promise.reject(new Error('aborted')) });
    await assert.rejects(diagnosed(notReady(crashed())), /aborted/);
  });

  it('is what Azure itself answered, unless that is of the sign-in or the network', async () => {
    const refused = await diagnosed(azureError({ code: 'InaccessibleImage', message: 'not accessible' }));
    assert.ok(refused instanceof TaskFailure);
    assert.match(refused.message, /could not be pulled/);
    for (const status of [401, 403, undefined]) {
      const error = new AzureFailure('no', undefined, status, 'X', 'no', undefined);
      assert.equal(await diagnosed(error), error, String(status));
    }
    for (const error of [new TypeError('a bug'), new TaskFailure('known')]) assert.equal(await diagnosed(error), error);
  });

  for (const [code, help] of [
    ['ContainerGroupQuotaReached', 'quota-and-capacity'],
    ['ServiceUnavailable', 'quota-and-capacity'],
    ['InaccessibleImage', 'the-image-cannot-be-pulled'],
    ['RegistryErrorResponse', 'the-image-cannot-be-pulled'],
    ['InvalidX', undefined],
  ] as const) {
    it(`leads to ${help ?? 'no chapter'} of the guide for ${code}`, async () => {
      const failure = await diagnosed(azureError({ code, message: '' }));
      assert.equal((failure as TaskFailure).help, help);
    });
  }

  const answered = (answer: NotReady['answer']) =>
    new NotReady('timeout', { ...definition, containers: [] }, undefined, answer, 'https://x/');
  const probed = [
    { name: 'Unhealthy', type: 'Warning', message: 'Liveness probe failed: x' },
    { name: 'Killing', type: 'Warning', message: 'killed' },
  ];
  const died = (exitCode: number, events: object[] = []) =>
    notReady(crashed({ previousState: { state: 'Terminated', exitCode }, events }));
  for (const [what, error, help] of [
    ['an untrusted certificate', answered({ fault: 'CERT_HAS_EXPIRED', message: '' }), 'certificates'],
    ['a crash in init()', died(3), 'the-container-does-not-serve'],
    ['another crash', died(1), 'the-container-does-not-serve'],
    ['a failing probe', died(137, probed), 'the-container-does-not-serve'],
    [
      'a port at which nobody listens',
      answered({ fault: 'ECONNREFUSED', message: '' }),
      'the-container-does-not-serve',
    ],
    ['a route that is not there', answered({ status: 404 }), 'the-container-does-not-serve'],
    ['a server that is not well', answered({ status: 503 }), 'the-container-does-not-serve'],
    ['a network in between', answered({ fault: 'ETIMEDOUT', message: '' }), 'the-container-does-not-serve'],
    ['an end in peace', died(0), undefined],
  ] as const) {
    it(`leads to ${help ?? 'no chapter'} of the guide for ${what}`, async () => {
      assert.equal(((await diagnosed(error)) as TaskFailure).help, help);
    });
  }

  it('is the reason of the operation, where Azure gave one', async () => {
    const told = azureError({
      code: 'ServiceUnavailable',
      message: 'The requested resource is not available in eastus',
    });
    const [withReason, without] = [await diagnosed(notReady(crashed(), told)), await diagnosed(notReady(crashed()))];
    assert.notEqual(withReason.message, without.message);
  });

  describe('and what surrounds it', () => {
    const cause = (name: string): Cause => ({ name, problem: 'It failed.', remedy: 'Do this.' }) as Cause;
    const identity = '/identities/puller';
    /** Azure's regions and usage, of which a test says what they answer; no identity exists. */
    let usage: () => Array<{ name: { value: string }; currentValue: number; limit: number }>;
    let asked: string[];
    beforeEach(() => {
      asked = [];
      usage = () => [{ name: { value: 'StandardCores' }, currentValue: 100, limit: 100 }];
      const list = async function* <T>(what: string, rows: () => T[]) {
        asked.push(what);
        await Promise.resolve();
        yield* rows();
      };
      const location = {
        listCapabilities: (region: string) =>
          list(region, () => [{ osType: 'Linux', capabilities: { maxCpu: 4, maxMemoryInGB: 16 } }]),
        listUsage: (region: string) => list(`usage of ${region}`, usage),
      };
      const request = async ({ url }: { url: string }) => {
        if (!url.includes('Microsoft.ContainerInstance')) throw azureError({ code: 'ResourceNotFound', message: '', status: 404 }); // prettier-ignore
        return { body: { resourceTypes: [{ resourceType: 'containerGroups', locations: ['East US', 'West US'] }] } };
      };
      Object.assign(azure.groups, {
        call: (_: string, __: AbortSignal, operation: (sdk: object, options: object) => unknown) => operation({ location }, {}), // prettier-ignore
        session: { connection: { subscriptionId: 's' }, request },
      });
    });
    const around = (name: string) =>
      withCircumstances(
        cause(name),
        azure.groups,
        { ...definitionOf('r.azurecr.io/one:1'), imageRegistryCredentials: [{ server: 'r.azurecr.io', identity }] },
        azure.ports,
      );

    it('is asked for by the cause', async () => {
      const access = await around('imageNotAccessible');
      assert.equal(access.problem, 'It failed. The identity /identities/puller does not exist.');
      assert.equal(access.remedy, 'Correct userAssignedIdentity.');
      assert.deepEqual(asked, []);
      const capacity = await around('capacity');
      assert.match(capacity.problem, /^It failed\. A group has at most 4 CPU and 16 GB in eastus\. By their limits it would fit in westus\.$/); // prettier-ignore
      assert.equal(capacity.remedy, 'Do this.');
      asked.length = 0;
      const quota = await around('quota');
      assert.equal(quota.problem, 'It failed. In use in eastus: 100 of 100 StandardCores.');
      assert.deepEqual(asked, ['usage of eastus']);
      asked.length = 0;
      assert.deepEqual(await around('crash'), cause('crash'));
      assert.deepEqual(asked, []);
    });

    it('changes nothing where nothing is found, or may be read', async () => {
      usage = () => [];
      assert.deepEqual(await around('quota'), cause('quota'));
      const noted: string[] = [];
      azure.ports.log.debug = (text) => void noted.push(text);
      usage = () => {
        throw new AzureFailure('Azure answered 403', undefined, 403, 'X', '', undefined);
      };
      assert.deepEqual(await around('quota'), cause('quota'));
      assert.deepEqual(noted, ['Looking further failed: Azure answered 403']);
    });

    it('ends with the run', async () => {
      azure.controller.abort(new Error('cancelled'));
      usage = () => {
        throw new Error('aborted');
      };
      await assert.rejects(around('quota'), /aborted/);
    });
  });
});
