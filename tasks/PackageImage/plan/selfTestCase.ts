import type { GivenRequest } from '../../common/requestsFile/givenRequest';

/** One request of a self-test, as it goes over the wire, and what its answer must be. */
export type SelfTestCase = Pick<
  GivenRequest,
  'name' | 'method' | 'path' | 'headers' | 'body' | 'expectStatus' | 'expectedText' | 'tolerance'
>;
