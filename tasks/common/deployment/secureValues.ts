import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';
import type { ContainerGroup } from '../azure/containerGroups/containerGroups';

/**
 * Puts the secure values of a complete definition into one that Azure gave back, which has none: to each secret
 * environment variable, registry user, storage account and Log Analytics workspace the value that the other one has under the same name.
 * @returns the definition, and what is missing still, e.g. "the environment variable DB_PASSWORD of the container scoring"
 */
export function withSecureValues(
  group: ContainerGroup,
  complete: ContainerGroup,
): { definition: ContainerGroup; missing: string[] } {
  const missing: string[] = [];
  const found = <T>(value: T | undefined, what: string): T | undefined => {
    if (value === undefined) missing.push(what);
    return value;
  };
  const containers = group.containers.map((container) => {
    const known = complete.containers.find(({ name }) => name === container.name)?.environmentVariables;
    const environmentVariables = container.environmentVariables?.map((variable) => {
      // A plain variable has a value, be it empty; of a secret one Azure says only the name.
      if (variable.value != null) return variable;
      const secureValue = known?.find(({ name }) => name === variable.name)?.secureValue;
      const what = `the environment variable ${variable.name} of the container ${container.name}`;
      return { name: variable.name, secureValue: found(secureValue, what) };
    });
    return { ...container, environmentVariables };
  });
  const imageRegistryCredentials = group.imageRegistryCredentials?.map((credential) => {
    if (!credential.username) return credential;
    const known = complete.imageRegistryCredentials?.find(
      ({ server, username }) => server === credential.server && username === credential.username,
    );
    return { ...credential, password: found(known?.password, `the password for the registry ${credential.server}`) };
  });
  const logAnalytics = group.diagnostics?.logAnalytics;
  const known = complete.diagnostics?.logAnalytics;
  const diagnostics = logAnalytics && {
    logAnalytics: {
      ...logAnalytics,
      workspaceKey: found(
        known?.workspaceId === logAnalytics.workspaceId ? known.workspaceKey : undefined,
        `the key of the Log Analytics workspace ${logAnalytics.workspaceId}`,
      )!,
    },
  };
  const volumes = group.volumes?.map((volume) => {
    const { name, azureFile, secret } = volume;
    if (secret) missing.push(`the files of the secret volume ${name}`);
    if (!azureFile) return volume;
    const { storageAccountName: account } = azureFile;
    const known = complete.volumes?.find((each) => each.azureFile?.storageAccountName === account)?.azureFile;
    const key = found(known?.storageAccountKey, `the key of the storage account ${account}`);
    return { ...volume, azureFile: { ...azureFile, storageAccountKey: key } };
  });
  return { definition: { ...group, containers, imageRegistryCredentials, diagnostics, volumes }, missing };
}

/** Every secure value of a definition with its place, in an order that does not depend on the definition's. */
function secureValuesOf(definition: ContainerGroup): string {
  const environment = definition.containers.flatMap(({ name: container, environmentVariables = [] }) =>
    environmentVariables.flatMap(({ name, secureValue }) =>
      secureValue === undefined ? [] : [[container, name, secureValue]],
    ),
  );
  const passwords = (definition.imageRegistryCredentials ?? []).flatMap(({ server, password }) =>
    password ? [[server, password]] : [],
  );
  const shares = (definition.volumes ?? []).flatMap(({ azureFile }) =>
    azureFile?.storageAccountKey ? [[azureFile.storageAccountName, azureFile.storageAccountKey]] : [],
  );
  const key = definition.diagnostics?.logAnalytics?.workspaceKey;
  const values = [...environment, ...passwords, ...shares, ...(key ? [[key]] : [])].map((each) => JSON.stringify(each));
  return values.sort().join('\n');
}

/**
 * A fingerprint of the secure values, by which a later run sees whether they changed. Tags are readable to everyone who
 * may read the group, so it is a slow, salted one (scrypt), as for a stored password.
 * @returns undefined where the definition has no secure values
 */
export function fingerprint(definition: ContainerGroup, salt = randomBytes(16)): string | undefined {
  const values = secureValuesOf(definition);
  if (values === '') return undefined;
  return `scrypt.${salt.toString('base64url')}.${scryptSync(values, salt, 32).toString('base64url')}`;
}

/** Whether the fingerprint is that of these secure values. */
export function hasFingerprint(definition: ContainerGroup, stored: string | undefined): boolean {
  if (!stored) return secureValuesOf(definition) === '';
  const salt = /^scrypt\.([\w-]+)\.[\w-]+$/.exec(stored)?.[1];
  const expected = salt && fingerprint(definition, Buffer.from(salt, 'base64url'));
  if (!expected || stored.length !== expected.length) return false;
  return timingSafeEqual(Buffer.from(stored), Buffer.from(expected));
}
