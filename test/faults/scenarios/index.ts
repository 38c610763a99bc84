import type { Scenario } from '../scenario';
import { deploy, deploySick, deploySickUpdate, deployUpdate } from './deploy';
import { evaluate, evaluateByJobs } from './evaluate';
import { packageImage } from './packageImage';
import { deployPostJob, evaluatePostJob, packagePostJob, trainPostJob } from './postJobs';
import { testEndpoint, testEndpointPromotion, testEndpointRollback, testEndpointScoring } from './testEndpoint';
import { train } from './train';

/** Each task, in each way that makes it ask Azure for something else. */
export const scenarios: Scenario[] = [
  train,
  trainPostJob,
  evaluate,
  evaluateByJobs,
  evaluatePostJob,
  packageImage,
  packagePostJob,
  deploy,
  deployUpdate,
  deploySick,
  deploySickUpdate,
  deployPostJob,
  testEndpoint,
  testEndpointRollback,
  testEndpointPromotion,
  testEndpointScoring,
];
