import assert from 'node:assert/strict';
import sinon from 'sinon';
import { AzureFailure } from '../../../tasks/common/azure/http/azureFailure';
import type { AzureSession } from '../../../tasks/common/azure/http/session';
import { allows } from '../../../tasks/common/azure/rights/permissions';
import { HiddenResource, type NeededRole, type TriedRole } from '../../../tasks/common/azure/rights/neededRole';
import { requireRights } from '../../../tasks/common/azure/rights/requireRights';

const workspace = '/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w';
const registry = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r';
const train: NeededRole = {
  role: 'AzureML Data Scientist',
  scope: workspace,
  actions: ['Microsoft.MachineLearningServices/workspaces/jobs/write'],
  purpose: 'to run jobs',
};
const push: NeededRole = {
  role: 'AcrPush',
  scope: registry,
  actions: [['Microsoft.ContainerRegistry/registries/push/write', 'Microsoft.ContainerRegistry/registries/repositories/content/write']], // prettier-ignore
  purpose: 'to push images',
};

type Permissions = Array<Record<string, string[]>>;

/** @param at what Azure answers for a scope; a function throws it */
function check(
  needed: Array<NeededRole | TriedRole>,
  at: Record<string, Permissions | Error>,
  asked: string[] = [],
  warnings: string[] = [],
): Promise<void> {
  const claims = Buffer.from(JSON.stringify({ oid: 'principal-7', sub: 'subject' })).toString('base64url');
  const session = {
    connection: { name: 'my-connection' },
    token: () => Promise.resolve({ token: `x.${claims}.x` }),
    request: ({ url }: { url: string }) => {
      asked.push(url);
      const answer = at[url.replace('/providers/Microsoft.Authorization/permissions', '')] ?? [];
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve({ body: { value: answer } });
    },
  };
  const log = { debug: () => undefined, warning: (text: string) => void warnings.push(text) };
  const context = { log, signal: new AbortController().signal };
  return requireRights(session as unknown as AzureSession, needed, context as never);
}

