import { expect } from 'chai';
import { codeLabel } from '../../../../src/compose/metrics/service-metrics.ts';

describe('the label of an error code', () => {
  it('is the code if a table of ours has it', () => {
    for (const code of ['OUTCOME_UNKNOWN', 'ETIMEDOUT', 'ECONNREFUSED']) expect(codeLabel(code)).to.equal(code);
  });

  it('is the class of a status', () => {
    expect([404, 429, 503, 599].map((status) => codeLabel(`HTTP_${status}`))).to.deep.equal([
      'HTTP_4xx',
      'HTTP_4xx',
      'HTTP_5xx',
      'HTTP_5xx',
    ]);
  });

  it('groups all other codes, so that no target can add a label', () => {
    for (const code of ['EPROTO', 'HTTP_999', 'HTTP_5xx_', 'constructor', ''])
      expect(codeLabel(code)).to.equal('other');
  });
});
