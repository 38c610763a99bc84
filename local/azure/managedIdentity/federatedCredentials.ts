import { ArmError, type Collection, type LocalAzureContext } from '../context';
import { resourceNotFound } from '../arm/resourceNotFound';
import { identityId, type Identities } from './identities';

export interface FederatedCredential {
  name: string;
  /** ARM id of the identity. */
  identity: string;
  issuer: string;
  subject: string;
  audiences: string[];
}

/** The names by which a client means the credentials of an identity. */
export interface IdentityName {
  group: string;
  identity: string;
}

export type CredentialRequest =
  { properties?: Partial<Pick<FederatedCredential, 'issuer' | 'subject' | 'audiences'>> } | undefined;

/** Whom an identity trusts to vouch for it; Entra here trusts Azure DevOps without. */
export class FederatedCredentials {
  private readonly credentials: Collection<FederatedCredential>;

  constructor(
    context: LocalAzureContext,
    private readonly identities: Identities,
  ) {
    this.credentials = context.collection('federatedIdentityCredentials');
  }

  list(of: IdentityName): FederatedCredential[] {
    const identity = this.identityOf(of);
    return this.credentials
      .list()
      .map(({ value }) => value)
      .filter((each) => each.identity === identity);
  }

  get(of: IdentityName, name: string): FederatedCredential {
    const found = this.credentials.get(this.keyOf(of, name));
    if (found) return found;
    const type = 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials';
    throw resourceNotFound(type, `${of.identity}/${name}`, of.group);
  }

  /** @returns the credential, and whether it is a new one */
  put(of: IdentityName, name: string, body: CredentialRequest): { credential: FederatedCredential; isNew: boolean } {
    const { issuer, subject, audiences } = body?.properties ?? {};
    if (!issuer || !subject || !audiences?.length) {
      throw new ArmError(400, 'BadRequest', 'The properties issuer, subject and audiences are required.');
    }
    const key = this.keyOf(of, name);
    const isNew = !this.credentials.get(key);
    const credential = { name, identity: this.identityOf(of), issuer, subject, audiences };
    this.credentials.put(key, credential);
    return { credential, isNew };
  }

  /** False where there is none. */
  delete(of: IdentityName, name: string): boolean {
    return this.credentials.delete(this.keyOf(of, name));
  }

  private identityOf({ group, identity }: IdentityName): string {
    return identityId(this.identities.get(group, identity));
  }

  private keyOf(of: IdentityName, name: string): string {
    return `${this.identityOf(of)}/${name}`;
  }
}
