import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { uiTypes } from '../../../scripts/ui/ui-types.ts';
import { described } from '../../support/routes.ts';

const FILE = 'src/client/schema.ts';

describe(FILE, () => {
  it('is what the API says of itself: `npm run ui-types` writes it anew', () => {
    const written = spawnSync('biome', ['format', `--stdin-file-path=${FILE}`], { input: uiTypes(described) });
    expect(readFileSync(FILE, 'utf8') === written.stdout.toString()).to.equal(true);
  });
});
