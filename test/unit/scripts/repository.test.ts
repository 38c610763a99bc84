import assert from 'node:assert/strict';
import { absoluteLinks, fileUrl } from '../../../scripts/repository';

const repository = 'https://github.com/contoso/mlops';

describe('Links of the documentation', () => {
  it('lead into the repository from the marketplace, and leave pictures and outer links alone', () => {
    const readme = [
      'See **[Train](docs/tasks/Train.md)** and [Azure](https://learn.microsoft.com/azure).',
      '![A picture](images/chain.png)',
      'As [below](#limits).',
    ].join('\n');
    assert.equal(
      absoluteLinks(readme, '', repository),
      [
        `See **[Train](${repository}/blob/main/docs/tasks/Train.md)** and [Azure](https://learn.microsoft.com/azure).`,
        '![A picture](images/chain.png)',
        'As [below](#limits).',
      ].join('\n'),
    );
  });

  it('start from the folder of the text', () =>
    assert.equal(
      absoluteLinks('[x](../guides/a.md#b)', 'docs/tasks', repository),
      `[x](${repository}/blob/main/docs/guides/a.md#b)`,
    ));

  it('have the form of Azure Repos there', () =>
    assert.equal(
      fileUrl('docs/guides/a.md#b', 'https://dev.azure.com/contoso/ml/_git/mlops'),
      'https://dev.azure.com/contoso/ml/_git/mlops?path=/docs/guides/a.md&anchor=b',
    ));
});
