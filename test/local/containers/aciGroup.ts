import { setTimeout as sleep } from 'node:timers/promises';
import { buildImage, registryPath, type Files } from './acrBuild';
import { groupPath, type Answer, type CloudClient } from './cloudClient';

export const version = 'api-version=2023-05-01';
export const groupUrl = (name: string): string => `${groupPath}/Microsoft.ContainerInstance/containerGroups/${name}`;

/** A server of Python's standard library; what it does is told by environment variables and paths. */
const server = `
import http.server, os, socketserver, sys, time, urllib.request

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path
        if path == "/crash":
            os._exit(int(os.environ.get("CRASH_CODE", "7")))
        if path == "/fail":
            return self.answer(500, "not well")
        if path == "/neighbour":
            return self.answer(200, urllib.request.urlopen("http://localhost:%s/who" % os.environ["NEIGHBOUR"]).read().decode())
        if path == "/who":
            return self.answer(200, os.environ.get("NAME", "nobody"))
        if path == "/environment":
            return self.answer(200, "\\n".join("%s=%s" % pair for pair in sorted(os.environ.items())))
        if path == "/file":
            return self.answer(200, open(os.environ["FILE"]).read())
        if path == "/eat":
            self.server.eaten = bytearray(400 << 20)
            for at in range(0, len(self.server.eaten), 4096):
                self.server.eaten[at] = 1
            time.sleep(60)
        self.answer(200, "well")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

print("starting", file=sys.stderr)
if "EXIT" in os.environ:
    print("ending with", os.environ["EXIT"], flush=True)
    sys.exit(int(os.environ["EXIT"]))
port = int(os.environ.get("PORT", "8080"))
print("listening at 0.0.0.0:%d" % port, flush=True)
Server(("0.0.0.0", port), Handler).serve_forever()
`;

const dockerfile = `FROM python:3.11-slim
WORKDIR /app
COPY server.py ./
ENV GREETING=hello DATA=/app/data.txt
RUN echo content > data.txt
CMD ["python", "/app/server.py"]
`;

const images = new WeakMap<CloudClient, Promise<string>>();

/** The image that most tests run, by digest; built once in each local cloud. */
export function serverImage(cloud: CloudClient): Promise<string> {
  let image = images.get(cloud);
  if (!image) images.set(cloud, (image = buildNamed(cloud, 'server', { Dockerfile: dockerfile, 'server.py': server })));
  return image;
}

export async function buildNamed(cloud: CloudClient, name: string, files: Files): Promise<string> {
  const built = await buildImage(cloud, files, { imageNames: [`${name}:1`] });
  if (built.status !== 'Succeeded') throw new Error(built.log);
  return `${cloud.loginServer}/${name}@${built.digests[`${name}:1`]}`;
}

export interface GroupOptions {
  image: string;
  /** Of the one container, and of the group. */
  port?: number;
  env?: Record<string, string>;
  container?: Record<string, unknown>;
  properties?: Record<string, unknown>;
  group?: Record<string, unknown>;
}

/** The body of a group with one container, named as the group's only one: main. */
export async function groupBody(cloud: CloudClient, options: GroupOptions): Promise<Record<string, unknown>> {
  const { port = 8080, env = {} } = options;
  const environmentVariables = Object.entries(env).map(([name, value]) => ({ name, value }));
  return {
    location: 'eastus',
    ...options.group,
    properties: {
      osType: 'Linux',
      containers: [
        {
          name: 'main',
          properties: {
            image: options.image,
            ports: [{ port }],
            environmentVariables,
            resources: { requests: { cpu: 0.5, memoryInGB: 0.5 } },
            ...options.container,
          },
        },
      ],
      imageRegistryCredentials: [await adminCredential(cloud)],
      ipAddress: { type: 'Public', ports: [{ port }] },
      ...options.properties,
    },
  };
}

export async function adminCredential(cloud: CloudClient) {
  const { json } = await cloud.arm('POST', `${registryPath}/listCredentials?api-version=2023-07-01`);
  return { server: cloud.loginServer, username: json.username, password: json.passwords[0].value };
}

export const putGroup = (cloud: CloudClient, name: string, body: unknown): Promise<Answer> =>
  cloud.arm('PUT', `${groupUrl(name)}?${version}`, body);

export const getGroup = (cloud: CloudClient, name: string): Promise<Answer> =>
  cloud.arm('GET', `${groupUrl(name)}?${version}`);

/** Asks for the group until it is as wanted. The test's own time limit ends it. */
export async function waitForGroup(
  cloud: CloudClient,
  name: string,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  isAsWanted: (properties: any) => boolean,
): Promise<Record<string, never>> {
  for (;;) {
    const answer = await getGroup(cloud, name);
    if (answer.status === 200 && isAsWanted(answer.json.properties)) return answer.json.properties;
    await sleep(50);
  }
}

/** Creates a group and waits until its provisioning has ended well. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export async function createGroup(cloud: CloudClient, name: string, options: GroupOptions): Promise<any> {
  const put = await putGroup(cloud, name, await groupBody(cloud, options));
  if (put.status !== 201) throw new Error(`PUT answered ${put.status} ${put.text}`);
  return waitForGroup(cloud, name, ({ provisioningState }) => provisioningState === 'Succeeded');
}

export async function deleteGroup(cloud: CloudClient, name: string): Promise<void> {
  await cloud.arm('DELETE', `${groupUrl(name)}?${version}`);
  while ((await getGroup(cloud, name)).status !== 404) await sleep(50);
}

/** GETs a URL until something answers. */
export async function fetchText(cloud: CloudClient, url: string): Promise<Answer> {
  for (;;) {
    try {
      return await cloud.send('GET', url);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
      await sleep(50);
    }
  }
}

export async function logOf(cloud: CloudClient, name: string, query = ''): Promise<string> {
  const answer = await cloud.arm('GET', `${groupUrl(name)}/containers/main/logs?${version}${query}`);
  return answer.json.content as string;
}
