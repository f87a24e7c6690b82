import { expect } from 'chai';
import { formatAction, formatCode } from '../../../ui/src/format/codes.ts';

describe('codes as words', () => {
  it('are those of the code, with abbreviations as they are written', () => {
    expect(['BAD_COMBINATION', 'HTTP_503', 'TLS_IN_USE', 'ECONNREFUSED'].map(formatCode)).to.deep.equal([
      'Bad combination',
      'HTTP 503',
      'TLS in use',
      'Econnrefused',
    ]);
    expect(['createJob', 'setApplicationLimit', 'deleteApplicationTls'].map(formatAction)).to.deep.equal([
      'Create job',
      'Set application limit',
      'Delete application TLS',
    ]);
  });
});
