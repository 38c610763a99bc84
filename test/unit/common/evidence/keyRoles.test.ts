import assert from 'node:assert/strict';
import { AzureFailure } from '../../../../tasks/common/azure/http/azureFailure';
import { parseKeyId } from '../../../../tasks/common/azure/keyVault/keyId';
import { KeyRoleMissing } from '../../../../tasks/common/azure/keyVault/keyRefusal';
import { keyRoles, type KeyUse } from '../../../../tasks/common/azure/keyVault/keyRoles';

const vaultId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v';
const refusal = new AzureFailure('Azure answered 403.', undefined, 403, 'Forbidden', '', undefined);
const refuse = (id?: string) => () => Promise.reject(new KeyRoleMissing('It may not.', '', refusal, id));
const held = () => Promise.resolve();
const { signal } = new AbortController();

describe('The roles on keys', () => {
  const key = (path: string, vault = 'v') => parseKeyId(`https://${vault}.vault.azure.net/keys/${path}`)!;
  const found = async (...uses: KeyUse[]) => {
    const missing = await Promise.all(keyRoles(uses).map((each) => each.missing(signal)));
    return missing.filter((each) => each !== undefined);
  };
  const commands = async (...uses: KeyUse[]) => (await found(...uses)).map(({ grant }) => grant({ id: 'p' }));
  const policy = (vault: string, permissions: string) => `az keyvault set-policy --name ${vault} --object-id p --key-permissions ${permissions}`; // prettier-ignore

  it('of one vault are granted by one command, as a second would take back what the first gave', async () => {
    const sign = { id: key('release'), use: 'sign', attempt: refuse() } as const;
    const verify = { id: key('release/0a1b'), use: 'verify', attempt: refuse() } as const;
    for (const uses of [
      [sign, verify],
      [verify, sign],
      [{ ...sign, attempt: held }, verify],
    ]) {
      assert.deepEqual(await commands(...uses), [policy('v', 'get sign')]);
    }
    const [missing] = await found(sign, verify);
    assert.match(missing!.purpose, /^to sign with the key release and to verify with the key release \(/);
    assert.deepEqual(await commands(sign, { ...verify, id: key('release', 'other') }), [policy('v', 'get sign'), policy('other', 'get')]); // prettier-ignore
  });

  it('of one vault that goes by roles are one role, that which does for all', async () => {
    const attempt = refuse(vaultId);
    const [both, ...others] = await commands(
      { id: key('a'), use: 'verify', attempt },
      { id: key('b'), use: 'sign', attempt },
    );
    assert.match(both!, /--role "Key Vault Crypto User" --scope "\/subscriptions\/s\/.*\/vaults\/v"$/);
    assert.deepEqual(others, []);
    const [reader] = await commands({ id: key('a'), use: 'verify', attempt }, { id: key('b'), use: 'sign', attempt: held }); // prettier-ignore
    assert.match(reader!, /--role "Key Vault Reader"/);
  });

  it('can wait while only what can wait needs them', async () => {
    const sign = { id: key('a'), use: 'sign', canWait: true, attempt: refuse() } as const;
    const verify = { id: key('a'), use: 'verify', attempt: held } as const;
    const waits = async (...uses: KeyUse[]) => (await found(...uses)).map(({ canWait }) => canWait);
    assert.deepEqual(await waits(sign, verify), [true]);
    assert.deepEqual(await waits(sign, { ...verify, attempt: refuse() }), [false]);
    assert.deepEqual(await waits({ ...sign, canWait: false }), [false]);
  });

  it('are not missing where the vault cannot be asked', () =>
    assert.rejects(found({ id: key('a'), use: 'sign', attempt: () => Promise.reject(new Error('away')) }), /away/));
});
