import { errorLine, exceptionLine } from '../../plan/serverTesting';
import onlyOnTarget from '../../python/only_on_target.json';
import type { SelfTestOutcome } from '../selfTestOutcome';

const longest = 300;

/**
 * What became of a test whose server failed: it failed, or it could not be carried out here. shell/server_testing.sh has the same
 * for ACR Tasks, where no program of ours runs.
 * @param what happened, without a full stop
 * @param log its end: text of others, which is quoted
 */
export function serverFailure(what: string, log: string): SelfTestOutcome {
  const reasons = reasonsIn(log);
  const reason = reasons.at(-1)?.slice(0, longest);
  const missing = reasons.findLast((line) => line.includes('ModuleNotFoundError'))?.slice(0, longest);
  // A package that is not installed is missing on the target as well.
  for (const { what: lacking, pattern } of missing ? [] : onlyOnTarget) {
    const line = reasons.findLast((each) => new RegExp(pattern, 'i').test(each));
    if (line)
      return { kind: 'notTested', text: sentence(`The server needs ${lacking}, which a build does not have: ${line.slice(0, longest)}`) }; // prettier-ignore
  }
  if (reason === undefined) return { kind: 'failed', text: sentence(`${what}, and its log is empty`) };
  const cause = missing !== undefined && missing !== reason ? ` (because of ${missing})` : '';
  const variable = /os\.environ|<frozen os>/.test(log) ? /^KeyError: '([A-Za-z_]\w*)'$/.exec(reason)?.[1] : undefined;
  const hint = variable ? `. The environment variable ${variable} is not set here: give it in selfTestEnvironmentVariables` : ''; // prettier-ignore
  return { kind: 'failed', text: sentence(`${what}: ${reason}${cause}${hint}`) };
}

/** The lines that say why a program failed, the best kind that there is: an exception's own, an error's, the last ones. */
function reasonsIn(log: string): string[] {
  const lines = log.split(/\r?\n/).filter((line) => line.trim() !== '');
  for (const pattern of [exceptionLine, errorLine]) {
    const found = lines.filter((line) => new RegExp(pattern).test(line));
    if (found.length > 0) return found;
  }
  return lines.slice(-3);
}

export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
