import assert from 'node:assert/strict';
import type { AzureRequest, AzureSession } from '../../../tasks/common/azure/http/session';
import { registryIdOf } from '../../../tasks/common/azure/registry/registryIdOf';

const idOf = (subscription: string, name: string) =>
  `/subscriptions/${subscription}/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/${name}`;

describe("The image's registry", () => {
  const registries = [idOf('own', 'mine'), idOf('own', 'others'), idOf('shared', 'shared')].map((id) => {
    const name = id.split('/').pop()!;
    return { id, name, properties: { loginServer: `${name}.azurecr.io` } };
  });
  const session = {
    connection: { subscriptionId: 'own' },
    request: ({ url }: AzureRequest) =>
      Promise.resolve({
        body: registries.find(({ id }) => id === url) ?? {
          value: registries.filter(({ id }) => id.startsWith('/subscriptions/own/')),
        },
      }),
  } as unknown as AzureSession;
  const find = (registry: string, registryId?: string) => registryIdOf({ registry, registryId }, session);

  it('is the one of the record, of another subscription too', async () => {
    assert.equal(await find('Shared.azurecr.io', idOf('shared', 'shared')), idOf('shared', 'shared'));
  });

  it('is found by its login server where the record says nothing, or speaks of another', async () => {
    assert.equal(await find('mine.azurecr.io'), idOf('own', 'mine'));
    assert.equal(await find('mine.azurecr.io', idOf('own', 'others')), idOf('own', 'mine'));
  });

  it("is none where the record pairs a registry's id with another host, which would get its password", async () => {
    await assert.rejects(
      find('mine.azurecr.io.other.example', idOf('own', 'mine')),
      /not among the container registries/,
    );
  });
});
