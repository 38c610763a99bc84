import type { StepContext } from '../stepContext';
import { Organization } from './organization';
import type { Route } from './route';
import { stepRoutes } from './routes';

/** Azure DevOps as a step of a run of this machine finds it. */
export function organizationOf(context: StepContext, token: string, routes: readonly Route[] = []): Organization {
  const { variables } = context.options;
  const projects = ['System.TeamProjectId', 'System.TeamProject'].flatMap((name) => variables.get(name) ?? []);
  return new Organization({ token, projects, routes: [...routes, ...stepRoutes(context)] });
}
