import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';

/** CycloneDX's own schema of its version 1.5, as its library carries it. */
export function cycloneDxSchema(): ValidateFunction {
  const folder = path.join(__dirname, '../../node_modules/@cyclonedx/cyclonedx-library/res/schema');
  const read = (name: string) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')) as object;
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of ['spdx.SNAPSHOT.schema.json', 'jsf-0.82.SNAPSHOT.schema.json']) {
    ajv.addSchema({ ...read(name), $id: `http://cyclonedx.org/schema/${name}` });
  }
  return ajv.compile(read('bom-1.5.SNAPSHOT.schema.json'));
}
