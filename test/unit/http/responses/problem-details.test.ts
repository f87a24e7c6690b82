import { expect } from 'chai';
import { rejectField } from '../../../../src/domain/domain-error.ts';
import { AppendUnconfirmed, LogUnavailable } from '../../../../src/event-store/errors.ts';
import { toProblem } from '../../../../src/http/responses/problem-details.ts';
import { BadCursor } from '../../../../src/projections/queries/keyset.ts';

const at = { instance: '/x', correlationId: 'c-1' };
describe('problem details', () => {
  it('carry code, detail and pointers', () => {
    expect(toProblem(rejectField('TARGET_BLOCKED', '/taskConfig', 'no'), at)).to.deep.equal({
      type: 'urn:carillon:problem:target-blocked',
      title: 'Target blocked',
      status: 422,
      detail: 'no',
      code: 'TARGET_BLOCKED',
      instance: '/x',
      errors: [{ pointer: '/taskConfig', message: 'no' }],
    });
  });

  it('know errors by their code, whatever class they are of', () => {
    expect(toProblem(new BadCursor('no'), at).status).to.equal(400);
    expect(toProblem(Object.assign(new Error('no'), { code: 'STALE_REVISION' }), at).status).to.equal(412);
  });

  it('say that the log is unavailable, with Retry-After', () => {
    for (const error of [new LogUnavailable(), new AppendUnconfirmed('job-1')]) {
      const { status, code } = toProblem(error, at);
      expect({ status, code }).to.deep.equal({ status: 503, code: 'LOG_UNAVAILABLE' });
    }
  });

  it('leave out errors that are no pointers', () => {
    const error = Object.assign(new Error('no'), { code: 'BAD_INPUT', errors: [{ pointer: 1 }, 'x', null] });
    expect(toProblem(error, at)).to.not.have.property('errors');
  });

  it('report nothing of what is not known', () => {
    const faults = [
      new Error('secret'),
      Object.assign(new Error('secret'), { code: 'ECONNREFUSED' }),
      Object.assign(new Error('secret'), { code: 'INTERNAL' }),
      Object.assign(new Error('secret'), { code: 'toString' }),
      Object.assign(new Error('secret'), { status: 503 }),
      { code: 'BAD_INPUT', message: 'secret' },
      'secret',
      undefined,
    ];
    for (const fault of faults) {
      const problem = toProblem(fault, at);
      expect(problem).to.include({ status: 500, code: 'INTERNAL' });
      expect(JSON.stringify(problem)).to.not.include('secret');
      expect(problem.detail).to.include('c-1');
    }
  });
});