describe('rights that a task needs', () => {
  it('are there by whatever role allows them', async () => {
    await check([train, push], { [workspace]: [{ actions: ['*'] }], [registry]: [{ actions: ['*'] }] });
  });

  it('that are missing are named all at once, with the command that grants each', async () => {
    await assert.rejects(check([train, push], { [registry]: [{ actions: ['*/read'] }] }), ({ message }: Error) => {
      assert.match(message, /identity of the service connection my-connection lacks 2 roles/);
      for (const { role, scope } of [train, push]) {
        const command = `az role assignment create --assignee-object-id principal-7 --assignee-principal-type ServicePrincipal --role "${role}" --scope "${scope as string}"`;
        assert.ok(message.includes(command), message);
      }
      assert.match(message, /on the registry r, to push images/);
      return true;
    });
  });

  it('are read once for each place, however many are needed there', async () => {
    const asked: string[] = [];
    const delegate = { ...push, role: 'Reader', actions: ['Microsoft.ContainerRegistry/registries/read'] };
    await check(
      [push, delegate, train],
      { [workspace]: [{ actions: ['*'] }], [registry]: [{ actions: ['*'] }] },
      asked,
    );
    assert.deepEqual(
      asked,
      [registry, workspace].map((scope) => `${scope}/providers/Microsoft.Authorization/permissions`),
    );
  });

  it('are read on their resource group once, where a role is best given there', async () => {
    const group = '/subscriptions/s/resourceGroups/g';
    const run = { ...train, scope: `${group}/providers/x/containerGroups/c`, assignedOn: group };
    const asked: string[] = [];
    const paths = () => asked.splice(0).map((url) => url.replace('/providers/Microsoft.Authorization/permissions', ''));
    await check([run, push], { [group]: [{ actions: ['*'] }] }, asked);
    assert.deepEqual(paths(), [group]);
    // What the group does not allow, or does not show, its resources may.
    const onEach = { [run.scope]: [{ actions: ['*'] }], [registry]: [{ actions: ['*'] }] };
    for (const shown of [[{ actions: ['*/read'] }], new Error('403')]) {
      await check([run, push], { [group]: shown, ...onEach }, asked);
      assert.deepEqual(paths(), [group, run.scope, registry]);
    }
    await assert.rejects(check([run, push], { [group]: [] }), /lacks 2 roles/);
  });

  describe('on what only a name tells', () => {
    const named = (find: () => Promise<string | undefined>) =>
      ({ ...push, scope: { find, called: 'the registry r', command: 'az acr show' } }) as const;
    const refused = new AzureFailure('Azure answered 403.', undefined, 403, 'AuthorizationFailed', '', undefined);

    it('are checked where it is', async () => {
      const needed = [named(() => Promise.resolve(registry))];
      await check(needed, { [registry]: [{ actions: ['*'] }] });
      await assert.rejects(check(needed, {}), ({ message }: Error) => message.includes(`--scope "${registry}"`));
    });

    for (const failure of [refused, new HiddenResource('It sees none.')]) {
      it(`are named with the others, with the command that looks it up, after: ${failure.message}`, () =>
        assert.rejects(check([train, named(() => Promise.reject(failure))], {}), ({ message }: Error) => {
          assert.match(message, /lacks 2 roles:\n.*AzureML Data Scientist on the workspace w/);
          assert.match(message, /AcrPush on the registry r, to push images \(it could not be looked up/);
          assert.match(message, /^ {4}id=\$\(az acr show\)\n {4}az role assignment create .* --role "AcrPush" --scope "\$\{id:\?not found\}"/m); // prettier-ignore
          return true;
        }));
    }

    it('have no command where a name could be one itself', async () => {
      const called = 'the registry $(x).io';
      const hidden = { ...push, scope: { find: () => Promise.reject(refused), called, command: undefined } };
      const forged = { ...push, scope: '/subscriptions/s/resourceGroups/$(x)/providers/y/z' };
      for (const need of [hidden, forged]) {
        await assert.rejects(check([need], {}), ({ message }: Error) => {
          assert.match(
            message,
            /\n {4}No command is shown: this name holds characters that names in Azure do not have/,
          );
          assert.doesNotMatch(message, /az role|id=/);
          return true;
        });
      }
    });

    it('hold no run up where there is no such thing, or Azure does not answer', () =>
      check([named(() => Promise.resolve(undefined)), named(() => Promise.reject(new Error('a network that fails')))], {})); // prettier-ignore
  });

  it('that only a try shows are named with the others', async () => {
    const tried = (role?: string): TriedRole => ({
      missing: () =>
        Promise.resolve(role ? { what: `${role} on the key vault v`, purpose: 'to sign', grant: ({ id }) => `grant ${id}` } : undefined), // prettier-ignore
    });
    await check([tried()], {});
    await assert.rejects(check([train, tried('Key Vault Crypto User')], {}), ({ message }: Error) => {
      assert.match(message, /lacks 2 roles:\n.*workspace w.*\n.*\n {2}- Key Vault Crypto User on the key vault v, to sign:\n {4}grant principal-7 \n/); // prettier-ignore
      return true;
    });
    const failing: TriedRole = { missing: () => Promise.reject(new Error('a network that fails')) };
    await check([failing], {});
  });

  it('are a warning while none is missing but those that can wait', async () => {
    const later = { ...push, canWait: true };
    const warnings: string[] = [];
    await check([train, later], { [workspace]: [{ actions: ['*'] }] }, [], warnings);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /lacks a role:\n {2}- AcrPush on the registry r, to push images:\n {4}az role assignment create /); // prettier-ignore
    await assert.rejects(check([train, later], {}, [], warnings), /lacks 2 roles/);
    assert.equal(warnings.length, 1);
  });

  describe('that cannot be found out in time', () => {
    let clock: sinon.SinonFakeTimers;
    beforeEach(() => (clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })));
    afterEach(() => clock.restore());

    it('hold no run up', async () => {
      const stops: AbortSignal[] = [];
      const silent = (signal: AbortSignal) => {
        stops.push(signal);
        return new Promise<never>(() => undefined);
      };
      const named = { ...push, scope: { find: silent, called: 'the registry r', command: 'az acr show' } };
      const checked = check([{ missing: silent }, named], {});
      await clock.tickAsync(15_000);
      await checked;
      assert.deepEqual(
        stops.map(({ aborted }) => aborted),
        [true, true],
      );
    });
  });

  it('may be rights on data instead, as on a registry with ABAC repository permissions', async () => {
    const writer = { dataActions: ['Microsoft.ContainerRegistry/registries/repositories/content/write'] };
    await check([push], { [registry]: [writer] });
  });

  it('that Azure does not tell hold no run up', async () => {
    const refused = new AzureFailure('Azure answered 403.', undefined, 403, 'AuthorizationFailed', '', undefined);
    await check([train, push], { [workspace]: refused, [registry]: new Error('a network that fails') });
  });

  for (const [permission, action, allowed] of [
    [{ actions: ['*'] }, 'Microsoft.A/b/write', true],
    [{ actions: ['Microsoft.A/b/*'], notActions: ['Microsoft.A/*/write'] }, 'Microsoft.A/b/write', false],
    [{ actions: ['Microsoft.A/b/*/read'] }, 'Microsoft.A/b/read', true],
    [{ actions: ['Microsoft.A/b/*/read'] }, 'Microsoft.A/b/c/d/read', true],
    [{ actions: ['Microsoft.A/b/*/read'] }, 'Microsoft.A/bc/read', false],
    [{ actions: ['microsoft.a/B/READ'] }, 'Microsoft.A/b/read', true],
    [{ actions: ['*/read'] }, 'Microsoft.A/b/write', false],
    [{ actions: ['Microsoft.A/b.c/read'] }, 'Microsoft.A/bxc/read', false],
    [{}, 'Microsoft.A/b/read', false],
  ] as const) {
    it(`${JSON.stringify(permission)} ${allowed ? 'allows' : 'does not allow'} ${action}`, () =>
      assert.equal(allows([permission], action), allowed));
  }

  it('add up over roles, and what one takes away another gives', () => {
    const roles = [{ actions: ['*'], notActions: ['Microsoft.A/b/write'] }, { actions: ['Microsoft.A/b/write'] }];
    assert.ok(allows(roles, 'Microsoft.A/b/write'));
  });
});
