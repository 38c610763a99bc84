import type { AzureSession } from '../http/session';
import { patience } from './lookUpLimit';

/** What one role allows, of those that the caller holds at a scope. */
interface Permission {
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
}

/** All that the caller may do at a scope, by whatever role, group or inheritance. Source: Microsoft.Authorization 2022-04-01, Permissions. */
export async function readPermissions(
  session: AzureSession,
  scope: string,
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  interface Page {
    readonly value: Permission[];
    readonly nextLink?: string;
  }
  const found: Permission[] = [];
  let url: string | undefined = `${scope}/providers/Microsoft.Authorization/permissions`;
  let apiVersion: string | undefined = '2022-04-01';
  while (url) {
    const { body }: { body: Page } = await session.request<Page>({
      url,
      apiVersion,
      signal,
      timeout: patience,
      shape: { value: 'list' },
    });
    found.push(...body.value);
    url = body.nextLink;
    apiVersion = undefined;
  }
  return found;
}

/** An action, or one on data, is allowed where one role names it and does not take it away again; roles add up. */
export function allows(permissions: readonly Permission[], action: string): boolean {
  const named = (patterns: readonly string[] = []) => patterns.some((pattern) => matches(pattern, action));
  return permissions.some(
    ({ actions, notActions, dataActions, notDataActions }) =>
      (named(actions) && !named(notActions)) || (named(dataActions) && !named(notDataActions)),
  );
}

/** A star stands for any text, and with the slashes around it for nothing: `workspaces/∗/read` lets read the workspace itself, too. */
function matches(pattern: string, action: string): boolean {
  const parts = pattern.split('/*/').map((part) => part.split('*').map(literal).join('.*'));
  return new RegExp(`^${parts.join('/(?:.*/)?')}$`, 'i').test(action);
}

const literal = (text: string): string => text.replace(/[\\^$.+?()[\]{}|]/g, '\\$&');
