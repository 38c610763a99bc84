import assert from 'node:assert/strict';
import { environmentName, Variables } from '../../../local/agent/variables';

describe('variables', () => {
  it('are found without case and expanded through each other', () => {
    const variables = new Variables({ root: '/w', 'Build.Dir': '$(ROOT)/b', file: '$(build.dir)/$(unknown)' });
    assert.equal(variables.get('FILE'), '/w/b/$(unknown)');
    assert.equal(variables.expand('$(file)|$()|$(root'), '/w/b/$(unknown)|$()|$(root');
  });

  const circles: Array<Record<string, string>> = [
    { a: '$(b)', b: '$(a)' },
    { variable1: '1_$(variable2)', variable2: '2_$(variable3)', variable3: '3_$(variable2)' },
    { variable1: '1_$(variable2)', variable2: '2_$(variable3)', variable3: '3_$(variable1)' },
  ];
  for (const circle of circles) {
    it(`leave a circle as it is written, and say so: ${Object.values(circle).join(', ')}`, () => {
      const variables = new Variables(circle);
      assert.deepEqual(Object.fromEntries(variables.list().map(({ name, value }) => [name, value])), circle);
      const warnings = Object.keys(circle).map((name) => `Variable '${name}' contains a cyclical reference.`);
      assert.deepEqual(variables.warnings(), warnings);
    });
  }

  it('are expanded through 50 levels, and no deeper', () => {
    const names = Array.from({ length: 50 }, (_, index) => `variable${index + 1}`);
    const variables = new Variables({ variable51: 'the last' });
    for (const [index, name] of names.entries()) variables.set(name, `$(variable${index + 2})`);
    assert.equal(variables.get('variable1'), '$(variable2)');
    assert.equal(variables.get('variable2'), 'the last');
    assert.deepEqual(variables.warnings(), ["Variable 'variable1' exceeds the depth of 50 references."]);
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
