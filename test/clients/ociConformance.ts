import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { goModule } from './installation';
import type { Client, Tried } from './world';

interface TestCase {
  '@_classname': string;
  '@_name': string;
  '@_status': 'passed' | 'skipped' | 'failure' | 'error';
  failure?: { '@_message'?: string };
}

/** The suite by which registries show that they follow the OCI distribution specification. */
export const ociConformance: Client = {
  name: 'OCI conformance suite',
  version: '1.1',
  install: () =>
    goModule('github.com/opencontainers/distribution-spec/conformance', 'v0.0.0-20260831232431-97274622c111'),
  async run({ execute, environment }, program) {
    const results = mkdtempSync(join(tmpdir(), 'conformance-'));
    try {
      const { output } = await execute(program, [], {
        OCI_REGISTRY: environment.LOGIN_SERVER ?? '',
        OCI_USERNAME: environment.CLIENT ?? '',
        OCI_PASSWORD: environment.SECRET ?? '',
        OCI_RESULTS_DIR: results,
        // What ACR does beyond what the specification asks; and that it knows only sha256.
        OCI_API_BLOBS_DIGEST_HEADER: 'true',
        OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
        OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
        OCI_DATA_SHA512: 'false',
      });
      return readReport(join(results, 'junit.xml'), output);
    } finally {
      rmSync(results, { recursive: true });
    }
  },
};

function readReport(file: string, output: string): Tried[] {
  const parser = new XMLParser({ ignoreAttributes: false, isArray: (name) => name === 'testcase' || name === 'testsuite' }); // prettier-ignore
  const report = parser.parse(readFileSync(file, 'utf8')) as {
    testsuites: { testsuite: Array<{ testcase: TestCase[] }> };
  };
  const cases = report.testsuites.testsuite.flatMap(({ testcase }) => testcase);
  if (cases.length < 500) return [{ operation: 'the suite', outcome: 'wrong', detail: output.slice(-300) }];
  return cases
    .filter((each) => each['@_status'] !== 'skipped')
    .map((each) => ({
      operation: `${each['@_classname']} ${each['@_name']}`,
      outcome: each['@_status'] === 'passed' ? 'right' : 'wrong',
      detail: each.failure?.['@_message'] ?? '',
    }));
}
