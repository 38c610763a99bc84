/* global window, document */
/**
 * The page that holds the tab, in the place of Azure DevOps': it speaks the SDK's handshake by the SDK's own channel. The
 * server of the test writes `window.run` into it.
 */
// The package exports it to bundlers of its own only.
import { channelManager } from '../../node_modules/azure-devops-extension-sdk/esm/XDM.js';

const { tab, api, theme, build, releaseEnvironment } = window.run;
const frame = document.createElement('iframe');
frame.title = 'Model';
frame.src = tab;
document.body.append(frame);

const channel = channelManager.addChannel(frame.contentWindow, new URL(tab).origin);
const registry = channel.getObjectRegistry();

registry.register('DevOps.HostControl', {
  initialHandshake: () => ({
    contributionId: 'mlops.model-tab',
    context: { extension: { id: 'mlops' }, user: {}, host: {} },
    themeData: theme,
    initialConfig: build ? { onBuildChanged: (handler) => handler(build) } : { releaseEnvironment },
  }),
  getAccessToken: () => ({ token: 'a-token-of-the-user' }),
  notifyLoadSucceeded: () => (document.body.dataset.loaded = 'true'),
  notifyLoadFailed: () => (document.body.dataset.loaded = 'failed'),
  resize: (_width, height) => (frame.style.height = `${height}px`),
});

registry.register('DevOps.ServiceManager', {
  getService: (name) =>
    name === 'ms.vss-features.location-service'
      ? { getServiceLocation: () => `${api}/contoso/`, getResourceAreaLocation: () => `${api}/vsrm/contoso/` }
      : { getProject: () => ({ id: 'a-project', name: 'a project' }) },
});
