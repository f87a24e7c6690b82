import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { operationList, uiTypes } from '../../../scripts/ui/ui-types.ts';
import { allRoutes, described } from '../../support/routes.ts';

for (const [file, text] of [
  ['packages/client/src/schema.ts', uiTypes(described)],
  ['src/cli/operations.ts', operationList(allRoutes)],
] as const) {
  describe(file, () => {
    it('matches the description of the API: `npm run ui-types` updates it', () => {
      const written = spawnSync('biome', ['format', `--stdin-file-path=${file}`], { input: text });
      expect(readFileSync(file, 'utf8') === written.stdout.toString()).to.equal(true);
    });
  });
}
