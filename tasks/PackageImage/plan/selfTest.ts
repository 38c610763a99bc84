import { textFile, type ContextFile } from '../context/buildContext';
import answers from '../python/mlops_answers.py';
import outcome from '../python/mlops_outcome.py';
import script from '../python/self_test.py';

/** One request of a self-test, as it goes over the wire, and what its answer must be. */
export interface SelfTestCase {
  readonly name: string;
  readonly method: string;
  /** Where it goes other than to the scoring path. */
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** A status, or a class of them such as 2xx. */
  readonly expectStatus: number | string;
  /** JSON text, so that no digit is lost; undefined where any answer of that status is right. */
  readonly expected?: string;
  readonly tolerance?: { readonly absolute: number; readonly relative: number };
}

/** How an image is tried before it is pushed. Without a request it is only started. */
export interface SelfTest {
  /** What the target will set for the container. */
  readonly environment: Readonly<Record<string, string>>;
  readonly cases: readonly SelfTestCase[];
}

/** The scripts of python/ that a test needs, and what it is to do, as files of the folder check/. */
export function selfTestFiles(test: SelfTest): ContextFile[] {
  return [
    textFile('check/mlops_answers.py', answers),
    textFile('check/mlops_outcome.py', outcome),
    textFile('check/self_test.json', selfTestOrder(test)),
    textFile('check/self_test.py', script),
  ];
}

function selfTestOrder({ environment, cases }: SelfTest): string {
  const requests = cases.map(({ body, ...rest }) => ({ ...rest, body: body.toString('base64') }));
  return JSON.stringify({ environment, requests });
}
