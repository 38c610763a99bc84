import type { DnsFault, HttpFault } from '../../local/azure/faults/faultPlan';
import type { KnownFault } from '../../local/azure/faults/knownFaults';
import type { Operation } from './operations';

/** A way in which an operation may fail. */
export interface FaultClass {
  name: string;
  /** It passes by itself, and so must be ridden out. One that lasts may end in one clear error. */
  passes: boolean;
  /**
   * The client that all tasks share rides it out before whoever asked hears of it. Else the outcome is the caller's, who may take a
   * 404 for an answer or follow what it started.
   */
  isOfClient: boolean;
  meets(operation: Operation): boolean;
  fault(operation: Operation): Omit<HttpFault, 'kind'> | Omit<DnsFault, 'kind'>;
}

type Condition = (operation: Operation) => boolean;

const any: Condition = () => true;
/** What an endpoint answers in the midst of its tests is what is tested; at the start it may fail to answer. */
const ofAzure: Condition = ({ service }) => service !== 'endpoint';
const isRead: Condition = (operation) => ofAzure(operation) && /^(GET|HEAD)$/.test(operation.method);
const isWrite: Condition = (operation) => ofAzure(operation) && !isRead(operation);
const hasBody: Condition = (operation) => ofAzure(operation) && operation.method !== 'HEAD';
/** What is looked at again and again, as a job that runs; in the midst of it. */
const isFollowed: Condition = (operation) => isRead(operation) && operation.count >= 3;
/** Work that runs, of which one refusal says nothing. What MLflow keeps of a run is read of several runs, and followed of none. */
const isWork: Condition = ({ name }) =>
  /\/(runs|containerGroups)\/\*(\/details)?$/.test(name) && !name.includes('/mlflow/');
/** Where is asked for a file that a job may leave or not: that it is not there, said again and again, is an answer. */
const mayBeMissing: Condition = ({ name }) => /contentinfo$/.test(name);
const answers: Condition = ({ status }) => status < 300;
const speaksJson: Condition = ({ service }) => /^(arm|data plane|entra|pipelines)$/.test(service);
const takesTokens: Condition = ({ service }) => service === 'arm' || service === 'data plane';
const isStored: Condition = ({ service }) => service === 'blobs';
const isMade: Condition = ({ service }) => service === 'arm' || service === 'data plane' || service === 'registry';
const all =
  (...conditions: Condition[]): Condition =>
  (operation) =>
    conditions.every((condition) => condition(operation));

/** Of what is followed, not the first look, which may be another code path than the following; nor those that find nothing yet. */
const skipOf = (operation: Operation): number => (isFollowed(operation) ? (operation.status === 404 ? 3 : 1) : 0);
const endless = 1_000_000;

const ofClient = /^(reset|cut|stall|slow|408|429|5\d\d|401)/;

function once(name: KnownFault, meets: Condition, times = 1): FaultClass {
  return {
    name: times > 1 ? `${name} ×${times}` : name,
    passes: true,
    isOfClient: ofClient.test(name),
    meets,
    fault: (operation) => ({ ...operation.pattern, skip: skipOf(operation), times, action: name }),
  };
}

function lasting(name: KnownFault, meets: Condition): FaultClass {
  return {
    name: `${name} for ever`,
    passes: false,
    isOfClient: false,
    meets,
    fault: (operation) => ({ ...operation.pattern, skip: skipOf(operation), times: endless, action: name }),
  };
}

/** The name of the operation's host is not resolved at its first use. */
function unresolved(code: DnsFault['code'], times: number): FaultClass {
  const isForEver = times > 100;
  return {
    name: `DNS ${code}${isForEver ? ' for ever' : ` ×${times}`}`,
    passes: !isForEver,
    isOfClient: !isForEver,
    meets: ofAzure,
    fault: (operation) => ({ name: operation.pattern.host, code, times }),
  };
}

export const faultClasses: FaultClass[] = [
  once('reset-before', any),
  once('reset-after', isWrite),
  once('reset-within', all(hasBody, answers)),
  once('cut', all(isRead, hasBody, answers)),
  once('stall-before', any),
  once('stall-after', isWrite),
  once('stall-within', all(hasBody, answers)),
  once('slow', all(isRead, hasBody, answers)),
  once('408', all(isWrite, takesTokens)),
  once('429', any),
  once('429-retry-after', ofAzure),
  once('500', ofAzure),
  once('500-after', isWrite),
  once('502-html', any),
  once('503', any),
  once('503', any, 4),
  once('504-after', all(isWrite, isMade)),
  once('401-expired', takesTokens),
  once('401-claims', takesTokens),
  once('403', all(isFollowed, isWork, takesTokens)),
  once('403-sas', isStored),
  once('404', all(isRead, answers)),
  once('404', all(isRead, answers), 2),
  once('409', all(isWrite, isMade)),
  once('200-html', speaksJson),
  once('200-badjson', all(isRead, speaksJson)),
  once('200-badjson-after', all(isWrite, speaksJson)),
  once('200-empty', all(isRead, speaksJson, answers)),
  lasting('reset-before', any),
  lasting('503', any),
  lasting('403', takesTokens),
  lasting('404', (operation) => all(isRead, answers)(operation) && !mayBeMissing(operation)),
  lasting('200-html', takesTokens),
];

/** These are of a host and not of one operation: each host that a task calls meets them once. */
export const hostFaults: FaultClass[] = [
  unresolved('EAI_AGAIN', 2),
  unresolved('ENOTFOUND', 2),
  unresolved('EAI_AGAIN', 400),
];
