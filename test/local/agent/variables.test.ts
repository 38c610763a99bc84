import assert from 'node:assert/strict';
import { environmentName, Variables } from '../../../local/agent/variables';

describe('variables', () => {
  it('are found without case and expanded through each other', () => {
    const variables = new Variables({ root: '/w', 'Build.Dir': '$(ROOT)/b', file: '$(build.dir)/$(unknown)' });
    assert.equal(variables.get('FILE'), '/w/b/$(unknown)');
    assert.equal(variables.expand('$(file)|$()|$(root'), '/w/b/$(unknown)|$()|$(root');
  });

  it('leave a circle as it is', () => {
    const variables = new Variables({ a: '$(b)', b: '$(a)' });
    assert.equal(variables.get('a'), '$(a)');
  });

  it('do not expand what was put into an input', () => {
    const variables = new Variables({ cut: '$(' });
    assert.equal(variables.expand('$(cut)cut)'), '$(cut)');
  });

  it('become secret by the secrets that they name', () => {
    const variables = new Variables({ url: 'https://x/?k=$(key)' });
    variables.set('key', 's3cret', { secret: true });
    assert.deepEqual(variables.find('url'), { ...variables.find('url'), value: 'https://x/?k=s3cret', secret: true });
  });

  it('are named in the environment as the agent names them', () => {
    assert.equal(environmentName('Build.Source Version'), 'BUILD_SOURCE_VERSION');
    assert.equal(environmentName('my.Name', true), 'my_Name');
  });
});
