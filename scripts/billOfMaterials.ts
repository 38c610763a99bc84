/**
 * bom.cdx.json of the extension: every package that stands in a bundle, as CycloneDX 1.5, so that a scanner finds the ones that a
 * vulnerability was told of. It holds no time and no random id: the same sources make the same bytes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const billOfMaterialsFile = 'bom.cdx.json';

interface Lock {
  packages: Record<string, { version?: string; integrity?: string; license?: string }>;
}

/**
 * @param folders of the bundled packages, relative to `root`; a package may be named more than once
 * @param subject what the packages are bundled into
 */
export function billOfMaterials(
  root: string,
  folders: readonly string[],
  subject: { readonly name: string; readonly version: string },
): string {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
  // A folder of packages may be a link to another place.
  const locations = folders.map((folder) => folder.slice(folder.indexOf('node_modules/')));
  const components = [...new Set(locations)].sort().map((folder) => {
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const locked = packages[folder];
    if (!locked?.version) throw new Error(`package-lock.json does not know ${folder}.`);
    const purl = `pkg:npm/${name.replace('@', '%40')}@${locked.version}`;
    return {
      type: 'library',
      'bom-ref': folder,
      name,
      version: locked.version,
      purl,
      ...(locked.license && { licenses: [{ license: { id: locked.license } }] }),
      ...(locked.integrity && { hashes: [hashOf(locked.integrity)] }),
    };
  });
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', 'bom-ref': subject.name, ...subject } },
    components,
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** Of what the registry handed out: "sha512-…" in base64, as npm writes it. */
function hashOf(integrity: string): { alg: string; content: string } {
  const [algorithm = '', digest = ''] = integrity.split('-', 2);
  return {
    alg: algorithm.replace(/^sha(\d)/, 'SHA-$1').toUpperCase(),
    content: Buffer.from(digest, 'base64').toString('hex'),
  };
}
