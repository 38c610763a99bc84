import type { Answer } from './send';
import type { World } from './world';

/** The registry's own data plane, with the caller's token exchanged for its own, as `az acr login` does. */
export class RegistryData {
  private constructor(
    private readonly world: World,
    readonly server: string,
    private readonly refreshToken: string,
  ) {}

  static async open(world: World, registry: string): Promise<RegistryData> {
    const { json } = await world.arm.must('GET', registry);
    const server = json.properties.loginServer as string;
    const form = new URLSearchParams({
      grant_type: 'access_token',
      service: server,
      access_token: await world.token(),
    });
    const exchanged = await post(world, `https://${server}/oauth2/exchange`, form);
    return new RegistryData(world, server, exchanged.json.refresh_token as string);
  }

  /** @param scope such as `repository:server:pull,push` or `…:metadata_write` */
  async ask(
    method: string,
    path: string,
    scope: string,
    options: { headers?: Record<string, string>; body?: string | Buffer } = {},
  ): Promise<Answer> {
    const form = new URLSearchParams({ grant_type: 'refresh_token', service: this.server, scope, refresh_token: this.refreshToken }); // prettier-ignore
    const { json } = await post(this.world, `https://${this.server}/oauth2/token`, form);
    const headers = { authorization: `Bearer ${json.access_token as string}`, ...options.headers };
    return this.world.direct(method, `https://${this.server}${path}`, { ...options, headers });
  }
}

async function post(world: World, url: string, form: URLSearchParams): Promise<Answer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const answer = await world.direct('POST', url, { headers, body: form.toString() });
  if (answer.status !== 200)
    throw new Error(`${new URL(url).pathname} of the registry answered ${answer.status}: ${answer.text.slice(0, 300)}`);
  return answer;
}
