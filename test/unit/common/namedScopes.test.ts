import assert from 'node:assert/strict';
import { onlyIdentity } from '../../../tasks/common/azure/containerGroups/userAssignedIdentity';
import type { AzureSession } from '../../../tasks/common/azure/http/session';
import type { Workspace } from '../../../tasks/common/azure/ml/workspace';
import { registryOfWorkspace, registryScope } from '../../../tasks/common/azure/registry/registryScope';

const session = { connection: { subscriptionId: '00000000-0000-0000-0000-000000000001' } } as unknown as AzureSession;
const subscription = '--subscription "00000000-0000-0000-0000-000000000001"';

describe('The command that looks up what only a name tells', () => {
  for (const [given, query] of [
    ['Models', "name=='models' || starts_with(loginServer, 'models.')"],
    ['models/', "name=='models' || starts_with(loginServer, 'models.')"],
    ['https://Models.azurecr.io/', "loginServer=='models.azurecr.io'"],
    ['models-h4sh.azurecr.io', "loginServer=='models-h4sh.azurecr.io'"],
  ] as const) {
    it(`finds the registry ${given} as the task does, in the subscription of the connection`, () =>
      assert.equal(registryScope(session, given).command, `az acr list ${subscription} --query "[?${query}].id" --output tsv`)); // prettier-ignore
  }

  const id = '/subscriptions/s/resourceGroups/Größe_(1)/providers/Microsoft.MachineLearningServices/workspaces/w-1';
  const ofWorkspace = (named: string) => registryOfWorkspace({ id: named, name: 'w' } as unknown as Workspace).command;
  const ofGroup = (name: string) => onlyIdentity(session, name, () => Promise.resolve([])).command;

  it('takes the names that Azure has', () => {
    assert.equal(ofWorkspace(id), `az resource show --ids "${id}" --query properties.containerRegistry --output tsv`);
    assert.equal(ofGroup('Größe_(1)'), `az group show ${subscription} --name "Größe_(1)" --query id --output tsv`);
  });

  for (const name of [
    '$(touch${IFS}pwned).io',
    '`id`',
    'a"b',
    "a'] || [?'b",
    'a b',
    'a\\b',
    'a!b',
    'a\nb',
    '-g',
    '%PATH%',
    '',
  ]) {
    it(`is not shown with ${JSON.stringify(name)}, which it would run or misread`, () => {
      assert.equal(registryScope(session, name).command, undefined);
      assert.equal(ofGroup(name), undefined);
      assert.equal(ofWorkspace(name), undefined);
    });
  }
});
