import { createHash, randomBytes } from 'node:crypto';
import { resourceNotFound } from '../arm/resourceNotFound';
import { localCloud, type Collection, type LocalAzureContext } from '../context';

export interface LogAnalyticsWorkspace {
  readonly name: string;
  readonly resourceGroup: string;
  readonly location: string;
  readonly customerId: string;
  readonly key: string;
}

const standard = 'quick-starts-logs';

/** The workspaces to which container groups send their logs. Logs go nowhere. One is there from the start. */
export class LogAnalyticsWorkspaces {
  private readonly workspaces: Collection<LogAnalyticsWorkspace>;

  constructor(context: Pick<LocalAzureContext, 'collection'>) {
    this.workspaces = context.collection<LogAnalyticsWorkspace>('logAnalyticsWorkspaces');
    const { resourceGroup, location } = localCloud;
    if (this.workspaces.get(`${resourceGroup}/${standard}`)) return;
    this.workspaces.put(`${resourceGroup}/${standard}`, {
      name: standard,
      resourceGroup,
      location,
      customerId: guidOf(standard),
      key: randomBytes(64).toString('base64'),
    });
  }

  /** @throws ArmError where there is none */
  get(group: string, name: string): LogAnalyticsWorkspace {
    const found = this.workspaces.get(`${group}/${name}`);
    if (found) return found;
    throw resourceNotFound('Microsoft.OperationalInsights/workspaces', name, group);
  }
}

function guidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
