import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ArmError, localCloud } from '../context';
import { resourceNotFound } from '../arm/resourceNotFound';

/** Azure Files: each share of the local cloud's one storage account is a folder. */
export class FileShares {
  private readonly root: string;

  /** @param isMade whether a client has made an account of that name */
  constructor(
    stateDir: string,
    readonly key: string,
    private readonly isMade: (account: string) => boolean,
  ) {
    this.root = join(stateDir, 'file-shares');
  }

  /** @returns whether it is a new one */
  create(share: string): boolean {
    const isNew = !this.exists(share);
    mkdirSync(this.folderOf(share), { recursive: true });
    return isNew;
  }

  /** Throws what Azure answers where shares cannot be in the account. */
  checkAccount(group: string, account: string): void {
    if (account.toLowerCase() === localCloud.storageAccount) return;
    if (this.isMade(account)) {
      throw new ArmError(501, 'NotImplemented', 'Local Azure keeps nothing in a storage account that was made here.');
    }
    throw resourceNotFound('Microsoft.Storage/storageAccounts', account, group);
  }

  /** Throws what Azure answers where there is no such share. */
  check(share: string): void {
    if (!this.exists(share)) throw new ArmError(404, 'ShareNotFound', 'The specified share does not exist.');
  }

  exists(share: string): boolean {
    return existsSync(this.folderOf(share));
  }

  /** The share's folder; undefined for whoever does not name account, key and share rightly. */
  open(account: string, key: string | undefined, share: string): string | undefined {
    const isOurs = account.toLowerCase() === localCloud.storageAccount && key === this.key;
    return isOurs && this.exists(share) ? this.folderOf(share) : undefined;
  }

  private folderOf(share: string): string {
    return join(this.root, encodeURIComponent(share.toLowerCase()));
  }
}
