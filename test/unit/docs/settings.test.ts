import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { settingsDocument } from '../../../scripts/docs/settings.ts';
import { Settings } from '../../../src/config/settings.ts';

describe('docs/reference/settings.md', () => {
  it('says what the settings say of themselves: npm run settings', () => {
    const document = readFileSync(new URL('../../../docs/reference/settings.md', import.meta.url), 'utf8');
    expect(document).to.equal(settingsDocument());
  });

  it('has a meaning for each of them', () => {
    for (const [name, schema] of Object.entries(Settings.shape)) expect(schema.description, name).to.match(/\w{3,}/);
  });
});
