import assert from 'node:assert/strict';
import { marketplacePage } from '../../../scripts/package';

describe('The marketplace page', () => {
  it('keeps pictures and outer links, and leads nowhere within the repository', () => {
    const readme = [
      '# Title',
      'See **[Train](docs/tasks/Train.md)** and [Azure](https://learn.microsoft.com/azure).',
      '![A picture](images/chain.png)',
      '## More',
      '- [Guide](docs/guide.md)',
      '',
      '## Limits',
      'None.',
    ].join('\n');
    assert.equal(
      marketplacePage(readme),
      [
        '# Title',
        'See **Train** and [Azure](https://learn.microsoft.com/azure).',
        '![A picture](images/chain.png)',
        '## Limits',
        'None.',
      ].join('\n'),
    );
  });
});
