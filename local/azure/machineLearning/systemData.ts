import { localCloud } from '../context';

/** Who made and changed a resource; every caller is the local cloud's one service principal. */
export interface SystemData {
  createdAt: string;
  createdBy: string;
  createdByType: 'Application';
  lastModifiedAt: string;
  lastModifiedBy: string;
  lastModifiedByType: 'Application';
}

export function systemData(former?: SystemData): SystemData {
  const now = new Date().toISOString();
  return {
    createdAt: former?.createdAt ?? now,
    createdBy: localCloud.clientId,
    createdByType: 'Application',
    lastModifiedAt: now,
    lastModifiedBy: localCloud.clientId,
    lastModifiedByType: 'Application',
  };
}
